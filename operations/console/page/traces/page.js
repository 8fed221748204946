/** Traces: a filter, a range, and what they leave; further pages on demand. */

import { html, useEffect, useMemo, useRef, useState } from "/libraries/htm.js";
import { get, url } from "../api.js";
import { counted } from "../format.js";
import { useShortcuts } from "../keys.js";
import { Empty, Loading, ProblemNote } from "../problem.js";
import { instants, inWords, RangePicker, rangeOf, rangeQuery } from "../range.js";
import { go } from "../router.js";
import { stateOf, STATES } from "../states.js";
import { FilterBox } from "./filter-box.js";
import { TraceList } from "./list.js";

const QUICK = [
  { label: "All", filter: "" },
  { label: "Faults", filter: "fault" },
  { label: "Throttles", filter: "throttle" },
  { label: "Errors", filter: "error" },
  { label: "Slower than 1 s", filter: "responsetime > 1" },
];

/** @param {{query: Record<string, string>}} props */
export function TracesPage({ query }) {
  const range = rangeOf(query);
  const filter = query.filter ?? "";
  const box = useRef();
  const { pages, problem, loading, more, reload } = useTraces(range, filter);
  const place = (change) => go(["traces"], { ...query, ...change });
  useShortcuts({ "/": () => box.current.focus() });

  const items = pages?.flatMap((page) => page.items);
  return html`<div class="traces-page">
    <div class="toolbar wrap">
      <${RangePicker}
        range=${range}
        onChange=${(next) => place({ minutes: "", from: "", to: "", ...rangeQuery(next) })}
      />
      <button class="button small" onClick=${reload}>Refresh</button>
      <span class="spacer"></span>
      <span class="hint" role="status">${items && !loading ? summary(items, pages.at(-1).next_cursor) : ""}</span>
    </div>
    <div class="filter-bar">
      <${FilterBox}
        key=${filter}
        filter=${filter}
        range=${range}
        problem=${isRefusal(problem) ? problem : null}
        inputRef=${box}
        onApply=${(text) => place({ filter: text })}
      />
      <div class="chips" role="group" aria-label="Usual filters">
        ${QUICK.map(
          (one) => html`<button
            class="chip"
            aria-pressed=${String(one.filter === filter)}
            onClick=${() => place({ filter: one.filter })}
          >
            ${one.label}
          </button>`,
        )}
      </div>
    </div>
    ${problem && !isRefusal(problem) && html`<${ProblemNote} problem=${problem} retry=${reload} />`}
    ${!items && !problem && html`<${Loading} what="the traces" />`}
    ${
      items?.length === 0 &&
      !problem &&
      !pages.at(-1).next_cursor &&
      html`<${Nothing}
      filter=${filter}
      range=${range}
    />`
    }
    ${items?.length > 0 && html`<${TraceList} items=${items} />`}
    ${
      pages?.at(-1).next_cursor &&
      html`<p class="more"><button
        class="button"
        disabled=${loading}
        onClick=${more}
      >${loading ? "Loading …" : "Earlier traces"}</button></p>`
    }
  </div>`;
}

/** The pages fetched so far. A filter that X-Ray refuses leaves the former ones on the screen. */
function useTraces(range, filter) {
  const [state, setState] = useState({ pages: null, problem: null, loading: true });
  const [turn, setTurn] = useState(0);
  const span = useMemo(() => instants(range), [range.minutes, range.from, range.to, filter, turn]);
  const current = useRef(span);
  current.current = span;
  const load = async (cursor, before, signal) => {
    setState((state) => ({ ...state, loading: true }));
    try {
      const page = await get(url(["traces"], { ...span, filter, cursor }), signal);
      if (current.current === span) setState({ pages: [...before, page], problem: null, loading: false });
    } catch (problem) {
      if (problem.name === "AbortError" || current.current !== span) return;
      setState((state) => ({ ...state, problem, loading: false }));
    }
  };
  useEffect(() => {
    const aborter = new AbortController();
    load(null, [], aborter.signal);
    return () => aborter.abort();
  }, [span]);
  return {
    ...state,
    more: () => load(state.pages.at(-1).next_cursor, state.pages),
    reload: () => setTurn((number) => number + 1),
  };
}

const isRefusal = (problem) => problem?.status === 400;

function summary(items, hasMore) {
  const failed = STATES.slice(1).map(({ key, plural }) => [
    items.filter((item) => stateOf(item) === key).length,
    plural,
  ]);
  const told = failed.filter(([number]) => number).map(([number, plural]) => counted(number, plural.replace(/s$/, "")));
  return [`${counted(items.length, "trace")}${hasMore ? " and more" : ""}`, ...told].join(" · ");
}

function Nothing({ filter, range }) {
  if (!filter) {
    return html`<${Empty} title=${`No traces in the ${inWords(range)}`}>
      Send a request (make demo plays a whole day), or choose a longer range.
    </${Empty}>`;
  }
  return html`<${Empty} title="No trace matches">
    None of the ${inWords(range)}: choose a longer range, or a wider filter.
  </${Empty}>`;
}
