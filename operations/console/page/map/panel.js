/** What is selected on the map: its figures, their course, and the traces behind them. */

import { html } from "/libraries/htm.js";
import { url, useResource } from "../api.js";
import { Histogram } from "../charts/histogram.js";
import { OverTime } from "../charts/over-time.js";
import { contextName, count, duration, percent, rate } from "../format.js";
import { Resource } from "../problem.js";
import { asked, instants, inWords } from "../range.js";
import { href } from "../router.js";
import { failing, STATES } from "../states.js";
import { kindName, nodeName } from "./kinds.js";
import { Edges } from "./panel-edges.js";
import { PassingTraces } from "./panel-traces.js";

const REFRESH = 5000;

/**
 * @param {{kind: "node" | "edge", item: object, graph: object, stage: object, range: object,
 *   query: Record<string, string>, close: () => void, select: (id: string) => void}} props
 */
export function Panel({ kind, item, graph, stage, range, query, close, select }) {
  const every = range.minutes && query.live !== "no" ? REFRESH : undefined;
  const isClient = item.type === "client";
  return html`<aside class="panel" aria-label=${kind === "node" ? item.name : "Edge"}>
    <header>
      ${
        kind === "node"
          ? html`<${NodeTitle} node=${item} stage=${stage} />`
          : html`<${EdgeTitle}
        edge=${item}
        graph=${graph}
        stage=${stage}
        select=${select}
      />`
      }
      <button class="icon-button" aria-label="Close (Escape)" title="Close (Escape)" onClick=${close}>✕</button>
    </header>
    <div class="panel-body">
      ${!isClient && html`<${Figures} item=${item} range=${range} />`}
      ${item.service && html`<${ServiceNote} service=${item.service} />`}
      <${PassingTraces} key=${`traces ${item.id}`} kind=${kind} item=${item} range=${range} every=${every} />
      ${!isClient && html`<${Distribution} item=${item} />`}
      ${!isClient && html`<${Course} key=${item.id} kind=${kind} item=${item} range=${range} every=${every} />`}
      ${kind === "node" && html`<${Edges} node=${item} graph=${graph} stage=${stage.stage} select=${select} />`}
    </div>
  </aside>`;
}

function NodeTitle({ node, stage }) {
  const where = node.context ? ` in ${contextName(node.context)}` : "";
  const queue = node.type === "AWS::SQS::Queue";
  return html`<div>
    <h2>${nodeName(node, stage.stage)}</h2>
    <p class="hint">
      ${kindName(node.type)}${where} · <code>${node.name}</code>
      ${queue && html` · <a href=${href(["queues"])}>its messages</a>`}
    </p>
  </div>`;
}

function EdgeTitle({ edge, graph, stage, select }) {
  const end = (id) => {
    const node = graph.nodes.find((one) => one.id === id);
    return html`<button
      class="link"
      title=${node.name}
      onClick=${() => select(id)}
    >${nodeName(node, stage.stage)}</button>`;
  };
  return html`<div>
    <h2>${end(edge.source)} → ${end(edge.target)}</h2>
    <p class="hint">${edge.link ? "asynchronous: nobody waits for the answer" : "as the caller sees it"}</p>
  </div>`;
}

function Figures({ item, range }) {
  const { statistics } = item;
  return html`<section>
    <dl class="figures">
      <div>
        <dt>Calls</dt>
        <dd>${count(statistics.total)}</dd>
        <dd class="hint">${rate(item.calls_per_minute)}, ${inWords(range)}</dd>
      </div>
      <div>
        <dt>Failing</dt>
        <dd>${percent(failing(statistics))}</dd>
        <dd class="hint">${count(statistics.total - statistics.ok)} of ${count(statistics.total)}</dd>
      </div>
      <div><dt>p50</dt><dd>${duration(item.p50)}</dd></div>
      <div><dt>p95</dt><dd>${duration(item.p95)}</dd></div>
    </dl>
    <div class="shares" aria-hidden="true">
      ${STATES.map(
        ({ key }) =>
          statistics[key] > 0 &&
          html`<i
        class=${key}
        style=${{ flexGrow: statistics[key] }}
      ></i>`,
      )}
    </div>
    <ul class="states-list">
      ${STATES.map(
        ({ key, label, detail }) => html`<li
        class=${`key ${key}`}
        title=${detail}
      >${label} <b>${count(statistics[key])}</b></li>`,
      )}
    </ul>
  </section>`;
}

function ServiceNote({ service }) {
  return html`<p class="hint">
    Lambda was asked ${count(service.statistics.total)} times (p95 ${duration(service.p95)}); the calls above also count
    each record of a batch.
  </p>`;
}

function Distribution({ item }) {
  if (item.ages?.length && !item.histogram.length) {
    return html`<section><h3>Age when received</h3><${Histogram} histogram=${item.ages} what="Ages" /></section>`;
  }
  return html`<section><h3>Response times</h3><${Histogram}
    histogram=${item.histogram}
    what="Response times"
  /></section>`;
}

function Course({ kind, item, range, every }) {
  const series = useResource(url(["series"], { [kind]: item.id, ...asked(range) }), { every });
  const span = instants(range);
  return html`<${Resource} resource=${series} what="the course">
    ${({ points, period }) => html`<section>
        <h3>Failing over time</h3>
        <${OverTime} points=${points} period=${period} ...${span} share=${true} />
      </section>
      <section>
        <h3>Calls per ${period === 60 ? "minute" : `${period / 60} minutes`}</h3>
        <${OverTime} points=${points} period=${period} ...${span} share=${false} />
      </section>`}
  </${Resource}>`;
}
