/** What a segment or subsegment says of itself: exceptions first. */

import { html } from "/libraries/htm.js";
import { useResource } from "../api.js";
import { clock, counted, duration, utc } from "../format.js";
import { href } from "../router.js";
import { CopyButton } from "./copy-button.js";

/** @param {{row: object, trace: object, close: () => void}} props */
export function Segment({ row, trace, close }) {
  const at = Date.parse(trace.at) + row.offset * 1000;
  return html`<section class="segment-details" aria-label=${`Segment ${row.name}`}>
    <header>
      <h2><span class=${`status ${row.state}`}>${row.state}</span> ${row.name}</h2>
      <p class="hint facts">
        <span>${row.origin ?? row.namespace ?? row.kind}</span>
        <code>${row.id}</code>
        <time datetime=${utc(at)} title=${utc(at)}>${clock(at, { millis: true })}</time>
        <span>${row.in_progress ? "in progress" : duration(row.duration)}</span>
        ${row.kind === "segment" && row.origin && html`<a href=${href(["map"], { node: `${row.origin}|${row.name}` })}>on the map</a>`}
      </p>
      <button class="icon-button" aria-label="Close (Escape)" title="Close (Escape)" onClick=${close}>✕</button>
    </header>
    <div class="parts">
      ${row.exceptions.map((exception) => html`<${Exception} exception=${exception} />`)}
      <${Fields} title="Annotations" fields=${row.annotations} />
      <${Fields} title="HTTP" fields=${flat(row.http)} />
      <${Fields} title="AWS" fields=${flat(row.aws)} />
      <${Metadata} metadata=${row.metadata} />
      ${row.annotations.queue && html`<${DeadLettersOf} queue=${row.annotations.queue} trace=${trace.id} />`}
      ${isBare(row) && html`<p class="hint">It says no more than its name and its time.</p>`}
    </div>
  </section>`;
}

/** The way from a consumer's record to what its queue has given up on, of this trace. */
function DeadLettersOf({ queue, trace }) {
  const { data } = useResource("/api/queues");
  const dead = data?.items.find(({ name }) => name === queue)?.dead_letters;
  if (!dead) return null;
  return html`<p>
    <a href=${href(["queues", dead.name], { trace })}>Dead letters of this trace</a>
    <span class="hint">${` (${counted(dead.depth, "dead letter")} of ${queue} in all)`}</span>
  </p>`;
}

/** An exception with its stack, the innermost call last, as Python prints it. */
export function Exception({ exception }) {
  return html`<section class="exception">
    <h3>${exception.type}</h3>
    <p>${exception.message}</p>
    ${exception.stack.length > 0 && html`<pre tabindex="0">${exception.stack.join("\n")}</pre>`}
  </section>`;
}

/** Names and values, as text. */
export function Fields({ title, fields }) {
  const entries = Object.entries(fields ?? {});
  if (!entries.length) return null;
  return html`<section>
    <h3>${title}</h3>
    <dl class="fields">
      ${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${typeof value === "string" ? value : JSON.stringify(value)}</dd></div>`)}
    </dl>
  </section>`;
}

function Metadata({ metadata }) {
  if (!Object.keys(metadata).length) return null;
  const text = JSON.stringify(metadata, null, 2);
  return html`<section>
    <h3>Metadata <${CopyButton} text=${text} what="the metadata" /></h3>
    <pre tabindex="0">${text}</pre>
  </section>`;
}

/** `{"request.method": "GET"}` for `{request: {method: "GET"}}`. */
function flat(fields, prefix = "") {
  return Object.fromEntries(
    Object.entries(fields ?? {}).flatMap(([name, value]) =>
      value && typeof value === "object" && !Array.isArray(value)
        ? Object.entries(flat(value, `${prefix}${name}.`))
        : [[prefix + name, value]],
    ),
  );
}

function isBare({ exceptions, annotations, http, aws, metadata }) {
  return ![exceptions, annotations, http ?? {}, aws ?? {}, metadata].some((part) => Object.keys(part).length);
}
