/** The axis of values: round ticks that hold all of them and zero. */

const DECIMAL = [1, 2, 2.5, 5, 10];
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Steps that a clock has, in seconds. */
const CLOCK = [
  1,
  2,
  5,
  10,
  15,
  30,
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
];

/**
 * Ticks from the lowest to the highest, evenly spaced.
 *
 * @param {number} low the least value, @param {number} high the largest
 * @param {{unit?: "seconds" | "whole" | "any", most?: number, fixed?: [number, number]}} options `unit`: durations have
 *   steps of a clock, counts no fractions; `most`: so many steps; `fixed`: the ends, whatever the values are
 * @returns {number[]} at least two
 */
export function valueTicks(low, high, { unit = "any", most = 4, fixed } = {}) {
  if (fixed) return evenly(fixed[0], fixed[1], (fixed[1] - fixed[0]) / most);
  const [bottom, top] = [Math.min(0, low), Math.max(0, high)];
  const room = top - bottom;
  if (!(room > 0)) return unit === "seconds" ? [0, MINUTE] : [0, 1];
  const step = stepOf(room / most, unit);
  return evenly(Math.floor(bottom / step + 1e-9) * step, Math.ceil(top / step - 1e-9) * step, step);
}

function stepOf(least, unit) {
  if (unit === "seconds" && least > 0.5) {
    const found = CLOCK.find((step) => step >= least * 0.999999);
    return found ?? decimalStep(least / DAY, true) * DAY;
  }
  return decimalStep(least, unit === "whole");
}

function decimalStep(least, isWhole) {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = DECIMAL.find((one) => one * power >= least * 0.999999 && (!isWhole || Number.isInteger(one * power)));
  return isWhole ? Math.max(1, Math.round((step ?? 10) * power)) : step * power;
}

function evenly(from, to, step) {
  const steps = Math.max(1, Math.round((to - from) / step));
  return Array.from({ length: steps + 1 }, (_, index) => Number((from + index * step).toPrecision(12)));
}
