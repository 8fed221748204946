/** From answers of `POST /query` to what charts draw. */

import { localTimes, spanName } from "../charts/time-axis.js";
import { sum, told, unitOf } from "./values.js";

/**
 * The intervals that all series of an answer share.
 *
 * @returns {{frames: {start: number, end: number}[], bounds: {start: string, end: string}[], times: object[],
 *   last: number, name: (index: number) => string} | null} `bounds` as the API writes them; `last`: the latest interval
 *   that has begun; null: the answer has no series
 */
export function intervalsOf(answer, now = Date.now()) {
  const points = answer.series[0]?.points;
  if (!points?.length) return null;
  const { time_zone: zone, interval } = answer;
  const frames = points.map(({ start, end }) => ({ start: Date.parse(start), end: Date.parse(end) }));
  const begun = frames.findLastIndex(({ start }) => start <= now);
  const name = (index) => {
    const running = frames[index].end > now && index === begun ? ", until now" : "";
    return spanName(frames[index], interval, zone) + running;
  };
  return {
    frames,
    bounds: points,
    times: localTimes([frames[0].start - 1, ...frames.map(({ start }) => start)], zone),
    last: Math.max(0, begun),
    name,
  };
}

/**
 * The series of a chart, with its values until now.
 *
 * @returns {object[]} as TimeChart takes them, with `unit`, `definition`, `currency`, and in `summary` what they
 *   come to in all, or were last
 */
export function seriesOf(chart, answer, intervals, definitions) {
  return chart.series.flatMap(({ metric, label, tone }) => {
    const found = answer.series.find((series) => series.metric === metric);
    if (!found) return [];
    const written = found.points.map(({ value }, index) => (index <= intervals.last ? value : null));
    const about = { unit: found.unit, currency: found.currency };
    return {
      ...about,
      key: metric,
      label,
      tone,
      definition: definitions[metric]?.definition,
      written,
      values: written.map((value) => (value === null ? null : Number(value))),
      tell: (index) => told(written[index], about),
      summary: summaryOf(chart, written, about),
    };
  });
}

/** The axis that fits all of a chart's series. */
export function axisOf(chart, series) {
  const { axis, short } = unitOf(series[0].unit);
  return { unit: axis, fixed: chart.fixed, tell: short };
}

function summaryOf({ mark }, written, about) {
  if (mark === "bars") return { value: told(sum(written), about), what: "in all" };
  const last = written.findLast((value) => value !== null);
  return { value: told(last ?? null, about), what: "latest" };
}
