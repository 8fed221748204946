/** Scales of the charts. */

/**
 * A round number not below `value`: 1, 2, 2.5 or 5 times a power of ten.
 *
 * @param {number} value above zero
 */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= value * 0.999999);
  return step * power;
}

/**
 * Columns for a histogram of many single values: even steps of the logarithm, as response times spread.
 *
 * @param {{value: number, count: number}[]} histogram
 * @param {number} columns
 * @returns {{from: number, to: number, count: number}[]} empty without values
 */
export function columnsOf(histogram, columns) {
  const values = histogram.map(({ value }) => Math.max(value, 1e-4));
  if (!values.length) return [];
  const low = Math.log10(Math.min(...values)) - 0.02;
  const high = Math.max(Math.log10(Math.max(...values)) + 0.02, low + 0.3);
  const step = (high - low) / columns;
  const found = Array.from({ length: columns }, (_, index) => ({
    from: 10 ** (low + index * step),
    to: 10 ** (low + (index + 1) * step),
    count: 0,
  }));
  histogram.forEach(({ count }, index) => {
    found[Math.min(columns - 1, Math.floor((Math.log10(values[index]) - low) / step))].count += count;
  });
  return found;
}

/**
 * The value that a share of a histogram's counts do not exceed; null if it is empty.
 *
 * @param {{value: number, count: number}[]} histogram
 * @param {number} share between 0 and 1
 */
export function percentile(histogram, share) {
  const total = histogram.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { value, count } of [...histogram].sort((a, b) => a.value - b.value)) {
    seen += count;
    if (seen >= total * share) return value;
  }
  return null;
}
