/** The traces that pass what is selected on the map, narrowed to how it fared in them. */

import { html, useState } from "/libraries/htm.js";
import { url, useResource } from "../api.js";
import { duration } from "../format.js";
import { Resource } from "../problem.js";
import { asked, rangeQuery } from "../range.js";
import { href } from "../router.js";
import { STATES } from "../states.js";
import { TraceList } from "../traces/list.js";
import { passing } from "./filters.js";

const MOST = 8;

/**
 * @param {{kind: "node" | "edge", item: object, range: object, every?: number}} props `every`: milliseconds until they
 *   are looked for again
 */
export function PassingTraces({ kind, item, range, every }) {
  const chips = choices(item);
  const [chosen, setChosen] = useState(() => chips.find(({ key }) => item.statistics[key] > 0)?.key ?? "all");
  const { condition } = chips.find(({ key }) => key === chosen) ?? chips[0];
  const filter = passing(kind, item, condition);
  const traces = useResource(url(["traces"], { filter, ...asked(range) }), { every });
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
          ? html`<${TraceList}
            items=${items.slice(0, MOST)}
            compact=${true}
            as=${STATES.some(({ key }) => key === chosen) ? chosen : null}
          />
              ${items.length > MOST && html`<p class="hint">The latest ${MOST}; Traces has the others.</p>`}`
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
