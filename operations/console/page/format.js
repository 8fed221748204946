/** How figures are told: short, with a unit, and always alike. */

const COUNT = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** Seconds as people say them: `23 ms`, `1.25 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds === 0) return "0 ms";
  if (seconds < 0.001) return "<1 ms";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return two(whole, 60, "min", 1, "s");
  if (whole < 86400) return two(whole, 3600, "h", 60, "min");
  return two(whole, 86400, "d", 3600, "h");
}

/** Two durations that share a unit: `23 / 120 ms`. */
export function durations(first, second) {
  const [a, b] = [duration(first), duration(second)];
  const [number, unit] = a.split(" ");
  return a.split(" ").length === 2 && b.endsWith(` ${unit}`) ? `${number} / ${b}` : `${a} / ${b}`;
}

/** Calls a minute: `0.4/min`, `12/min`, `1.2k/min`. */
export function rate(perMinute) {
  return `${compact(perMinute)}/min`;
}

/** A number in at most four characters or so: `0.4`, `12`, `1.2k`, `3.4M`. */
export function compact(number) {
  if (number >= 999_500) return `${(number / 1_000_000).toFixed(1)}M`;
  if (number >= 999.5) return `${(number / 1000).toFixed(1)}k`;
  if (number >= 9.95 || Number.isInteger(number)) return COUNT.format(number);
  return number < 0.05 ? "<0.1" : number.toFixed(1);
}

/** A whole number with separators: `12,345`. */
export const count = (number) => COUNT.format(number);

/** `1 message`, `3 messages`. */
export const counted = (number, noun) => `${COUNT.format(number)} ${noun}${number === 1 ? "" : "s"}`;

/** A share of one as per cent: `0%`, `0.4%`, `12%`, and never 0% for something. */
export function percent(share) {
  if (!share) return "0%";
  const hundred = share * 100;
  if (hundred < 0.1) return "<0.1%";
  return `${hundred < 10 ? Number(hundred.toFixed(1)) : Math.round(hundred)}%`;
}

/** A time of day in this browser's zone; the day before it if that is not today. */
export function clock(at, { millis = false, seconds = true } = {}) {
  const time = new Date(at);
  const day = time.toDateString() === new Date().toDateString() ? "" : `${DAY.format(time)}, `;
  const tail = millis ? `.${String(time.getMilliseconds()).padStart(3, "0")}` : "";
  return day + (seconds ? CLOCK : MINUTE).format(time) + tail;
}

/** The same time in UTC, as logs and other people have it. */
export const utc = (at) => new Date(at).toISOString();

/** Bytes in binary units: `812 B`, `1.0 MiB`. */
export function bytes(number) {
  if (number < 1024) return `${number} B`;
  return number < 1024 ** 2 ? `${(number / 1024).toFixed(1)} KiB` : `${(number / 1024 ** 2).toFixed(1)} MiB`;
}

/** A name without the stage and context that it stands in: `relay` for `local-invoicing-relay`, `` for `local-invoicing`. */
export function shortName(name, stage, context) {
  const prefix = context ? `${stage}-${context}` : stage;
  if (!stage || !name.startsWith(prefix)) return name;
  return name.slice(prefix.length).replace(/^-/, "").replace(/^\/.*/, "");
}

/** `Customer support` for `customer-support`. */
export function contextName(context) {
  const words = context.replaceAll("-", " ");
  return words[0].toUpperCase() + words.slice(1);
}

function two(whole, large, largeUnit, small, smallUnit) {
  const rest = Math.floor((whole % large) / small);
  return `${Math.floor(whole / large)} ${largeUnit}${rest ? ` ${rest} ${smallUnit}` : ""}`;
}
