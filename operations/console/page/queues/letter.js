/** One dead letter: what it says, why it died, and the trace that it came from. */

import { html, useMemo, useState } from "/libraries/htm.js";
import { url, useResource } from "../api.js";
import { bytes, clock, counted, utc } from "../format.js";
import { Resource } from "../problem.js";
import { href } from "../router.js";
import { CopyButton } from "../traces/copy-button.js";
import { Exception, Fields } from "../traces/segment.js";

/**
 * @param {{queue: string, id: string, right: {redrive: string, discard: string}, ask: (asked: object) => void}} props
 *   `right`: why an action is refused, empty where it is not
 */
export function Letter({ queue, id, right, ask }) {
  const letter = useResource(url(["queues", queue, "dead-letters", id]));
  return html`<article class="letter" aria-label="Dead letter">
    <${Resource} resource=${letter} what="the dead letter">
      ${(data) => html`<header>
          <div>
            <h2>${data.event_type ?? "Not an event"}</h2>
            <p class="hint">
              ${"sent "}<time datetime=${data.sent_at} title=${utc(data.sent_at)}>${clock(data.sent_at)}</time>
              ${`, received ${counted(data.receives, "time")}, ${bytes(data.body_bytes)}`}
            </p>
          </div>
          <span class="spacer"></span>
          <button
            class="button primary"
            disabled=${Boolean(right.redrive)}
            title=${right.redrive}
            onClick=${() => ask({ action: "redrive", ids: [id], number: 1 })}
          >Redrive</button>
          <button
            class="button danger"
            disabled=${Boolean(right.discard)}
            title=${right.discard}
            onClick=${() => ask({ action: "discard", ids: [id], number: 1 })}
          >Discard</button>
        </header>
        ${
          data.trace_id
            ? html`<p><a class="to-trace" href=${href(["traces", data.trace_id])}>The trace that it came from →</a></p>`
            : html`<p class="hint">It names no trace: its sender sent none along.</p>`
        }
        ${data.exceptions.map((exception) => html`<${Exception} exception=${exception} />`)}
        ${!data.exceptions.length && html`<p class="hint">${NO_CAUSE}</p>`}
        <${Body} text=${data.body} />
        <${Fields}
          title="Message"
          fields=${chosen(data, ["id", "event_id", "trace_id", "first_received_at"])}
        />
        <${Fields} title="Attributes" fields=${data.attributes} />`}
    </${Resource}>
  </article>`;
}

const NO_CAUSE = "No exception of its consumer is known (any more): its trace or log lines are gone.";
const chosen = (fields, names) => Object.fromEntries(names.map((name) => [name, fields[name]]));

/** The body as text, whatever it holds; JSON is indented unless one wants it as it was sent. */
function Body({ text }) {
  const [asSent, setAsSent] = useState(false);
  const pretty = useMemo(() => indented(text), [text]);
  const shown = asSent || pretty === null ? text : pretty;
  return html`<section>
    <h3>
      Body <${CopyButton} text=${shown} what="the body" />
      ${
        pretty !== null &&
        html` <button
        class="link"
        onClick=${() => setAsSent(!asSent)}
      >${asSent ? "Indent it" : "As it was sent"}</button>`
      }
    </h3>
    <pre class="body" tabindex="0">${shown}</pre>
  </section>`;
}

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
