/** One chart with its legend, what it counts in words, and the same as a table. */

import { html, useEffect, useRef, useState } from "/libraries/htm.js";
import { TimeChart } from "../charts/time-chart.js";
import { axisOf, seriesOf } from "./answers.js";

/**
 * @param {{chart: object, answer: object, intervals: object, definitions: Record<string, object>,
 *   picked: {metric: string, start: string, end: string} | null, onPick: (pick: object) => void}} props `picked`: the
 *   point whose events are open
 */
export function ChartCard({ chart, answer, intervals, definitions, picked, onPick }) {
  const [asTable, setAsTable] = useState(false);
  const series = seriesOf(chart, answer, intervals, definitions);
  const isEmpty = series.every(({ values }) => values.every((value) => value === null));
  const selected = selectedIndex(picked, series, intervals);
  const card = useRef();
  // The panel that opens takes room, and would push the chart out of sight.
  useEffect(() => {
    if (selected !== null) card.current.scrollIntoView({ block: "nearest" });
  }, [selected]);
  const pick = (metric, index) => {
    const { written } = series.find(({ key }) => key === metric);
    if (written[index] === null) return;
    const { start, end } = intervals.bounds[index];
    onPick({ metric, start, end });
  };
  return html`<article ref=${card} class="card" aria-label=${chart.title} data-chart=${chart.id}>
    <header>
      <div>
        <h3>${chart.title}</h3>
        <p class="hint">${chart.note}</p>
      </div>
      <button
        class="button small"
        aria-pressed=${String(asTable)}
        disabled=${isEmpty}
        onClick=${() => setAsTable(!asTable)}
      >
        ${asTable ? "Chart" : "Table"}
      </button>
    </header>
    <${Legend} series=${series} mark=${chart.mark} />
    ${isEmpty && html`<p class="nothing hint">${series.length ? "Nothing was measured in this time." : "Loading …"}</p>`}
    ${
      !isEmpty &&
      (asTable
        ? html`<${Table} title=${chart.title} series=${series} intervals=${intervals} pick=${pick} />`
        : html`<${TimeChart}
            label=${`${chart.title}, ${chart.note}`}
            frames=${intervals.frames}
            times=${intervals.times}
            names=${intervals.name}
            last=${intervals.last}
            series=${series}
            mark=${chart.mark}
            axis=${axisOf(chart, series)}
            selected=${selected}
            onPick=${pick}
          />`)
    }
    <${Definitions} series=${series} />
  </article>`;
}

function selectedIndex(picked, series, intervals) {
  if (!picked || !series.some(({ key }) => key === picked.metric)) return null;
  const index = intervals.bounds.findIndex(({ start, end }) => start === picked.start && end === picked.end);
  return index < 0 ? null : index;
}

function Legend({ series, mark }) {
  const isLine = mark === "line" || mark === "area";
  return html`<ul class="series-legend">
    ${series.map(
      ({ key, tone, label, summary }) => html`<li key=${key}>
        <i class=${`swatch ${isLine ? "stroke" : ""} ${tone}`}></i>${label} <b>${summary.value}</b> <span class="hint">${summary.what}</span>
      </li>`,
    )}
  </ul>`;
}

function Table({ title, series, intervals, pick }) {
  const rows = intervals.frames.slice(0, intervals.last + 1).map((_, index) => index);
  return html`<div class="table-room" tabindex="0" role="region" aria-label=${`${title} as a table`}>
    <table class="figures-table">
      <thead>
        <tr>
          <th scope="col">Interval</th>
          ${series.map(({ label }) => html`<th scope="col" class="number">${label}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (index) => html`<tr>
            <th scope="row">${intervals.name(index)}</th>
            ${series.map(
              ({ key, written, tell, label }) => html`<td class="number">
                ${
                  written[index] === null
                    ? "–"
                    : html`<button class="link" title=${`The events behind ${label}`} onClick=${() => pick(key, index)}>${tell(index)}</button>`
                }
              </td>`,
            )}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function Definitions({ series }) {
  return html`<details class="definitions">
    <summary>What is counted</summary>
    <dl>
      ${series.map(
        ({ label, key, definition }) => html`<div>
          <dt>${label} <code>${key}</code></dt>
          <dd>${definition}</dd>
        </div>`,
      )}
    </dl>
  </details>`;
}
