/** One trace: its waterfall through all services, the segment one looks at, and the log lines beside it. */

import { html, useEffect, useRef, useState } from "/libraries/htm.js";
import { url, useResource } from "../api.js";
import { clock, counted, duration, utc } from "../format.js";
import { useShortcuts } from "../keys.js";
import { Resource } from "../problem.js";
import { go, href } from "../router.js";
import { measureUntilPainted } from "../timing.js";
import { CopyButton } from "./copy-button.js";
import { Logs } from "./logs.js";
import { Raw } from "./raw.js";
import { Segment } from "./segment.js";
import { Waterfall } from "./waterfall.js";

const GROWS_FOR = 90_000;
const REFRESH = 3000;

/** @param {{id: string, query: Record<string, string>, stage: object}} props */
export function TracePage({ id, query, stage }) {
  const begin = useRef(performance.now());
  const [grows, setGrows] = useState(false);
  const trace = useResource(url(["traces", id]), { every: grows ? REFRESH : undefined, keep: grows });
  useEffect(() => {
    if (trace.data) setGrows(mayGrow(trace.data));
  }, [trace.data]);
  return html`<${Resource} resource=${trace} what="the trace">
    ${(data) => html`<${Trace} trace=${data} begin=${begin.current} query=${query} stage=${stage} />`}
  </${Resource}>`;
}

/** Consumers may still be at it, and retry for a while. */
function mayGrow({ at, duration, rows }) {
  const end = Date.parse(at) + (duration ?? 0) * 1000;
  return Date.now() - end < GROWS_FOR || (rows.some((row) => row.in_progress) && Date.now() - end < 10 * GROWS_FOR);
}

function Trace({ trace, begin, query, stage }) {
  const place = (change) => go(["traces", trace.id], { ...query, ...change }, { replace: true });
  const selected = trace.rows.find((row) => row.id === query.segment) ?? null;
  const isRaw = query.view === "raw";
  useShortcuts({ Escape: () => (selected ? place({ segment: "" }) : leave()) });
  useEffect(() => measureUntilPainted("trace opened", begin), [trace.id]);
  return html`<div class=${`trace-page ${selected && !isRaw ? "with-segment" : ""}`}>
    <${Heading}
      trace=${trace}
      isRaw=${isRaw}
      show=${(view) => place({ view })}
      toFault=${() => place({ segment: faultAfter(trace.rows, selected).id, view: "" })}
    />
    ${
      isRaw
        ? html`<${Raw} documents=${trace.documents} />`
        : html`<${Waterfall}
            rows=${trace.rows}
            stage=${stage.stage}
            selected=${selected?.id ?? null}
            onSelect=${(segment) => place({ segment })}
          />
          ${
            selected &&
            html`<${Segment}
            key=${selected.id}
            row=${selected}
            trace=${trace}
            close=${() => place({ segment: "" })}
          />`
          }`
    }
    <${Logs}
      id=${trace.id}
      of=${functionOf(selected, trace.rows)}
      size=${trace.documents.length}
      clear=${() => place({ segment: "" })}
    />
  </div>`;
}

function Heading({ trace, isRaw, show, toFault }) {
  const faults = trace.rows.filter((row) => row.state === "fault").length;
  const entry = trace.rows[0];
  return html`<header class="trace-heading">
    <a class="back" href=${href(["traces"])} onClick=${back}>← Traces</a>
    <div>
      <h2>${titleOf(trace.rows)} <span class="hint">${entry?.http?.response?.status ?? ""}</span></h2>
      <p class="hint facts">
        <span><code>${trace.id}</code>${" "}<${CopyButton} text=${trace.id} what="the trace id" /></span>
        <time datetime=${trace.at} title=${utc(trace.at)}>${clock(trace.at, { millis: true })}</time>
        <b>${duration(trace.duration)}</b>
        <span>${counted(trace.rows.length, "segment")}</span>
        ${
          faults > 0 &&
          html`<button
          class="link fault-text"
          title="To the next of them"
          onClick=${toFault}
        >${counted(faults, "fault")} ↓</button>`
        }
        ${trace.limit_exceeded && html`<b class="fault-text">cut: larger than X-Ray keeps</b>`}
      </p>
    </div>
    <span class="spacer"></span>
    <div class="range" role="group" aria-label="View">
      <button class="segment" aria-pressed=${String(!isRaw)} onClick=${() => show("")}>Waterfall</button>
      <button class="segment" aria-pressed=${String(isRaw)} onClick=${() => show("raw")}>Raw</button>
    </div>
  </header>`;
}

function back(event) {
  event.preventDefault();
  leave();
}

/** Back to the list or the map that one came from; to all traces, if this is where one began. */
function leave() {
  if (history.length > 1) history.back();
  else go(["traces"]);
}

/** The fault that follows the selected row, the first one after the last. */
function faultAfter(rows, selected) {
  const faults = rows.filter((row) => row.state === "fault");
  return faults.find((row) => rows.indexOf(row) > rows.indexOf(selected)) ?? faults[0];
}

function titleOf(rows) {
  const route = rows.find((row) => row.annotations.route)?.annotations.route;
  return route ?? rows[0]?.name ?? "Trace";
}

/** The function that a row ran in, by its segment; null for what is no function's. */
function functionOf(row, rows) {
  const segment = row && rows.find((one) => one.id === row.segment);
  return segment?.origin?.startsWith("AWS::Lambda") ? segment.name : null;
}
