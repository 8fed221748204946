/** The contexts as blocks of the map: their order, their places, and the boxes around them. */

import { COLUMN, DISC, ROW } from "./layout.js";

const BOX = { side: 6, top: 30, bottom: 8 };
const GAP = { x: 34, y: 18 };
const ASPECT = 1.8;

/**
 * The nodes by context, those first from which most work goes to others.
 *
 * @param {object[]} nodes
 * @param {object[]} edges
 * @returns {object[][]} one list a block; the nodes without a context come last
 */
export function blocksOf(nodes, edges) {
  const contexts = new Map(nodes.map(({ id, context }) => [id, context]));
  const balance = new Map();
  for (const { source, target, statistics } of edges) {
    const [from, to] = [contexts.get(source), contexts.get(target)];
    if (from === to) continue;
    balance.set(from, (balance.get(from) ?? 0) + statistics.total);
    balance.set(to, (balance.get(to) ?? 0) - statistics.total);
  }
  const order = ([a], [b]) =>
    (a === null) - (b === null) || (balance.get(b) ?? 0) - (balance.get(a) ?? 0) || String(a).localeCompare(String(b));
  return [...Map.groupBy(nodes, ({ context }) => context)].sort(order).map(([, members]) => members);
}

/**
 * Set the blocks beside each other, and on further shelves where that makes the whole map larger on a wide screen.
 *
 * @param {{cells: Map<string, {column: number, row: number}>}[]} blocks
 * @returns {Map<string, {x: number, y: number}>} the discs' centres
 */
export function packed(blocks) {
  const sized = blocks.map((block) => ({ ...block, ...sizeOf(block.cells) }));
  const candidates = sized.map((_, index) =>
    shelved(
      sized,
      sized.slice(0, index + 1).reduce((sum, one) => sum + one.width + GAP.x, 0),
    ),
  );
  const scale = ({ width, height }) => Math.min(ASPECT / width, 1 / height);
  const best = candidates.reduce((a, b) => (scale(b) > scale(a) ? b : a));
  const places = new Map();
  let top = 0;
  for (const shelf of best.shelves) {
    let left = (best.width - shelf.width) / 2;
    for (const { cells, width } of shelf.blocks) {
      for (const [id, { column, row }] of cells)
        places.set(id, { x: left + BOX.side + (column + 0.5) * COLUMN, y: top + BOX.top + DISC / 2 + row * ROW });
      left += width + GAP.x;
    }
    top += shelf.height + GAP.y;
  }
  return places;
}

/**
 * The boxes around the nodes of each context.
 *
 * @param {object[]} nodes
 * @param {Map<string, {x: number, y: number}>} places
 * @returns {{context: string, x: number, y: number, width: number, height: number}[]} by centre
 */
export function boxes(nodes, places) {
  const members = Map.groupBy(
    nodes.filter(({ context }) => context),
    ({ context }) => context,
  );
  return [...members].map(([context, inside]) => {
    const xs = inside.map(({ id }) => places.get(id).x);
    const ys = inside.map(({ id }) => places.get(id).y);
    const left = Math.min(...xs) - COLUMN / 2 - BOX.side;
    const right = Math.max(...xs) + COLUMN / 2 + BOX.side;
    const top = Math.min(...ys) - DISC / 2 - BOX.top;
    const bottom = Math.max(...ys) - DISC / 2 + ROW + BOX.bottom;
    return { context, x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top };
  });
}

function sizeOf(cells) {
  const most = (axis) => Math.max(...[...cells.values()].map((cell) => cell[axis])) + 1;
  return { width: most("column") * COLUMN + 2 * BOX.side, height: most("row") * ROW + BOX.top + BOX.bottom };
}

function shelved(blocks, limit) {
  const shelves = [];
  for (const block of blocks) {
    const last = shelves.at(-1);
    if (last && last.width + GAP.x + block.width <= limit) {
      last.blocks.push(block);
      last.width += GAP.x + block.width;
      last.height = Math.max(last.height, block.height);
    } else {
      shelves.push({ blocks: [block], width: block.width, height: block.height });
    }
  }
  return {
    shelves,
    width: Math.max(...shelves.map(({ width }) => width)),
    height: shelves.reduce((sum, { height }) => sum + height + GAP.y, -GAP.y),
  };
}
