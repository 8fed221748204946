/** Whom a node is called by and whom it calls: the way to the edges without a mouse. */

import { html } from "/libraries/htm.js";
import { durations, percent, rate } from "../format.js";
import { failing, gravest } from "../states.js";
import { nodeName } from "./kinds.js";

/** @param {{node: object, graph: object, stage: string, select: (id: string) => void}} props */
export function Edges({ node, graph, stage, select }) {
  const into = graph.edges.filter((edge) => edge.target === node.id);
  const from = graph.edges.filter((edge) => edge.source === node.id);
  if (!into.length && !from.length) return null;
  const nameOf = (id) =>
    nodeName(
      graph.nodes.find((one) => one.id === id),
      stage,
    );
  const line = (edge, end, arrow) => html`<li key=${edge.id}>
    <button class="edge-line" title=${end} onClick=${() => select(edge.id)}>
      <span>${arrow} ${nameOf(end)}${edge.link && html` <span class="hint">asynchronous</span>`}</span>
      <span class="hint">${rate(edge.calls_per_minute)}</span>
      <span class="hint">${edge.p50 === null ? "" : durations(edge.p50, edge.p95)}</span>
      <span class=${`${gravest(edge.statistics)} share`}>${failing(edge.statistics) ? percent(failing(edge.statistics)) : ""}</span>
    </button>
  </li>`;
  return html`<section>
    <h3>Called by, and calls</h3>
    <ul class="edge-list">
      ${into.map((edge) => line(edge, edge.source, "←"))} ${from.map((edge) => line(edge, edge.target, "→"))}
    </ul>
  </section>`;
}
