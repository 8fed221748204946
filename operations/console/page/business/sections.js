/** The two halves of the page, each with what its charts can be narrowed to. */

import { html, useEffect } from "/libraries/htm.js";
import { url } from "../api.js";
import { Empty, Loading } from "../problem.js";
import { measureUntilPainted } from "../timing.js";
import { MONEY_CHARTS, supportCharts } from "./catalogue.js";
import { ChartCard } from "./chart-card.js";
import { asked } from "./period.js";

const PRIORITIES = ["urgent", "high", "normal", "low"];

/**
 * @param {{query: object, period: object, place: (change: object) => void, picked: object | null, definitions: object,
 *   clock: "calendar" | "business", queues: string[], answer: object}} props
 */
export function Support({ query, period, place, clock, queues, ...charts }) {
  return html`<section aria-labelledby="support">
    <header class="section-head">
      <h2 id="support">Support</h2>
      <${Choice} label="Queue" value=${query.queue} options=${queues} onChange=${(queue) => place({ queue })} />
      <${Choice}
        label="Priority"
        value=${query.priority}
        options=${PRIORITIES}
        onChange=${(priority) => place({ priority })}
      />
      <${Clock} clock=${clock} onChange=${(next) => place({ clock: next === "calendar" ? "" : next })} />
      <span class="spacer"></span>
      <${Sheet} report="support" label="Report (CSV)" query=${{ ...asked(period), queue: query.queue }} />
    </header>
    <${Charts} charts=${supportCharts(clock)} what="support’s figures" place=${place} ...${charts} />
  </section>`;
}

/**
 * @param {{query: object, period: object, place: (change: object) => void, picked: object | null, definitions: object,
 *   currency: string | undefined, choices: object, answer: object}} props
 */
export function Money({ query, period, place, currency, choices, ...charts }) {
  const isEmpty = choices.resource.data && !currency;
  return html`<section aria-labelledby="money">
    <header class="section-head">
      <h2 id="money">Money</h2>
      ${
        currency &&
        html`<${Choice}
          label="Currency"
          value=${currency}
          options=${choices.currencies}
          isRequired
          onChange=${(next) => place({ currency: next })}
        />`
      }
      <span class="spacer"></span>
      <${Sheet} report="receivables" label="Report (CSV)" query=${asked(period)} />
      <${Sheet} report="ageing" label="Ageing (CSV)" query=${{ as_of: period.to, time_zone: period.zone }} />
    </header>
    ${
      isEmpty
        ? html`<${Empty} title="Nothing has been invoiced yet">
            Issue an invoice (make demo plays a whole day): it is counted within seconds.
          </${Empty}>`
        : html`<${Charts} charts=${MONEY_CHARTS} what="the money" place=${place} ...${charts} />`
    }
  </section>`;
}

function Charts({ charts, answer, what, definitions, picked, place }) {
  const { resource, intervals } = answer;
  useEffect(() => {
    if (intervals) measureUntilPainted("charts first seen", 0);
  }, [Boolean(intervals)]);
  if (!intervals) return resource.problem ? null : html`<${Loading} what=${what} />`;
  return html`<div class=${`cards ${resource.loading ? "stale" : ""}`}>
    ${charts.map(
      (chart) => html`<${ChartCard}
        key=${chart.id}
        chart=${chart}
        answer=${resource.data}
        intervals=${intervals}
        definitions=${definitions}
        picked=${picked}
        onPick=${place}
      />`,
    )}
  </div>`;
}

function Choice({ label, value = "", options, isRequired = false, onChange }) {
  const all = value && !options.includes(value) ? [value, ...options] : options;
  return html`<label class="check">
    ${label}
    <select class="field" value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${!isRequired && html`<option value="">all</option>`}
      ${all.map((option) => html`<option value=${option} selected=${option === value}>${option}</option>`)}
    </select>
  </label>`;
}

function Clock({ clock, onChange }) {
  return html`<div class="range" role="group" aria-label="Times by">
    ${["calendar", "business"].map(
      (one) => html`<button class="segment" aria-pressed=${String(clock === one)} onClick=${() => onChange(one)}>
        ${one === "calendar" ? "Calendar time" : "Business hours"}
      </button>`,
    )}
  </div>`;
}

function Sheet({ report, label, query }) {
  return html`<a
    class="button small"
    href=${url(["analytics", "reports", report], { ...query, format: "csv" })}
    aria-label=${`${label} of ${report}`}
    download
    >${label}</a
  >`;
}
