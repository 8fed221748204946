/**
 * Where the nodes of the map stand: each context a block with its flow from left to right (by dagre), the blocks in the
 * order in which work goes through them; and all of it still while only numbers change.
 */

import { Graph, layout } from "/libraries/dagre.js";
import { blocksOf, packed } from "./blocks.js";

/** A disc's diameter; the three lines of its caption stand beneath it. */
export const DISC = 42;
export const COLUMN = 126;
export const ROW = 98;

/**
 * Arrange a graph; nodes that have a place keep it.
 *
 * @param {{nodes: object[], edges: object[]}} graph
 * @param {Map<string, {x: number, y: number}>} known places of an earlier arrangement, by node id
 * @returns {Map<string, {x: number, y: number}>} the discs' centres
 */
export function arranged(graph, known = new Map()) {
  const strangers = graph.nodes.filter((node) => !known.has(node.id));
  const kept = new Map(graph.nodes.filter((node) => known.has(node.id)).map((node) => [node.id, known.get(node.id)]));
  if (!strangers.length) return kept;
  const fresh = anew(graph);
  if (strangers.length >= kept.size) return fresh;
  for (const node of strangers) kept.set(node.id, freePlace(node, graph, kept, fresh));
  return kept;
}

function anew({ nodes, edges }) {
  const blocks = blocksOf(nodes, edges).map((members) => ({
    context: members[0].context,
    cells: cellsOf(members, edges),
  }));
  return packed(blocks);
}

/** Columns and rows of a block's nodes: dagre's ranks and its order within a rank, without the room it leaves between. */
function cellsOf(members, edges) {
  const ids = new Set(members.map(({ id }) => id));
  const inside = edges.filter(({ source, target }) => ids.has(source) && ids.has(target));
  const handed = new Set(inside.filter(({ link }) => link).map(({ source, target }) => `${target} ${source}`));
  const drawing = new Graph({ multigraph: true });
  drawing.setGraph({ rankdir: "LR", ranksep: 20, nodesep: 10, edgesep: 10 });
  drawing.setDefaultEdgeLabel(() => ({}));
  for (const { id } of members) drawing.setNode(id, { width: COLUMN, height: ROW });
  for (const { id, source, target } of inside) {
    // Who takes from a queue also calls it (to delete, to delay): the flow is from the queue.
    if (!handed.has(`${source} ${target}`)) drawing.setEdge(source, target, {}, id);
  }
  layout(drawing);
  const at = new Map(members.map(({ id }) => [id, drawing.node(id)]));
  const ranks = [...new Set([...at.values()].map(({ x }) => Math.round(x)))].sort((a, b) => a - b);
  const column = (id) => ranks.indexOf(Math.round(at.get(id).x));
  return rowsOf(members, column, (id) => at.get(id).y);
}

/** Rows as many as the fullest column needs; the others keep their order, each node as near to its height as it can. */
function rowsOf(members, column, height) {
  const columns = Map.groupBy(members, ({ id }) => column(id));
  const rows = Math.max(...[...columns.values()].map(({ length }) => length));
  const heights = members.map(({ id }) => height(id));
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  const cells = new Map();
  for (const [index, inside] of columns) {
    inside.sort((a, b) => height(a.id) - height(b.id));
    let last = -1;
    inside.forEach(({ id }, order) => {
      const wanted = high > low ? Math.round(((height(id) - low) / (high - low)) * (rows - 1)) : 0;
      last = Math.max(last + 1, Math.min(wanted, rows - inside.length + order));
      cells.set(id, { column: index, row: last });
    });
  }
  return cells;
}

/** Where a fresh arrangement would have it, seen from its neighbours; further down while somebody stands there. */
function freePlace(node, { nodes, edges }, places, fresh) {
  const kin = nodes.filter((other) => other.context === node.context && places.has(other.id)).map(({ id }) => id);
  const joined = edges
    .flatMap(({ source, target }) => (source === node.id ? [target] : target === node.id ? [source] : []))
    .filter((id) => places.has(id));
  const near = kin.length ? kin : joined.length ? joined : [...places.keys()];
  const shift = (axis) => near.reduce((sum, id) => sum + places.get(id)[axis] - fresh.get(id)[axis], 0) / near.length;
  const place = { x: fresh.get(node.id).x + shift("x"), y: fresh.get(node.id).y + shift("y") };
  const taken = (other) => Math.abs(other.x - place.x) < COLUMN * 0.9 && Math.abs(other.y - place.y) < ROW * 0.9;
  while ([...places.values()].some(taken)) place.y += ROW / 2;
  return place;
}
