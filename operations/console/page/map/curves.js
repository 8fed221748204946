/** The way of an edge: out to the right and in from the left where it goes forward, in an arc where it goes back. */

const FORWARD = 60;

/**
 * Control points of an edge for cytoscape's `unbundled-bezier`: beside the straight line, and along it.
 *
 * @param {{x: number, y: number}} from the source's centre
 * @param {{x: number, y: number}} to the target's centre
 * @returns {{distances: number[], weights: number[]}} pixels to the line's right, and shares of its length
 */
export function curve(from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  if (dx < FORWARD) return { distances: [Math.min(90, length * 0.22)], weights: [0.5] };
  const bend = Math.min(dx * 0.45, 110);
  const points = [
    { x: bend, y: 0 },
    { x: dx - bend, y: dy },
  ];
  return {
    distances: points.map(({ x, y }) => (dx * y - dy * x) / length),
    weights: points.map(({ x, y }) => (dx * x + dy * y) / length ** 2),
  };
}
