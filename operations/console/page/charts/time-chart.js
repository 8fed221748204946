/**
 * A chart over time that is walked through interval by interval: by the pointer, or by the keyboard as a slider, which is
 * what screen readers announce it as.
 */

import { html, useEffect, useRef, useState } from "/libraries/htm.js";
import { barWidth, Bars, Lines, Stack } from "./marks.js";
import { timeTicks } from "./time-axis.js";
import { valueTicks } from "./value-axis.js";

const HEIGHT = 196;
const EDGE = { top: 10, right: 10, bottom: 24 };
const LETTER = 6.4;
const THINNEST_BAR = 1.5;

/**
 * @param {{
 *   label: string,
 *   frames: {start: number, end: number}[], times: object[],
 *   names: (index: number) => string,
 *   series: {key: string, label: string, tone: string, values: (number | null)[], tell: (index: number) => string}[],
 *   mark: "bars" | "stack" | "line" | "area", axis: {unit?: string, fixed?: number[], tell: (value: number) => string},
 *   selected: number | null, last: number,
 *   onPick: (key: string, index: number) => void,
 * }} props `frames`: the intervals, `times` the moment before and their beginnings as localTimes tells them, `names` what
 *   they are called; `last`: the last one that has begun; `selected`: the one that is open elsewhere
 */
export function TimeChart({ label, frames, times, names, series, mark, axis, selected, last, onPick }) {
  const box = useRef();
  const width = useWidth(box);
  const [at, setAt] = useState(null);
  const [row, setRow] = useState(0);
  const scale = scaleOf({ width, frames, series, mark, axis });
  const chosen = series[Math.min(row, series.length - 1)];

  const point = (event) => {
    const found = pointed(event, scale, series, mark, last);
    setAt(found?.index ?? null);
    if (found && found.row !== null) setRow(found.row);
  };
  const pick = (index) => index !== null && onPick(chosen.key, index);
  const walk = (event) => {
    const to = steps(at ?? last, last)[event.key];
    const up = { ArrowUp: row - 1, ArrowDown: row + 1 }[event.key];
    if (to !== undefined) setAt(Math.max(0, Math.min(last, to)));
    else if (up !== undefined) setRow((up + series.length) % series.length);
    else if (event.key === "Enter" || event.key === " ") pick(at ?? last);
    else return;
    if (at === null && up !== undefined) setAt(last);
    event.preventDefault();
  };

  return html`<div
    ref=${box}
    class="time-chart"
    role="slider"
    tabindex="0"
    aria-label=${label}
    aria-description="Left and right: interval. Up and down: series. Enter: the events behind it."
    aria-valuemin="0"
    aria-valuemax=${last}
    aria-valuenow=${at ?? last}
    aria-valuetext=${said(names, series, chosen, at ?? last)}
    onPointerMove=${point}
    onPointerLeave=${() => setAt(null)}
    onBlur=${() => setAt(null)}
    onClick=${() => pick(at)}
    onKeyDown=${walk}
  >
    ${
      width > 0 &&
      html`<svg width=${width} height=${HEIGHT} aria-hidden="true">
        <${Grid} scale=${scale} times=${times} axis=${axis} />
        ${selected !== null && html`<${Band} scale=${scale} index=${selected} kind="selected" />`}
        ${at !== null && html`<${Band} scale=${scale} index=${at} kind="pointed" />`}
        <${Marks} scale=${scale} series=${series} mark=${mark} />
        <line class="zero" x1=${scale.left} x2=${width - EDGE.right} y1=${scale.y(0)} y2=${scale.y(0)} />
      </svg>`
    }
    ${at !== null && html`<${Tip} scale=${scale} index=${at} name=${names(at)} series=${series} chosen=${chosen} />`}
  </div>`;
}

function useWidth(box) {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return width;
}

function scaleOf({ width, frames, series, mark, axis }) {
  const sums = mark === "stack" ? stacked(series, frames.length) : series.flatMap(({ values }) => values);
  const values = sums.filter((value) => value !== null);
  const ticks = valueTicks(Math.min(...values, 0), Math.max(...values, 0), axis);
  const left = Math.max(...ticks.map((tick) => axis.tell(tick).length)) * LETTER + 12;
  const [start, end] = [frames[0].start, frames.at(-1).end];
  const [low, high] = [ticks[0], ticks.at(-1)];
  const room = { x: Math.max(1, width - left - EDGE.right), y: HEIGHT - EDGE.top - EDGE.bottom };
  return {
    width,
    left,
    ticks,
    frames,
    x: (instant) => left + ((instant - start) / (end - start)) * room.x,
    y: (value) => HEIGHT - EDGE.bottom - ((Math.max(low, value) - low) / (high - low)) * room.y,
  };
}

function stacked(series, length) {
  return Array.from({ length }, (_, index) => {
    const values = series.map(({ values }) => values[index] ?? 0);
    return [values.filter((value) => value > 0), values.filter((value) => value < 0)].map((side) =>
      side.reduce((sum, value) => sum + value, 0),
    );
  }).flat();
}

function Grid({ scale, times, axis }) {
  const begins = (index) => scale.x(scale.frames[index].start);
  return html`<g class="axis">
    ${scale.ticks.map(
      (
        value,
      ) => html`<line class="faint" x1=${scale.left} x2=${scale.width - EDGE.right} y1=${scale.y(value)} y2=${scale.y(value)} />
        <text x=${scale.left - 7} y=${scale.y(value) + 3.5} text-anchor="end">${axis.tell(value)}</text>`,
    )}
    ${timeTicks(times, begins).map(({ index, label, isDay }) => {
      const x = begins(index);
      const foot = HEIGHT - EDGE.bottom;
      return html`<line class="tick" x1=${x} x2=${x} y1=${foot} y2=${foot + 4} />
        <text class=${isDay ? "day" : ""} x=${Math.max(16, Math.min(x, scale.width - 18))} y=${HEIGHT - 7} text-anchor="middle">
          ${label}
        </text>`;
    })}
  </g>`;
}

function Band({ scale, index, kind }) {
  const { start, end } = scale.frames[index];
  const [left, right] = [scale.x(start), scale.x(end)];
  return html`<rect class=${kind} x=${left} width=${Math.max(2, right - left)} y=${EDGE.top} height=${HEIGHT - EDGE.top - EDGE.bottom} />`;
}

function Marks({ scale, series, mark }) {
  if (mark === "stack") return html`<${Stack} scale=${scale} series=${series} />`;
  if (mark === "bars" && barWidth(scale, series.length) >= THINNEST_BAR)
    return html`<${Bars} scale=${scale} series=${series} />`;
  return html`<${Lines} scale=${scale} series=${series} filled=${mark === "area"} />`;
}

function Tip({ scale, index, name, series, chosen }) {
  const { start, end } = scale.frames[index];
  const middle = (scale.x(start) + scale.x(end)) / 2;
  const isLeft = middle > scale.width / 2;
  const place = isLeft ? { right: `${scale.width - middle + 14}px` } : { left: `${middle + 14}px` };
  return html`<div class="tip" style=${place} aria-hidden="true">
    <b>${name}</b>
    <dl>
      ${series.map(
        (one) => html`<div class=${one === chosen && series.length > 1 ? "chosen" : ""}>
          <dt><i class=${`swatch ${one.tone}`}></i>${one.label}</dt>
          <dd>${one.tell(index)}</dd>
        </div>`,
      )}
    </dl>
  </div>`;
}

/** The interval under the pointer, and the series whose mark is nearest to it. */
function pointed(event, scale, series, mark, last) {
  const place = event.currentTarget.getBoundingClientRect();
  const [x, y] = [event.clientX - place.left, event.clientY - place.top];
  const index = scale.frames.findIndex(({ end }) => x < scale.x(end));
  if (index < 0 || index > last || x < scale.left - 4) return null;
  if (mark === "stack") return { index, row: onStack(series, index, scale, y) };
  if (mark === "bars" && barWidth(scale, series.length) >= THINNEST_BAR) {
    const { start, end } = scale.frames[index];
    const share = (x - scale.x(start)) / (scale.x(end) - scale.x(start));
    return { index, row: Math.max(0, Math.min(series.length - 1, Math.floor(share * series.length))) };
  }
  const away = series.map(({ values }) => (values[index] === null ? Infinity : Math.abs(scale.y(values[index]) - y)));
  return { index, row: Math.min(...away) < Infinity ? away.indexOf(Math.min(...away)) : null };
}

function onStack(series, index, scale, y) {
  let height = 0;
  for (const [row, { values }] of series.entries()) {
    height += Math.max(0, values[index] ?? 0);
    if (values[index] > 0 && y >= scale.y(height)) return row;
  }
  return null;
}

function steps(at, last) {
  const leap = Math.max(1, Math.round(last / 10));
  return { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at + leap, PageDown: at - leap, Home: 0, End: last };
}

function said(names, series, chosen, index) {
  const others = series.filter((one) => one !== chosen);
  const tell = (one) => `${one.label} ${one.tell(index)}`;
  return `${names(index)}: ${[tell(chosen), ...others.map(tell)].join(", ")}`;
}
