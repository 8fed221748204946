/** What the charts are about: range, interval, zone, and whether they follow. */

import { html, useState } from "/libraries/htm.js";
import { INTERVALS, isZone, ownZone, RANGES, rangeQuery } from "./period.js";

/** @param {{period: object, isLive: boolean, isLost: boolean, place: (change: object) => void, toggleLive: () => void}} props */
export function Toolbar({ period, isLive, isLost, place, toggleLive }) {
  return html`<div class="toolbar wrap">
    <${RangePicker} period=${period} place=${place} />
    <div class="range" role="group" aria-label="Interval">
      ${INTERVALS.map(
        ({ name, label, longest }) => html`<button
          class="segment"
          aria-pressed=${String(period.interval === name)}
          disabled=${period.length > longest}
          title=${period.length > longest ? `For ${longest} days at most` : null}
          onClick=${() => place({ interval: name })}
        >
          ${label}
        </button>`,
      )}
    </div>
    <button
      class=${`live ${isLost ? "lost" : ""}`}
      aria-pressed=${String(isLive)}
      title="Follow what happens (l)"
      onClick=${toggleLive}
    >
      <span class="lamp"></span>${isLost ? "Not heard" : "Live"}
    </button>
    <span class="spacer"></span>
    <${ZonePicker} key=${period.zone} zone=${period.zone} onChange=${(zone) => place({ zone: zone === ownZone() ? "" : zone })} />
  </div>`;
}

function RangePicker({ period, place }) {
  const [open, setOpen] = useState(false);
  const choose = (days) => {
    setOpen(false);
    place({ ...rangeQuery({ days }), interval: "" });
  };
  return html`<div class="range" role="group" aria-label="Range">
    ${RANGES.map(
      ({ days, label }) => html`<button
        class="segment"
        aria-pressed=${String(period.days === days)}
        onClick=${() => choose(days)}
      >
        ${label}
      </button>`,
    )}
    <button
      class="segment"
      aria-pressed=${String(!period.days)}
      aria-expanded=${String(open)}
      onClick=${() => setOpen(!open)}
    >
      ${period.days ? "From … to …" : `${period.from} to ${period.to}`}
    </button>
    ${open && html`<${Days} period=${period} place=${place} close=${() => setOpen(false)} />`}
  </div>`;
}

function Days({ period, place, close }) {
  const [from, setFrom] = useState(period.from);
  const [to, setTo] = useState(period.to);
  const isForward = from && to && from <= to;
  const apply = (event) => {
    event.preventDefault();
    close();
    place({ ...rangeQuery({ from, to }), interval: "" });
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  };
  return html`<form class="range-form popover" onSubmit=${apply} onKeyDown=${escape}>
    <label>First day <input type="date" value=${from} onInput=${(event) => setFrom(event.target.value)} /></label>
    <label>Last day <input type="date" value=${to} onInput=${(event) => setTo(event.target.value)} /></label>
    ${!isForward && html`<p class="hint" role="alert">The first day must not be after the last.</p>`}
    <p class="hint">Days of ${period.zone}, ten years at most.</p>
    <button class="button primary" disabled=${!isForward}>Apply</button>
  </form>`;
}

function ZonePicker({ zone, onChange }) {
  const [text, setText] = useState(zone);
  const isKnown = isZone(text.trim());
  const take = (value) => {
    if (value !== zone && isZone(value)) onChange(value);
  };
  return html`<label class="check">
    Time zone
    <input
      class="field zone"
      list="zones"
      value=${text}
      autocomplete="off"
      spellcheck=${false}
      aria-invalid=${String(!isKnown)}
      onFocus=${(event) => event.target.select()}
      onInput=${(event) => setText(event.target.value)}
      onChange=${(event) => take(event.target.value.trim())}
      onBlur=${() => setText(zone)}
    />
    <datalist id="zones">${["UTC", ...Intl.supportedValuesOf("timeZone")].map((one) => html`<option value=${one} />`)}</datalist>
  </label>`;
}
