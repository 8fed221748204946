/** X-Ray's filter expressions for what is selected on the map. */

/**
 * The traces that pass a node or an edge in a certain way.
 *
 * @param {"node" | "edge"} kind
 * @param {object} item the node, or the edge
 * @param {string} condition of that node or edge itself, like `fault` or `responsetime >= 0.5`; empty for all
 * @see https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
 */
export function passing(kind, item, condition = "") {
  const [source, target] = kind === "node" ? [null, item.id] : [item.source, item.target];
  // A client sends no segment: what it begins is what the service behind it is entered by.
  if (isClient(target)) return `service(${quoted(nameOf(target))}) ${braced("first", condition)}`;
  if (isClient(source)) return `service(${idOf(target)}) ${braced("first", condition)}`;
  const part = source ? `edge(${idOf(source)}, ${idOf(target)})` : `service(${idOf(target)})`;
  return condition ? `${part} ${braced(condition)}` : part;
}

const isClient = (id) => id?.startsWith("client|");
const nameOf = (id) => id.slice(id.indexOf("|") + 1);
const typeOf = (id) => id.slice(0, id.indexOf("|"));
const quoted = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
const braced = (...conditions) => `{${conditions.filter(Boolean).join(" AND ")}}`;

function idOf(id) {
  const type = typeOf(id);
  return `id(name: ${quoted(nameOf(id))}${type ? `, type: ${quoted(type)}` : ""})`;
}
