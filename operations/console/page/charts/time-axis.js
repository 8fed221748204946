/**
 * The axis of time, by the calendar of any zone.
 *
 * Intervals begin where local hours, days, weeks or months do, by the server's own reckoning; so a tick is the beginning of
 * an interval that looks round on a clock there, and no time is ever computed here. On a day of changing clocks that has 23
 * or 25 hours, ticks stand where those hours are.
 */

const PARTS = {
  year: "numeric",
  month: "numeric",
  day: "numeric",
  weekday: "short",
  hour: "numeric",
  minute: "numeric",
};
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Pixels from tick to tick: what the longest usual label takes. */
const ROOM = 44;

const isMidnight = (at) => at.hour === 0 && at.minute === 0;
const dayOf = ({ year, month, day }) => Date.UTC(year, month - 1, day) / 86_400_000;
const hours = (number) => (at) => dayOf(at) * 24 + Math.floor(at.hour / number) * number;
const months = (number) => (at) => at.year * 12 + Math.floor((at.month - 1) / number) * number;
/** Parts of the calendar, from small to large: the first interval of each may get a tick. */
const PARTS_OF_TIME = [
  ...[1, 2, 3, 6, 12].map(hours),
  dayOf,
  (at) => months(1)(at) * 16 + Math.min(14, Math.floor((at.day - 1) / 2)),
  (at) => Math.floor((dayOf(at) + 3) / 7), // Monday begins a week, and 1 January 1970 was a Thursday
  (at) => months(1)(at) * 2 + (at.day < 15 ? 0 : 1),
  ...[1, 3, 6, 12].map(months),
];

/**
 * What a zone's calendar and clock say at each of some instants.
 *
 * @param {number[]} instants in milliseconds, ascending
 * @returns {{year: number, month: number, day: number, weekday: string, hour: number, minute: number}[]}
 */
export function localTimes(instants, zone) {
  const format = new Intl.DateTimeFormat("en", { ...PARTS, timeZone: zone, hourCycle: "h23" });
  return instants.map((instant) => {
    const told = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    return {
      ...Object.fromEntries(Object.keys(PARTS).map((name) => [name, Number(told[name])])),
      weekday: told.weekday,
    };
  });
}

/**
 * Which intervals get a tick, and what it says.
 *
 * @param {object[]} times of the beginnings of all intervals, as localTimes tells them; before them, of the moment before
 * @param {(index: number) => number} x where an interval begins, in pixels
 * @returns {{index: number, label: string, isDay: boolean}[]}
 */
export function timeTicks([before, ...times], x) {
  const isClose = (index, next) => x(next) - x(index) < ROOM;
  for (const part of PARTS_OF_TIME) {
    const found = times.flatMap((at, index) => (part(at) === part(times[index - 1] ?? before) ? [] : [index]));
    // The first interval may be a short one, cut off by the beginning of the range.
    if (found.length > 2 && isClose(found[0], found[1])) found.shift();
    const isFree = !found.slice(1).some((index, place) => isClose(found[place], index));
    if (found.length > 0 && isFree) return found.map((index) => tick(times, index, found));
  }
  return times.length ? [tick(times, 0, [0])] : [];
}

function tick(times, index, found) {
  const at = times[index];
  const isDay = isMidnight(at) || (index > 0 && dayOf(times[index - 1]) !== dayOf(at));
  if (!isDay) return { index, label: clockOf(at), isDay };
  const month = MONTHS[at.month - 1];
  const onlyMonths = found.length > 1 && found.every((one) => times[one].day === 1);
  if (!onlyMonths) return { index, label: `${at.day} ${month}`, isDay };
  const dated = found.find((one) => times[one].month === 1) ?? found[0];
  return { index, label: at.month === 1 || index === dated ? `${month} ${at.year}` : month, isDay };
}

const clockOf = ({ hour, minute }) => `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;

/**
 * How an interval is called: `Tue 24 Nov 2026`, `25 Oct 2026, 02:00 to 03:00 GMT+1`, `November 2026`.
 *
 * @param {{start: number, end: number}} span in milliseconds
 * @param {"hour" | "day" | "week" | "month"} interval
 */
export function spanName({ start, end }, interval, zone) {
  const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
  if (interval === "hour") {
    const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const offset = format({ timeZoneName: "shortOffset" })
      .formatToParts(start)
      .find(({ type }) => type === "timeZoneName");
    const day = format({ weekday: "short", day: "numeric", month: "short", year: "numeric" }).format(start);
    return `${day}, ${clock.format(start)} to ${clock.format(end)} ${offset.value}`;
  }
  const day = format({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
  if (interval === "day") return day.format(start);
  if (interval === "month" && isWholeMonth(start, end, zone))
    return format({ month: "long", year: "numeric" }).format(start);
  return `${day.format(start)} to ${day.format(end - 1)}`;
}

function isWholeMonth(start, end, zone) {
  const [first, next] = localTimes([start, end], zone);
  return first.day === 1 && next.day === 1 && isMidnight(first) && isMidnight(next);
}
