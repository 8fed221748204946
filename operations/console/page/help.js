/** The keys, told. */

import { html } from "/libraries/htm.js";
import { Dialog } from "./dialog.js";

const KEYS = [
  [
    "Everywhere",
    [
      ["m  t  q  b", "map, traces, queues, business"],
      ["/", "search, or the filter"],
      ["Esc", "close"],
      ["?", "these keys"],
    ],
  ],
  [
    "Map",
    [
      ["← → ↑ ↓", "from node to node"],
      ["Enter", "open a node"],
      ["+  −  0", "closer, farther, all of it"],
      ["l", "live or still"],
    ],
  ],
  [
    "Charts",
    [
      ["←  →", "from interval to interval"],
      ["↑  ↓", "from series to series"],
      ["Enter", "the events behind a point"],
      ["l", "live or still"],
    ],
  ],
  [
    "Lists and the waterfall",
    [
      ["↑ ↓", "from row to row"],
      ["Enter", "open"],
      ["Home  End", "first, last"],
    ],
  ],
];

/** A dialog with all keys. */
export function HelpDialog({ close }) {
  return html`<${Dialog} title="Keys" close=${close}>
    <div class="keys">
      ${KEYS.map(
        ([where, keys]) => html`<section>
          <h3>${where}</h3>
          <dl>
            ${keys.map(
              ([key, what]) => html`<div>
                <dt>${key.split("  ").map((one) => html`<kbd>${one}</kbd> `)}</dt>
                <dd>${what}</dd>
              </div>`,
            )}
          </dl>
        </section>`,
      )}
    </div>
  </${Dialog}>`;
}
