/** What stands for values in a chart over time: bars beside each other, bars on each other, lines. */

import { html } from "/libraries/htm.js";

const GAP = 0.22;
const MOST_DOTS = 45;

/**
 * @typedef {{x: (at: number) => number, y: (value: number) => number, frames: {start: number, end: number}[]}} Scale
 * @typedef {{key: string, tone: string, values: (number | null)[]}} Series null: there is nothing to draw
 */

/** How wide a single bar would be, in pixels: too thin ones are better told by lines. */
export function barWidth({ x, frames }, beside) {
  const widths = frames.map(({ start, end }) => x(end) - x(start)).sort((a, b) => a - b);
  return ((widths[Math.floor(widths.length / 2)] ?? 0) * (1 - GAP)) / beside;
}

/** @param {{scale: Scale, series: Series[]}} props bars of an interval stand beside each other */
export function Bars({ scale, series }) {
  const { x, y, frames } = scale;
  return series.map(({ key, tone, values }, place) =>
    values.map((value, index) => {
      if (!value) return null;
      const room = x(frames[index].end) - x(frames[index].start);
      const width = (room * (1 - GAP)) / series.length;
      const left = x(frames[index].start) + (room * GAP) / 2 + place * width;
      return html`<${Bar} key=${`${key} ${index}`} tone=${tone} left=${left} width=${width} from=${y(0)} to=${y(value)} />`;
    }),
  );
}

/** @param {{scale: Scale, series: Series[]}} props bars of an interval stand on each other, the first at the bottom */
export function Stack({ scale, series }) {
  const { x, y, frames } = scale;
  return frames.map(({ start, end }, index) => {
    const room = x(end) - x(start);
    const gap = Math.min(room * GAP, 8);
    let above = 0;
    let below = 0;
    return series.map(({ key, tone, values }) => {
      const value = values[index];
      if (!value) return null;
      const from = value > 0 ? above : below;
      if (value > 0) above += value;
      else below += value;
      return html`<${Bar}
        key=${`${key} ${index}`}
        tone=${tone}
        left=${x(start) + gap / 2}
        width=${room - gap}
        from=${y(from)}
        to=${y(from + value)}
      />`;
    });
  });
}

function Bar({ tone, left, width, from, to }) {
  const height = Math.max(Math.abs(from - to), 1);
  return html`<rect class=${`mark ${tone}`} x=${left} width=${Math.max(width, 0.75)} y=${Math.min(from, to)} height=${height} />`;
}

/** @param {{scale: Scale, series: Series[], filled?: boolean}} props a line has a gap where there is no value */
export function Lines({ scale, series, filled = false }) {
  const { x, y, frames } = scale;
  const middle = (index) => (x(frames[index].start) + x(frames[index].end)) / 2;
  return [...series].reverse().map(({ key, tone, values }) => {
    const runs = runsOf(values);
    const dots = frames.length <= MOST_DOTS ? runs.flat() : runs.filter((run) => run.length === 1).flat();
    const path = (run) => run.map((index) => `${middle(index).toFixed(1)},${y(values[index]).toFixed(1)}`).join("L");
    const area = (run) => `M${middle(run[0])},${y(0)}L${path(run)}L${middle(run.at(-1))},${y(0)}Z`;
    return html`<g key=${key} class=${`line ${tone}`}>
      ${filled && html`<path class="area" d=${runs.map(area).join("")} />`}
      <path class="course" d=${runs.map((run) => `M${path(run)}`).join("")} />
      ${dots.map((index) => html`<circle cx=${middle(index)} cy=${y(values[index])} r="2.5" />`)}
    </g>`;
  });
}

/** The indices of values that follow each other without a gap. */
function runsOf(values) {
  const runs = [];
  values.forEach((value, index) => {
    if (value === null) return;
    if (index > 0 && values[index - 1] !== null) runs.at(-1).push(index);
    else runs.push([index]);
  });
  return runs;
}
