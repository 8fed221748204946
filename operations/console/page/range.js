/** The span of time that a page is about: the last minutes, or from one instant to another. */

import { html, useState } from "/libraries/htm.js";
import { clock } from "./format.js";

const CHOICES = [
  { minutes: 5, label: "5 min" },
  { minutes: 15, label: "15 min" },
  { minutes: 60, label: "1 h" },
  { minutes: 360, label: "6 h" },
];
const DEFAULT_MINUTES = 15;

/**
 * The range that a place's query names: `minutes`, or `from` and `to`.
 *
 * @returns {{minutes: number | null, from: string | null, to: string | null}}
 */
export function rangeOf(query) {
  const [from, to] = [query.from, query.to].map((at) => (at && !Number.isNaN(Date.parse(at)) ? at : null));
  if (from && to) return { minutes: null, from, to };
  const minutes = Number(query.minutes);
  return { minutes: minutes > 0 && minutes <= 360 ? minutes : DEFAULT_MINUTES, from: null, to: null };
}

/** The query that names a range; the default one needs none. */
export function rangeQuery({ minutes, from, to }) {
  return minutes ? { minutes: minutes === DEFAULT_MINUTES ? "" : minutes } : { from, to };
}

/** The range as instants, ending `now` unless it is fixed. */
export function instants({ minutes, from, to }, now = Date.now()) {
  if (!minutes) return { from, to };
  return { from: new Date(now - minutes * 60_000).toISOString(), to: new Date(now).toISOString() };
}

/** The range as the API is asked for it; the same for as long as the range is, so that it can be asked for again. */
export function asked({ minutes, from, to }) {
  return minutes ? { from: `${minutes}m` } : { from, to };
}

/** The range in words: `last 15 minutes`. */
export function inWords({ minutes, from, to }) {
  if (!minutes) return `${clock(from, { seconds: false })} to ${clock(to, { seconds: false })}`;
  return minutes % 60 ? `last ${minutes} minutes` : minutes === 60 ? "last hour" : `last ${minutes / 60} hours`;
}

/** Buttons for the usual ranges, and a small form for any other. `onChange` is handed a range. */
export function RangePicker({ range, onChange }) {
  const [open, setOpen] = useState(false);
  const fixed = !range.minutes;
  const choose = (minutes) => {
    setOpen(false);
    onChange({ minutes, from: null, to: null });
  };
  return html`<div class="range" role="group" aria-label="Time range">
    ${CHOICES.map(
      ({ minutes, label }) => html`<button
        class="segment"
        aria-pressed=${String(range.minutes === minutes)}
        onClick=${() => choose(minutes)}
      >
        ${label}
      </button>`,
    )}
    <button class="segment" aria-pressed=${String(fixed)} aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>
      ${fixed ? inWords(range) : "From … to …"}
    </button>
    ${open && html`<${CustomRange} range=${range} onChange=${onChange} close=${() => setOpen(false)} />`}
  </div>`;
}

function CustomRange({ range, onChange, close }) {
  const shown = instants(range);
  const [from, setFrom] = useState(localInput(shown.from));
  const [to, setTo] = useState(localInput(shown.to));
  const isForward = from && to && new Date(from) < new Date(to);
  const apply = (event) => {
    event.preventDefault();
    close();
    onChange({ minutes: null, from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  };
  return html`<form class="range-form popover" onSubmit=${apply} onKeyDown=${escape}>
    <label>From <input type="datetime-local" step="1" value=${from} onInput=${(e) => setFrom(e.target.value)} /></label>
    <label>To <input type="datetime-local" step="1" value=${to} onInput=${(e) => setTo(e.target.value)} /></label>
    ${!isForward && html`<p class="hint" role="alert">“From” must be before “to”.</p>`}
    <p class="hint">At most seven days; times are this browser’s.</p>
    <button class="button primary" disabled=${!isForward}>Apply</button>
  </form>`;
}

function localInput(at) {
  const time = new Date(at);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
