/** Which node an arrow key leads to. */

const DIRECTIONS = {
  ArrowRight: { x: 1, y: 0 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowDown: { x: 0, y: 1 },
  ArrowUp: { x: 0, y: -1 },
};
const STRAYING = 2.5;

/**
 * The nearest node in the direction of an arrow key: what lies straight ahead is nearer than what lies aside.
 *
 * @param {string} id where one stands
 * @param {string} key of the keyboard event
 * @param {object[]} nodes
 * @param {Map<string, {x: number, y: number}>} places
 * @returns {string | null}
 */
export function neighbour(id, key, nodes, places) {
  const towards = DIRECTIONS[key];
  const here = places.get(id);
  if (!towards || !here) return null;
  let best = null;
  for (const node of nodes) {
    const there = places.get(node.id);
    const [dx, dy] = [there.x - here.x, there.y - here.y];
    const ahead = dx * towards.x + dy * towards.y;
    const aside = Math.abs(dx * towards.y) + Math.abs(dy * towards.x);
    if (ahead <= 0 || aside > ahead * STRAYING) continue;
    const distance = ahead + aside * STRAYING;
    if (!best || distance < best.distance) best = { id: node.id, distance };
  }
  return best?.id ?? null;
}
