/** What a waterfall's rows say and which of them are seen. */

import { kindName } from "../map/kinds.js";

/** A row's parent may wait in a branch that is closed: those rows are left out. */
export function openRows(rows, closed) {
  if (!closed.size) return rows;
  const hidden = new Set();
  return rows.filter((row) => {
    if (row.parent && (closed.has(row.parent) || hidden.has(row.parent))) {
      hidden.add(row.id);
      return false;
    }
    return true;
  });
}

/**
 * Without the segments that X-Ray infers of who was called (a table, a queue): they say what the call above them says.
 *
 * @param {object[]} rows
 */
export function withoutEchoes(rows) {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const branches = parents(rows);
  const isEcho = (row) => {
    const call = byId.get(row.parent);
    return row.kind === "segment" && call?.kind === "subsegment" && !branches.has(row.id) && sameTime(row, call);
  };
  return rows.filter((row) => !isEcho(row));
}

const sameTime = (one, other) => one.offset === other.offset && one.duration === other.duration;

/** The ids of the rows that something hangs under. */
export const parents = (rows) => new Set(rows.map((row) => row.parent).filter(Boolean));

/** When a row ends, in seconds from the trace's begin; what is in progress lasts until `now`. */
export const endOf = (row, now) => (row.duration === null ? Math.max(now, row.offset) : row.offset + row.duration);

/** The last end of all rows. */
export function wholeSpan(rows) {
  const known = Math.max(...rows.map((row) => row.offset + (row.duration ?? 0)), 0.001);
  return { from: 0, to: known };
}

/** What stands beside a row's name: the call that it is, the route that it handles, or its kind. */
export function detailOf(row) {
  const { aws, annotations, http } = row;
  if (annotations.route) return annotations.route;
  if (aws?.operation) return [aws.operation, resourceOf(aws)].filter(Boolean).join(" ");
  if (http?.request?.url) return `${http.request.method ?? ""} ${http.request.url}`.trim();
  return row.origin ? kindName(row.origin) : "";
}

function resourceOf({ table_name, topic_arn, queue_url, bucket_name }) {
  const last = (text, mark) => text?.slice(text.lastIndexOf(mark) + 1);
  return table_name ?? last(topic_arn, ":") ?? last(queue_url, "/") ?? bucket_name;
}

/** Round marks of a time axis, some three to seven; none so near its end that there is no room for its label. */
export function marks({ from, to }) {
  const rough = (to - from) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((one) => one * power >= rough) * power;
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to - (to - from) * 0.06; at += step) found.push(at);
  return found;
}
