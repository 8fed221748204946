/** A list of traces, latest first: how each ended, when, how long it took, what was asked. */

import { html } from "/libraries/htm.js";
import { clock, duration, utc } from "../format.js";
import { walkList } from "../keys.js";
import { href } from "../router.js";
import { stateOf, STATES } from "../states.js";

const SHORTEST = 0.001;

/**
 * @param {{items: object[], compact?: boolean, as?: string | null}} props trace rows as `/api/traces` answers them; `as`:
 *   the state that all of them had where one is looking, whatever their first caller was answered
 */
export function TraceList({ items, compact = false, as = null }) {
  const longest = Math.max(...items.map((item) => item.duration ?? 0), 2 * SHORTEST);
  return html`<div class=${`trace-list ${compact ? "compact" : ""}`} role="list" onKeyDown=${walkList}>
    ${items.map((item) => html`<${Line} key=${item.id} item=${item} longest=${longest} compact=${compact} as=${as} />`)}
  </div>`;
}

function Line({ item, longest, compact, as }) {
  const state = as ?? stateOf(item);
  const { label } = STATES.find(({ key }) => key === state);
  return html`<div role="listitem">
    <a class="trace-line" data-item href=${href(["traces", item.id])} title=${item.id}>
      <span class=${`status ${state}`}>${as ? label : (item.status ?? label)}</span>
      <time datetime=${item.at} title=${utc(item.at)}>${clock(item.at, { millis: !compact })}</time>
      <span class="what">${asked(item)}${item.partial && html` <em>in progress</em>`}</span>
      ${
        !compact &&
        html`<span class="length" aria-hidden="true"><i
        class=${state}
        style=${{ width: `${lengthOf(item.duration, longest)}%` }}
      ></i></span>`
      }
      <span class="number">${duration(item.duration)}</span>
    </a>
  </div>`;
}

/** On a logarithmic scale: what takes a millisecond and what waits for minutes stand in one list. */
function lengthOf(duration, longest) {
  return duration > SHORTEST ? (Math.log(duration / SHORTEST) / Math.log(longest / SHORTEST)) * 100 : 0;
}

/** What a trace was about: the route that its handler names, the URL, or who began it. */
export function asked({ method, url, entry, annotations }) {
  const route = annotations?.route?.[0];
  if (route) {
    const [verb, path] = String(route).split(/ (.*)/s);
    return html`<b>${verb}</b> ${path}`;
  }
  if (url) return html`<b>${method ?? ""}</b> ${pathOf(url)}`;
  return entry ?? "unknown";
}

function pathOf(address) {
  try {
    return new URL(address).pathname;
  } catch {
    return address;
  }
}
