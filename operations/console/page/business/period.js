/** The time that the charts are about: days of a zone, cut into intervals of its clock or calendar. */

export const RANGES = [
  { days: 1, label: "Today" },
  { days: 7, label: "7 days" },
  { days: 30, label: "30 days" },
  { days: 90, label: "90 days" },
  { days: 365, label: "12 months" },
];
export const DEFAULT_DAYS = 30;
/** Up to how many days are cut into which intervals: more would be finer than a screen, or more than the API answers. */
export const INTERVALS = [
  { name: "hour", label: "Hour", longest: 31, usual: 2 },
  { name: "day", label: "Day", longest: 800, usual: 92 },
  { name: "week", label: "Week", longest: 3660, usual: 400 },
  { name: "month", label: "Month", longest: 3660, usual: 3660 },
];
const LONGEST = 3660;
const DAY = 86_400_000;

export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Whether the browser knows a zone of that name. */
export function isZone(name) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

/**
 * The period that a place's query names: `days` until today, or `from` and `to`, both included; by `interval`, in `zone`.
 *
 * @returns {{days: number | null, from: string, to: string, interval: string, zone: string, length: number}}
 */
export function periodOf(query, now = Date.now()) {
  const zone = query.zone && isZone(query.zone) ? query.zone : ownZone();
  const [from, to] = [query.from, query.to].map((day) => (isDay(day) ? day : null));
  const isFixed = from && to && from <= to && daysBetween(from, to) < LONGEST;
  const days = isFixed ? null : (RANGES.find((range) => range.days === Number(query.days))?.days ?? DEFAULT_DAYS);
  const today = dayIn(zone, now);
  const period = isFixed ? { from, to } : { from: shifted(today, 1 - days), to: today };
  const length = daysBetween(period.from, period.to) + 1;
  const asked = INTERVALS.find(({ name, longest }) => name === query.interval && length <= longest);
  const usual = INTERVALS.find((interval) => length <= interval.usual);
  return { days, ...period, interval: (asked ?? usual).name, zone, length };
}

/** The query that names a range; the default one needs none. */
export const rangeQuery = ({ days, from, to }) =>
  days ? { days: days === DEFAULT_DAYS ? "" : days, from: "", to: "" } : { days: "", from, to };

/** The period as the API is asked for it: `to` is not included there. */
export function asked({ from, to, interval, zone }) {
  return { from, to: shifted(to, 1), interval, time_zone: zone };
}

/** The date in a zone, `2026-11-23`. */
export function dayIn(zone, instant) {
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  const told = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  return `${told.year}-${told.month}-${told.day}`;
}

const isDay = (text) => /^\d{4}-\d{2}-\d{2}$/.test(text ?? "") && !Number.isNaN(Date.parse(text));
const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY);
const shifted = (day, days) => new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);
