/** The traces that pass what is selected on the map, narrowed to how it fared in them. */

import { html, useState } from "/libraries/htm.js";
import { url, useResource } from "../api.js";
import { duration } from "../format.js";
import { Resource } from "../problem.js";
import { rangeQuery } from "../range.js";
import { href } from "../router.js";
import { TraceList } from "../traces/list.js";
import { passing } from "./filters.js";

/** @param {{kind: "node" | "edge", item: object, span: {from: string, to: string}, range: object}} props */
export function PassingTraces({ kind, item, span, range }) {
  const chips = choices(item);
  const [chosen, setChosen] = useState(() => chips.find(({ key }) => item.statistics[key] > 0)?.key ?? "all");
  const { condition } = chips.find(({ key }) => key === chosen) ?? chips[0];
  const filter = passing(kind, item, condition);
  const traces = useResource(url(["traces"], { filter, ...span }), { keep: true });
  return html`<section>
    <h3>
      Traces
      <a class="aside-link" href=${href(["traces"], { filter, ...rangeQuery(range) })}>Open in Traces</a>
    </h3>
    <div class="chips" role="group" aria-label="Which traces">
      ${chips.map(
        ({ key, label, title }) => html`<button
          class=${`chip ${key}`}
          title=${title}
          aria-pressed=${String(key === chosen)}
          onClick=${() => setChosen(key)}
        >
          ${label}
        </button>`,
      )}
    </div>
    <${Resource} resource=${traces} what="the traces">
      ${({ items }) =>
        items.length
          ? html`<${TraceList} items=${items.slice(0, 50)} compact=${true} />`
          : html`<p class="hint">None in this range.</p>`}
    </${Resource}>
  </section>`;
}

function choices({ p95 }) {
  const all = [
    { key: "all", label: "All", condition: "" },
    { key: "fault", label: "Faults", condition: "fault" },
    { key: "throttle", label: "Throttles", condition: "throttle" },
    { key: "error", label: "Errors", condition: "error" },
  ];
  if (!p95) return all;
  const slow = {
    key: "slow",
    label: "Slow",
    title: `${duration(p95)} (p95) or longer`,
    condition: `responsetime >= ${p95}`,
  };
  return [...all, slow];
}
