/** How response times are distributed, with the percentiles that one wants to see. */

import { html, useState } from "/libraries/htm.js";
import { count, counted, duration } from "../format.js";
import { columnsOf, percentile } from "./scale.js";

const SIZE = { width: 380, height: 112, top: 18, bottom: 18 };
const COLUMNS = 42;
const PERCENTILES = [50, 90, 95, 99];

/**
 * @param {{histogram: {value: number, count: number}[], what: string}} props `what` the values are, for the ear
 */
export function Histogram({ histogram, what }) {
  const [shown, setShown] = useState(new Set([50, 95]));
  const columns = columnsOf(histogram, COLUMNS);
  if (!columns.length) return html`<p class="hint">No figures in this range.</p>`;
  const toggle = (one) =>
    setShown((before) => new Set(before.has(one) ? [...before].filter((p) => p !== one) : [...before, one]));
  const values = PERCENTILES.map((one) => ({ one, value: percentile(histogram, one / 100) }));
  const total = histogram.reduce((sum, bar) => sum + bar.count, 0);
  const said = `${what} of ${counted(total, "call")}: ${values.map(({ one, value }) => `p${one} ${duration(value)}`).join(", ")}`;
  return html`<figure class="chart">
    <svg viewBox=${`0 0 ${SIZE.width} ${SIZE.height}`} role="img" aria-label=${said}>
      <${Bars} columns=${columns} />
      <${Axis} columns=${columns} />
      <${Lines} columns=${columns} values=${values.filter(({ one }) => shown.has(one))} />
    </svg>
    <figcaption class="chips" role="group" aria-label="Percentiles">
      ${values.map(
        ({
          one,
          value,
        }) => html`<button class="chip" aria-pressed=${String(shown.has(one))} onClick=${() => toggle(one)}>
          p${one} <b>${duration(value)}</b>
        </button>`,
      )}
    </figcaption>
  </figure>`;
}

const widthOf = (columns) => SIZE.width / columns.length;

function Bars({ columns }) {
  const most = Math.max(...columns.map((column) => column.count));
  const room = SIZE.height - SIZE.top - SIZE.bottom;
  return columns.map((column, index) => {
    if (!column.count) return null;
    const height = Math.max(2, (column.count / most) * room);
    return html`<rect
      class="bar"
      x=${index * widthOf(columns) + 0.75}
      y=${SIZE.height - SIZE.bottom - height}
      width=${widthOf(columns) - 1.5}
      height=${height}
      rx="1.5"
    >
      <title>${duration(column.from)} to ${duration(column.to)}: ${count(column.count)}</title>
    </rect>`;
  });
}

function Axis({ columns }) {
  const marks = [0, 0.5, 1].map((share) => {
    const column = columns[Math.min(columns.length - 1, Math.round(share * columns.length))];
    return { share, value: share === 1 ? columns.at(-1).to : column.from };
  });
  const base = SIZE.height - SIZE.bottom;
  return html`<g class="axis">
    <line x1="0" x2=${SIZE.width} y1=${base} y2=${base} />
    ${marks.map(
      ({ share, value }) => html`<text
        x=${share * SIZE.width}
        y=${SIZE.height - 4}
        text-anchor=${["start", "middle", "end"][share * 2]}
      >
        ${duration(value)}
      </text>`,
    )}
  </g>`;
}

function Lines({ columns, values }) {
  const [low, high] = [Math.log10(columns[0].from), Math.log10(columns.at(-1).to)];
  let last = -Infinity;
  return values.map(({ one, value }) => {
    const x = ((Math.log10(Math.max(value, 1e-4)) - low) / (high - low)) * SIZE.width;
    const raised = x - last < 30;
    last = x;
    const isRight = x > SIZE.width - 30;
    return html`<g class="percentile">
      <line x1=${x} x2=${x} y1=${raised ? 2 : 10} y2=${SIZE.height - SIZE.bottom} />
      <text x=${isRight ? x - 3 : x + 3} y=${raised ? 8 : 16} text-anchor=${isRight ? "end" : "start"}>p${one}</text>
    </g>`;
  });
}
