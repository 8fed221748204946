/**
 * What X-Ray calls two nodes and an operator one: the Lambda service and its function.
 */

const SERVICE = "AWS::Lambda";
const FUNCTION = "AWS::Lambda::Function";

/**
 * Let each client stand in the context that it calls; X-Ray knows one for each entry.
 *
 * @param {{nodes: object[], edges: object[]}} graph as `/api/map` answers it
 */
export function withClientsPlaced(graph) {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const called = new Map(graph.edges.map((edge) => [edge.source, byId.get(edge.target)]));
  const placed = (node) => (node.type === "client" ? { ...node, context: called.get(node.id)?.context ?? null } : node);
  return { ...graph, nodes: graph.nodes.map(placed) };
}

/**
 * Fold a service graph into one node a function, with a client only where somebody calls from outside.
 *
 * A function shows its own figures, and of its Lambda service those failures that never reached it (a throttled or
 * killed invocation). The client that X-Ray puts before a function woken by an event source is left out.
 *
 * @param {{nodes: object[], edges: object[]}} graph as `/api/map` answers it
 * @returns {{nodes: object[], edges: object[]}} of the same shape; a folded node carries its `service` node
 */
export function folded(graph) {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const functions = new Set(named(graph.nodes, FUNCTION));
  const called = new Map(graph.edges.map((edge) => [edge.source, byId.get(edge.target)]));
  const services = new Map(graph.nodes.filter((node) => node.type === SERVICE).map((node) => [node.name, node]));
  const isFolded = (node) => node?.type === SERVICE && functions.has(node.name);

  const nodes = graph.nodes.flatMap((node) => {
    if (isFolded(node)) return [];
    if (node.type === FUNCTION) return [withService(node, services.get(node.name))];
    return node.type === "client" && called.get(node.id)?.type === SERVICE ? [] : [node];
  });
  const shown = new Set(nodes.map((node) => node.id));
  const standing = (id) => (isFolded(byId.get(id)) ? `${FUNCTION}|${byId.get(id).name}` : id);
  const edges = graph.edges
    .map((edge) => ({ ...edge, source: standing(edge.source), target: standing(edge.target) }))
    .filter(({ source, target }) => source !== target && shown.has(source) && shown.has(target));
  return { ...graph, nodes, edges };
}

/**
 * The shown node that stands for a node of X-Ray's graph.
 *
 * @param {object[]} nodes the folded nodes
 * @param {string} id of any node of the graph
 * @returns {object | undefined}
 */
export function standingFor(nodes, id) {
  return nodes.find((node) => node.id === id || node.service?.id === id);
}

function named(nodes, type) {
  return nodes.filter((node) => node.type === type).map((node) => node.name);
}

function withService(node, service) {
  if (!service) return node;
  const statistics = { ...node.statistics };
  for (const state of ["error", "throttle", "fault"]) {
    const unseen = Math.max(0, service.statistics[state] - node.statistics[state]);
    statistics[state] += unseen;
    statistics.total += unseen;
  }
  return { ...node, service, statistics };
}
