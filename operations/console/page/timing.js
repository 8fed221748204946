/** How long a view took, for the browser's performance timeline and the tests that read it. */

/**
 * Measure until what has just been rendered is on the screen.
 *
 * @param {string} name of the measure
 * @param {number} start as performance.now() told it; 0: since the page was asked for
 */
export function measureUntilPainted(name, start) {
  requestAnimationFrame(() => setTimeout(() => performance.measure(name, { start })));
}
