/** The charts: which metrics each shows, and how. */

const PERCENTILES = [
  { percent: 50, label: "p50", tone: "one" },
  { percent: 90, label: "p90", tone: "two" },
  { percent: 95, label: "p95", tone: "three" },
];
const AGES = [
  ["current", "Not due"],
  ["1_30", "1–30 days"],
  ["31_60", "31–60 days"],
  ["61_90", "61–90 days"],
  ["over_90", "Over 90 days"],
];

/**
 * @typedef {{id: string, title: string, note: string, mark: string, fixed?: number[],
 *   series: {metric: string, label: string, tone: string}[]}} Chart
 */

/** @returns {Chart[]} `clock`: response times by the calendar, or by business hours */
export function supportCharts(clock) {
  const within = clock === "business" ? "business hours" : "calendar time";
  const percentiles = (name) =>
    PERCENTILES.map(({ percent, label, tone }) => ({
      metric: `${name}${clock === "business" ? "_business" : ""}_time_p${percent}`,
      label,
      tone,
    }));
  return [
    {
      id: "volume",
      title: "Tickets",
      note: "in each interval",
      mark: "bars",
      series: [
        { metric: "tickets_opened", label: "Opened", tone: "one" },
        { metric: "tickets_solved", label: "Solved", tone: "two" },
        { metric: "tickets_reopened", label: "Reopened", tone: "three" },
      ],
    },
    {
      id: "backlog",
      title: "Backlog",
      note: "unsolved at the end of each interval",
      mark: "area",
      series: [{ metric: "backlog", label: "Unsolved", tone: "one" }],
    },
    {
      id: "first-response",
      title: "First response",
      note: within,
      mark: "line",
      series: percentiles("first_response"),
    },
    { id: "resolution", title: "Resolution", note: within, mark: "line", series: percentiles("resolution") },
    {
      id: "satisfaction",
      title: "Satisfaction",
      note: "mean score, 1 to 5",
      mark: "line",
      fixed: [1, 5],
      series: [{ metric: "satisfaction", label: "Score", tone: "one" }],
    },
    {
      id: "breaches",
      title: "Broken promises",
      note: "share of service level promises",
      mark: "line",
      series: [{ metric: "sla_breach_rate", label: "Broken", tone: "one" }],
    },
  ];
}

/** @type {Chart[]} */
export const MONEY_CHARTS = [
  {
    id: "cash",
    title: "Revenue and cash",
    note: "in each interval",
    mark: "bars",
    series: [
      { metric: "invoiced", label: "Invoiced", tone: "one" },
      { metric: "collected", label: "Collected", tone: "two" },
      { metric: "credited", label: "Credited", tone: "three" },
    ],
  },
  {
    id: "outstanding",
    title: "Outstanding",
    note: "at the end of each interval",
    mark: "area",
    series: [{ metric: "outstanding", label: "Outstanding", tone: "one" }],
  },
  {
    id: "ageing",
    title: "Ageing",
    note: "outstanding by days after the due date",
    mark: "stack",
    series: AGES.map(([name, label], place) => ({ metric: `ageing_${name}`, label, tone: `age-${place}` })),
  },
  {
    id: "dso",
    title: "Days sales outstanding",
    note: "at the end of each interval",
    mark: "line",
    series: [{ metric: "days_sales_outstanding", label: "DSO", tone: "one" }],
  },
];

/** The metrics of some charts, each once. */
export const metricsOf = (charts) => [...new Set(charts.flatMap(({ series }) => series.map(({ metric }) => metric)))];

/** The chart that shows a metric, with `clock`'s response times; undefined if none does. */
export const chartOf = (metric, clock) =>
  [...supportCharts(clock), ...MONEY_CHARTS].find(({ series }) => series.some((one) => one.metric === metric));
