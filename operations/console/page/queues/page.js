/** The queues of the stage; and behind each its dead letters. */

import { html } from "/libraries/htm.js";
import { useResource } from "../api.js";
import { contextName, count, counted, duration } from "../format.js";
import { walkList } from "../keys.js";
import { Empty, ProblemNote, Resource } from "../problem.js";
import { href } from "../router.js";
import { DeadLetters } from "./dead-letters.js";

const REFRESH = 2000;

/**
 * @param {{stage: object, query: object, queue?: string, message?: string}} props `queue`: whose dead letters;
 *   `message`: the open one
 */
export function QueuesPage({ stage, query, queue, message }) {
  const queues = useResource("/api/queues", { every: REFRESH });
  if (queue) {
    const found = queues.data?.items.find(({ dead_letters }) => dead_letters?.name === queue);
    return html`<${DeadLetters}
      key=${queue}
      stage=${stage}
      name=${queue}
      queue=${found}
      message=${message}
      trace=${query.trace}
      reload=${queues.reload}
    />`;
  }
  return html`<div class="queues-page">
    ${queues.data && queues.problem && html`<${ProblemNote} problem=${queues.problem} retry=${queues.reload} />`}
    <${Resource}
      resource=${queues}
      what="the queues"
    >${({ items }) => html`<${Overview} items=${items} />`}</${Resource}>
  </div>`;
}

const ALL_WELL = "No dead letters. All that was sent has been taken in, or is on its way.";

function Overview({ items }) {
  if (!items.length)
    return html`<${Empty} title="No queues">The stage’s stacks have none: is it deployed? make status tells.</${Empty}>`;
  const dead = items.reduce((sum, { dead_letters }) => sum + (dead_letters?.depth ?? 0), 0);
  return html`<p class=${`summary ${dead ? "fault-text" : ""}`} role="status">
      ${dead ? `${counted(dead, "dead letter")}: open a queue to see why.` : ALL_WELL}
    </p>
    <table class="queues" onKeyDown=${walkList}>
      <thead>
        <tr>
          <th scope="col">Queue</th>
          <th scope="col" class="number" title="Ready to be received">Waiting</th>
          <th scope="col" class="number" title="Received, neither deleted nor given back">In flight</th>
          <th scope="col" class="number" title="Not to be received yet">Delayed</th>
          <th scope="col" class="number" title="Age of the oldest message">Oldest</th>
          <th scope="col" class="number">Dead letters</th>
          <th scope="col"><span class="visually-hidden">Open</span></th>
        </tr>
      </thead>
      ${[...Map.groupBy(items, ({ context }) => context)].map(
        ([context, inside]) => html`<tbody>
          <tr class="group"><th colspan="7" scope="rowgroup">${context ? contextName(context) : "Others"}</th></tr>
          ${inside.map((item) => html`<${QueueRow} key=${item.name} item=${item} />`)}
        </tbody>`,
      )}
    </table>`;
}

function QueueRow({ item }) {
  const { name, depth, in_flight: inFlight, delayed, oldest_age: oldest, dead_letters: dead } = item;
  const number = (value) =>
    html`<td class=${`number ${value ? "" : "nothing"}`}>${value === null ? "–" : count(value)}</td>`;
  const own = dead?.name === name;
  return html`<tr class=${dead?.depth ? "has-dead" : ""}>
    <th scope="row"><code>${name}</code>${own && html`<span class="hint"> holds what a function gave up on</span>`}</th>
    ${number(depth)} ${number(inFlight)} ${number(delayed)}
    <td class=${`number ${oldest ? "" : "nothing"}`}>${duration(oldest)}</td>
    ${
      dead
        ? html`<td class="number"><span class=${dead.depth ? "status fault" : "nothing"}>${count(dead.depth)}</span></td>
          <td><a
            data-item
            class="open"
            href=${href(["queues", dead.name])}
            aria-label=${`Dead letters of ${name}: ${dead.depth}`}
          >Open</a></td>`
        : html`<td class="number nothing">none kept</td><td></td>`
    }
  </tr>`;
}
