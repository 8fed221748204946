/** How calls ended over time: a column a period, stacked by state. */

import { html } from "/libraries/htm.js";
import { clock, percent } from "../format.js";
import { failing, inWords, STATES } from "../states.js";
import { roundUp } from "./scale.js";

const SIZE = { width: 380, height: 92, left: 34, top: 8, bottom: 18 };

/**
 * @param {{points: object[], period: number, from: string, to: string, share: boolean}} props points as `/api/series`
 *   answers them, `period` in seconds; `share`: failures as shares of all calls, otherwise all calls by number
 */
export function OverTime({ points, period, from, to, share }) {
  const states = share ? STATES.slice(1) : STATES;
  const heightOf = (point, key) => (share ? (point.total ? point[key] / point.total : 0) : point[key]);
  const tall = Math.max(...points.map((point) => states.reduce((sum, { key }) => sum + heightOf(point, key), 0)), 0);
  const top = share ? Math.min(1, roundUp(Math.max(tall, 0.05))) : roundUp(Math.max(tall, 1));
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const room = { x: SIZE.width - SIZE.left, y: SIZE.height - SIZE.top - SIZE.bottom };
  const x = (at) => SIZE.left + ((at - start) / (end - start)) * room.x;
  const width = Math.max(1.5, (period * 1000 * room.x) / (end - start) - 1.5);
  const base = SIZE.height - SIZE.bottom;
  return html`<svg
    class="chart"
    viewBox=${`0 0 ${SIZE.width} ${SIZE.height}`}
    role="img"
    aria-label=${said(points, share)}
  >
    <g class="axis">
      <line x1=${SIZE.left} x2=${SIZE.width} y1=${SIZE.top} y2=${SIZE.top} class="faint" />
      <line x1=${SIZE.left} x2=${SIZE.width} y1=${base} y2=${base} />
      <text x=${SIZE.left - 5} y=${SIZE.top + 4} text-anchor="end">${share ? percent(top) : top}</text>
      <text x=${SIZE.left - 5} y=${base + 3} text-anchor="end">0</text>
      <text x=${SIZE.left} y=${SIZE.height - 4}>${clock(from, { seconds: false })}</text>
      <text x=${SIZE.width} y=${SIZE.height - 4} text-anchor="end">${clock(to, { seconds: false })}</text>
    </g>
    ${points.map((point) => {
      let y = base;
      const left = Math.max(SIZE.left, x(Date.parse(point.at)));
      return html`<g>
        <title>${clock(point.at, { seconds: false })}: ${inWords(point)}, ${percent(failing(point))} failing</title>
        <rect class="ground" x=${left} y=${SIZE.top} width=${width} height=${room.y} />
        ${[...states].reverse().map(({ key }) => {
          const height = (heightOf(point, key) / top) * room.y;
          y -= height;
          return height > 0 && html`<rect class=${`bar ${key}`} x=${left} y=${y} width=${width} height=${height} />`;
        })}
      </g>`;
    })}
  </svg>`;
}

function said(points, share) {
  const sum = (key) => points.reduce((total, point) => total + point[key], 0);
  const all = { total: sum("total"), ...Object.fromEntries(STATES.map(({ key }) => [key, sum(key)])) };
  return share ? `Failing over time, ${percent(failing(all))} in all` : `Calls over time, ${inWords(all)}`;
}
