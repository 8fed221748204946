/** Values as analytics tells them: drawn as numbers, told exactly. */

import { count, duration } from "../format.js";

const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const UNITS = {
  tickets: { axis: "whole", tell: count, short: (value) => SHORT.format(value) },
  events: { axis: "whole", tell: count, short: (value) => SHORT.format(value) },
  visitors: { axis: "whole", tell: count, short: (value) => SHORT.format(value) },
  money: { axis: "any", tell: money, short: (value) => SHORT.format(value) },
  seconds: { axis: "seconds", tell: duration, short: (value) => (value ? duration(value).replace(/\.0+ /, " ") : "0") },
  percent: { axis: "any", tell: (value) => `${value} %`, short: (value) => `${value} %` },
  score: { axis: "any", tell: (value) => String(value), short: (value) => String(value) },
  days: { axis: "any", tell: (value) => `${value} days`, short: (value) => SHORT.format(value) },
};

/** How values of a unit are told, and what ticks their axis has. */
export const unitOf = (unit) => UNITS[unit] ?? UNITS.score;

/** A value in words; of nothing, a dash. */
export function told(value, { unit, currency }) {
  return value === null || value === undefined ? "–" : unitOf(unit).tell(value, currency);
}

/** The sum of values, exactly: decimal strings are added digit by digit, never as floating point numbers. */
export function sum(values) {
  const texts = values.filter((value) => value !== null).map(String);
  const places = Math.max(0, ...texts.map((text) => (text.split(".")[1] ?? "").length));
  const whole = texts.reduce((total, text) => total + scaled(text, places), 0n);
  const digits = String(whole < 0n ? -whole : whole).padStart(places + 1, "0");
  const at = digits.length - places;
  return `${whole < 0n ? "-" : ""}${digits.slice(0, at)}${places ? `.${digits.slice(at)}` : ""}`;
}

function scaled(text, places) {
  const [whole, fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(places, "0"));
}

/** `EUR 1,234.50`: the formatter takes decimal strings as they are, whatever their length. */
function money(value, currency) {
  const digits = (String(value).split(".")[1] ?? "").length;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const amount = new Intl.NumberFormat("en", options).format(value);
  return currency ? `${currency} ${amount}` : amount;
}
