/** The four ways in which a request ends, gravest last, as X-Ray counts them: each in exactly one. */

export const STATES = [
  { key: "ok", label: "OK", plural: "ok", detail: "answered without error" },
  { key: "error", label: "Error", plural: "errors", detail: "the caller's mistake: 4xx" },
  { key: "throttle", label: "Throttle", plural: "throttles", detail: "refused for being too many: 429" },
  { key: "fault", label: "Fault", plural: "faults", detail: "our failure: 5xx, or an exception" },
];

/** The gravest state that statistics know of. */
export function gravest(statistics) {
  return [...STATES].reverse().find(({ key }) => statistics[key] > 0)?.key ?? "ok";
}

/** The share of requests that were not ok. */
export function failing({ ok, total }) {
  return total ? (total - ok) / total : 0;
}

/** Statistics as a sentence: `120 calls: 117 ok, 3 faults`. */
export function inWords(statistics) {
  if (!statistics.total) return "no calls";
  const parts = STATES.filter(({ key }) => statistics[key] > 0).map(({ key, plural }) => {
    const number = statistics[key];
    return `${number} ${number === 1 ? plural.replace(/s$/, "") : plural}`;
  });
  return `${statistics.total} ${statistics.total === 1 ? "call" : "calls"}: ${parts.join(", ")}`;
}

/** The state of one trace, by the marks of its summary. */
export function stateOf(trace) {
  return trace.fault ? "fault" : trace.throttle ? "throttle" : trace.error ? "error" : "ok";
}
