/** Business: how support and receivables are doing, drawn from what the public API of analytics answers. */

import { html, useMemo } from "/libraries/htm.js";
import { url, useResource } from "../api.js";
import { useShortcuts } from "../keys.js";
import { ProblemNote } from "../problem.js";
import { go } from "../router.js";
import { intervalsOf } from "./answers.js";
import { chartOf, metricsOf, MONEY_CHARTS, supportCharts } from "./catalogue.js";
import { Events } from "./events.js";
import { asked, DEFAULT_DAYS, periodOf, rangeQuery } from "./period.js";
import { Money, Support } from "./sections.js";
import { SignIn } from "./sign-in.js";
import { Toolbar } from "./toolbar.js";

const REFRESH = 5000;
const QUERY = "/api/analytics/query";
const CHOICES_FROM = ["tickets_opened", "invoiced", "outstanding"];

/** @param {{query: Record<string, string>}} props */
export function BusinessPage({ query }) {
  const period = periodOf(query);
  const isLive = Boolean(period.days) && query.live !== "no";
  const picked = pickedPoint(query);
  const place = (change) => go(["business"], { ...query, ...change });
  const close = () => place({ metric: "", start: "", end: "" });
  const toggleLive = () => {
    const range = period.days ? {} : rangeQuery({ days: DEFAULT_DAYS });
    place({ ...range, live: isLive ? "no" : "" });
  };
  useShortcuts({ l: toggleLive, Escape: () => picked && close() });

  const clock = query.clock === "business" ? "business" : "calendar";
  const { definitions, choices, currency, support, money, problem, reload } = useFigures(query, period, clock, isLive);
  if (problem?.code === "sign_in") return html`<${SignIn} problem=${problem} onSignedIn=${reload} />`;

  const isEmpty = !support.resource.data && !money.resource.data;
  const props = { query, period, place, picked, definitions };
  return html`<div class="business">
    <div class="business-scroll">
      <${Toolbar}
        period=${period}
        isLive=${isLive}
        isLost=${isLive && Boolean(problem)}
        place=${place}
        toggleLive=${toggleLive}
      />
      ${problem && html`<${ProblemNote} problem=${problem} retry=${reload} />`}
      ${
        (!problem || !isEmpty) &&
        html`<${Support} ...${props} clock=${clock} queues=${choices.queues} answer=${support} />
          <${Money} ...${props} currency=${currency} choices=${choices} answer=${money} />`
      }
    </div>
    ${
      picked &&
      definitions[picked.metric] &&
      html`<${Events}
        key=${`${picked.metric} ${picked.start}`}
        picked=${picked}
        label=${labelOf(picked.metric, clock)}
        definition=${definitions[picked.metric]}
        filters=${filtersOf(definitions[picked.metric], query, currency)}
        currency=${currency}
        period=${period}
        close=${close}
      />`
    }
  </div>`;
}

function pickedPoint({ metric, start, end }) {
  return metric && !Number.isNaN(Date.parse(start)) && !Number.isNaN(Date.parse(end)) ? { metric, start, end } : null;
}

/** All that the page asks analytics, and what is wrong with any of it. */
function useFigures(query, period, clock, isLive) {
  const every = isLive ? REFRESH : undefined;
  const catalogue = useResource(url(["analytics", "metrics"], { limit: 100 }));
  const definitions = useMemo(
    () => Object.fromEntries((catalogue.data?.items ?? []).map((metric) => [metric.name, metric])),
    [catalogue.data],
  );
  const choices = useChoices(period, every);
  const currency = query.currency || choices.currencies[0];
  const support = useAnswer(supportCharts(clock), period, supportFilters(query), every);
  const money = useAnswer(MONEY_CHARTS, period, currency && { currency: [currency] }, every);
  const all = [support.resource, catalogue, choices.resource, money.resource];
  return {
    definitions,
    choices,
    currency,
    support,
    money,
    problem: all.map((resource) => resource.problem).find(Boolean),
    reload: () => all.forEach((resource) => resource.reload()),
  };
}

/** The answer to one question, for all of its charts; asked again while live. */
function useAnswer(charts, period, filters, every) {
  const body = filters && JSON.stringify({ metrics: metricsOf(charts), ...asked(period), filters });
  const resource = useResource(body ? QUERY : null, { every, keep: true, body });
  const intervals = useMemo(() => resource.data && intervalsOf(resource.data), [resource.data]);
  return { resource, intervals };
}

/** What there is to choose from: the queues and the currencies that anything is on record of. */
function useChoices(period, every) {
  const body = JSON.stringify({ metrics: CHOICES_FROM, ...asked(period), interval: "month", dimensions: ["queue"] });
  const resource = useResource(QUERY, { every, keep: true, body });
  const found = (name) => {
    const values = (resource.data?.series ?? []).map((series) => series[name] ?? series.dimensions[name]);
    return [...new Set(values.filter(Boolean))].sort();
  };
  return { resource, queues: found("queue"), currencies: found("currency") };
}

function supportFilters({ queue, priority }) {
  return { ...(queue && { queue: [queue] }), ...(priority && { priority: [priority] }) };
}

/** The filters of the charts, as far as a metric has their dimensions. */
function filtersOf(definition, { queue, priority }, currency) {
  const filters = { queue, priority, currency };
  return Object.fromEntries(definition.dimensions.map((dimension) => [dimension, filters[dimension]]));
}

function labelOf(metric, clock) {
  const chart = chartOf(metric, clock);
  if (!chart) return metric;
  const { label } = chart.series.find((one) => one.metric === metric);
  return chart.series.length > 1 ? `${chart.title}: ${label}` : chart.title;
}
