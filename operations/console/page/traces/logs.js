/** The log lines of one trace: those of all its functions, or of the one whose segment is selected. */

import { html, useState } from "/libraries/htm.js";
import { url, useResource } from "../api.js";
import { clock, counted, utc } from "../format.js";
import { Resource } from "../problem.js";

const GRAVITY = { DEBUG: 0, INFO: 1, WARNING: 2, ERROR: 3, CRITICAL: 4 };
const CHOICES = [
  { label: "All", least: 0 },
  { label: "Warnings", least: 2 },
  { label: "Errors", least: 3 },
];

/**
 * @param {{id: string, of: string | null, size: number, clear: () => void}} props `of`: only this function's lines;
 *   `size`: documents known of the trace; when it grows, there may be more lines, too
 */
export function Logs({ id, of, size, clear }) {
  const [least, setLeast] = useState(0);
  const logs = useResource(`${url(["traces", id, "logs"])}?documents=${size}`, { keep: true });
  return html`<section class="logs" aria-label="Log lines">
    <header>
      <h2>Log lines</h2>
      ${
        of &&
        html`<button
        class="chip"
        aria-pressed="true"
        title="Show those of all functions"
        onClick=${clear}
      >${of} ✕</button>`
      }
      <span class="spacer"></span>
      <div class="chips" role="group" aria-label="Levels">
        ${CHOICES.map(
          (one) => html`<button
          class="chip"
          aria-pressed=${String(one.least === least)}
          onClick=${() => setLeast(one.least)}
        >${one.label}</button>`,
        )}
      </div>
    </header>
    <div class="lines" tabindex="0">
      <${Resource} resource=${logs} what="the log lines">
        ${({ lines, truncated }) => {
          const shown = lines.filter((line) => (!of || line.function === of) && gravity(line) >= least);
          return html`${shown.map((line) => html`<${Line} line=${line} />`)}
            ${!shown.length && html`<p class="hint">${lines.length ? "None of these lines fits." : NONE}</p>`}
            ${truncated && html`<p class="hint">Only the first ${counted(lines.length, "line")}; CloudWatch Logs has the rest.</p>`}`;
        }}
      </${Resource}>
    </div>
  </section>`;
}

const NONE = "No line bears this trace’s id: the functions had nothing to tell, or their log groups are gone.";
const gravity = ({ level }) => GRAVITY[level] ?? GRAVITY.INFO;

function Line({ line }) {
  const { exception, ...fields } = line.fields;
  const level = (line.level ?? "").toLowerCase();
  return html`<details class=${`line ${level}`}>
    <summary>
      <time datetime=${line.at} title=${utc(line.at)}>${clock(line.at, { millis: true })}</time>
      <b class="level">${line.level}</b>
      <span class="message">${line.message}${fields.exception_name && html`: <b>${fields.exception_name}</b>`}</span>
      <span class="who">${line.function}</span>
    </summary>
    ${typeof exception === "string" && html`<pre class="traceback">${exception}</pre>`}
    <pre>${JSON.stringify(fields, null, 2)}</pre>
  </details>`;
}
