/** The question before anything is changed: what, how many, and where. */

import { html } from "/libraries/htm.js";
import { Dialog } from "../dialog.js";
import { counted } from "../format.js";

/** What can be done with dead letters; `member` is that of the server's answer which names them. */
export const ACTIONS = {
  redrive: {
    verb: "Redrive",
    doing: "Redriving",
    member: "moved",
    done: (letters, source) => `${letters} sent back to ${source}.`,
  },
  discard: {
    verb: "Discard",
    doing: "Discarding",
    member: "discarded",
    done: (letters) => `${letters} discarded.`,
  },
};

/**
 * @param {{asked: {action: "redrive" | "discard", ids: string[] | null, number: number, truncated?: boolean},
 *   queue: string, source: string | null, confirm: () => void, close: () => void}} props
 */
export function Confirm({ asked, queue, source, confirm, close }) {
  const { action, number, ids, truncated } = asked;
  const { verb } = ACTIONS[action];
  const letters = (ids ? "" : "all ") + (truncated ? "dead letters" : counted(number, "dead letter"));
  return html`<${Dialog} title=${`${verb} ${letters}?`} close=${close} tone=${action}>
    ${
      action === "redrive"
        ? html`<div>
          <p>From <code>${queue}</code> back to <code>${source}</code>.</p>
          <p class="hint">
            Each is delivered anew. What fails again comes back here; an event that was taken before changes nothing.
          </p>
        </div>`
        : html`<div>
          <p>From <code>${queue}</code>, for good.</p>
          <p class="hint">This cannot be undone: the messages are deleted, and nobody will have taken them in.</p>
        </div>`
    }
    <div class="actions">
      <button class="button" autofocus onClick=${close}>Cancel</button>
      <button
        class=${`button ${action === "discard" ? "danger" : "primary"}`}
        onClick=${confirm}
      >${verb} ${counted(number, "dead letter")}</button>
    </div>
  </${Dialog}>`;
}
