/** The events behind a point, each with the way to its trace. */

import { html, useEffect, useState } from "/libraries/htm.js";
import { get, url } from "../api.js";
import { spanName } from "../charts/time-axis.js";
import { counted } from "../format.js";
import { walkList } from "../keys.js";
import { Loading, ProblemNote } from "../problem.js";
import { href } from "../router.js";
import { told } from "./values.js";

const PAGE = 50;

/**
 * @param {{picked: {metric: string, start: string, end: string}, label: string, definition: object,
 *   filters: Record<string, string>, currency: string, period: object, close: () => void}} props
 */
export function Events({ picked, label, definition, filters, currency, period, close }) {
  const { zone, interval } = period;
  const { pages, problem, loading, more, reload } = useEvents(picked, filters);
  const items = pages.flatMap((page) => page.items);
  const next = pages.at(-1)?.next_cursor;
  const span = { start: Date.parse(picked.start), end: Date.parse(picked.end) };
  const isAge = picked.metric.startsWith("ageing_");
  const about = { unit: definition.unit, currency };
  return html`<aside class="panel events" aria-label=${`Events behind ${label}`}>
    <header>
      <div>
        <h2>${label}</h2>
        <p class="hint">${spanName(span, interval, zone)} · <code>${picked.metric}</code></p>
      </div>
      <button class="icon-button" aria-label="Close (Escape)" title="Close (Escape)" onClick=${close}>✕</button>
    </header>
    <div class="panel-body">
      <p class="hint">${definition.definition}</p>
      ${problem && html`<${ProblemNote} problem=${problem} retry=${reload} />`}
      ${!problem && loading && !items.length && html`<${Loading} what="the events" />`}
      ${!problem && !loading && !items.length && html`<p class="hint">No event has changed it in this interval.${isAge && " Debts grow older by themselves."}</p>`}
      ${
        items.length > 0 &&
        html`<p class="hint" role="status">${counted(items.length, "event")}${next ? " and more" : ""}</p>
          <div class="event-list" role="list" onKeyDown=${walkList}>
            ${items.map((event) => html`<${Event} key=${event.event_id} event=${event} about=${about} zone=${zone} />`)}
          </div>`
      }
      ${next && html`<button class="button" disabled=${loading} onClick=${more}>${loading ? "Loading …" : "More events"}</button>`}
    </div>
  </aside>`;
}

function Event({ event, about, zone }) {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "medium", timeStyle: "medium" });
  const line = html`<b>${event.type}</b>
    <span class="number">${amountOf(event.amount, about)}</span>
    <code>${event.aggregate_id}</code>
    <time datetime=${event.occurred_at} title=${event.occurred_at}>${clock.format(new Date(event.occurred_at))}</time>`;
  return html`<div role="listitem">
    ${
      event.trace_id
        ? html`<a class="event-line" data-item href=${href(["traces", event.trace_id])} title=${`Its trace ${event.trace_id}`}>${line}</a>`
        : html`<div class="event-line untraced" title="Its trace is not known">${line}</div>`
    }
  </div>`;
}

/** What an event added: money is a decimal string, a duration a number of seconds, all else a count. */
function amountOf(amount, { unit, currency }) {
  const sign = String(amount).startsWith("-") ? "" : "+";
  if (typeof amount === "string") return `${sign}${told(amount, { unit: "money" })} ${currency}`;
  if (unit === "seconds") return amount < 0 ? `−${told(-amount, { unit })}` : told(amount, { unit });
  return `${sign}${amount}`;
}

function useEvents(picked, filters) {
  const [state, setState] = useState({ pages: [], problem: null, loading: true });
  const [turn, setTurn] = useState(0);
  const address = (cursor) =>
    url(["analytics", "metrics", picked.metric, "events"], {
      bucket: `${picked.start}/${picked.end}`,
      ...filters,
      limit: PAGE,
      cursor,
    });
  const first = address();
  const load = async (where, before, signal) => {
    setState({ pages: before, problem: null, loading: true });
    try {
      const page = await get(where, signal);
      setState({ pages: [...before, page], problem: null, loading: false });
    } catch (problem) {
      if (problem.name !== "AbortError") setState({ pages: before, problem, loading: false });
    }
  };
  useEffect(() => {
    const aborter = new AbortController();
    load(first, [], aborter.signal);
    return () => aborter.abort();
  }, [first, turn]);
  return {
    ...state,
    more: () => load(address(state.pages.at(-1).next_cursor), state.pages),
    reload: () => setTurn((number) => number + 1),
  };
}
