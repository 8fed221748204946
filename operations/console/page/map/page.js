/** The service map's page: range and live mode above, the map, and beside it what is selected. */

import { html, useEffect, useMemo, useRef, useState } from "/libraries/htm.js";
import { Problem, url, useResource } from "../api.js";
import { useShortcuts } from "../keys.js";
import { useLive } from "../live.js";
import { Empty, Loading, ProblemNote } from "../problem.js";
import { instants, inWords, RangePicker, rangeOf, rangeQuery } from "../range.js";
import { go } from "../router.js";
import { STATES } from "../states.js";
import { folded, standingFor, withClientsPlaced } from "./folding.js";
import { Panel } from "./panel.js";
import { MapView } from "./view.js";

const PANEL_WIDTH = 420;

/** @param {{stage: object, query: Record<string, string>}} props */
export function MapPage({ stage, query }) {
  const range = rangeOf(query);
  const isLive = Boolean(range.minutes) && query.live !== "no";
  const [search, setSearch] = useState("");
  const handle = useRef(null);
  const searchBox = useRef();
  const { graph, problem, reload, live } = useGraph(range, isLive, query.nodes === "all");
  const place = (change, options) => go(["map"], { ...query, ...change }, options);

  const selected = useMemo(() => selection(graph, query), [graph, query.node, query.edge]);
  const select = (id) => {
    const isEdge = graph.edges.some((edge) => edge.id === id);
    place({ node: isEdge ? "" : id, edge: isEdge ? id : "" });
  };
  const found = useMemo(() => matches(graph, search), [graph, search]);
  const toggleLive = () =>
    place({ ...rangeQuery({ ...range, minutes: range.minutes ?? 15 }), from: "", to: "", live: isLive ? "no" : "" });
  useShortcuts({
    "/": () => searchBox.current.focus(),
    "+": () => handle.current?.zoom(1),
    "-": () => handle.current?.zoom(-1),
    0: () => handle.current?.fit(),
    l: toggleLive,
    Escape: () => (document.activeElement === searchBox.current ? leaveSearch() : select(null)),
  });
  const leaveSearch = () => {
    setSearch("");
    searchBox.current.blur();
  };
  const openFound = (event) => {
    if (event.key === "Enter" && found?.size) select([...found][0]);
  };

  return html`<div class="map-page">
    <div class="toolbar">
      <${RangePicker}
        range=${range}
        onChange=${(next) => place({ minutes: "", from: "", to: "", ...rangeQuery(next) })}
      />
      <${LiveButton} isLive=${isLive} state=${live.state} onClick=${toggleLive} />
      <span class="spacer"></span>
      <label class="check">
        <input
          type="checkbox"
          checked=${query.edges === "all"}
          onChange=${(event) => place({ edges: event.target.checked ? "all" : "" })}
        />
        Edge figures
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked=${query.nodes === "all"}
          onChange=${(event) => place({ nodes: event.target.checked ? "all" : "" })}
        />
        X-Ray’s own nodes
      </label>
      <input
        ref=${searchBox}
        class="search"
        type="search"
        placeholder="Find a node  /"
        aria-label="Find a node"
        value=${search}
        onInput=${(event) => setSearch(event.target.value)}
        onKeyDown=${openFound}
      />
    </div>
    <div class=${selected ? "map-room with-panel" : "map-room"}>
      ${
        graph &&
        html`<${MapView}
        graph=${graph}
        stage=${stage.stage}
        tellEdges=${query.edges === "all"}
        selected=${selected?.item.id ?? null}
        found=${found}
        covered=${selected ? PANEL_WIDTH : 0}
        onSelect=${select}
        handle=${handle}
      />`
      }
      <${Notices} graph=${graph} problem=${problem} reload=${reload} range=${range} live=${live} found=${found} />
      <${Legend} handle=${handle} />
      ${
        selected &&
        html`<${Panel}
        ...${selected}
        graph=${graph}
        stage=${stage}
        range=${range}
        query=${query}
        close=${() => select(null)}
        select=${select}
      />`
      }
    </div>
  </div>`;
}

/** The graph of a range: told by the server while live, fetched once otherwise. */
function useGraph(range, isLive, all) {
  const live = useLive(isLive ? range.minutes : null);
  const address = useMemo(
    () => (isLive ? null : url(["map"], instants(range))),
    [isLive, range.minutes, range.from, range.to],
  );
  const fetched = useResource(address);
  const document = isLive ? live.map : fetched.data;
  const last = useRef(null);
  if (document) last.current = document;
  const graph = useMemo(() => {
    const placed = last.current && withClientsPlaced(last.current);
    return placed && !all ? folded(placed) : placed;
  }, [last.current, all]);
  const problem = isLive ? live.problem && new Problem(live.problem) : fetched.problem;
  return { graph, problem, reload: fetched.reload, live };
}

function selection(graph, { node, edge }) {
  if (!graph) return null;
  const item = node ? standingFor(graph.nodes, node) : edge && graph.edges.find((one) => one.id === edge);
  return item ? { kind: node ? "node" : "edge", item } : null;
}

function matches(graph, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length || !graph) return null;
  const fits = (node) => words.every((word) => `${node.name} ${node.type}`.toLowerCase().includes(word));
  return new Set(graph.nodes.filter(fits).map((node) => node.id));
}

function LiveButton({ isLive, state, onClick }) {
  const words = { off: "Live", connecting: "Connecting …", live: "Live", lost: "Reconnecting …" }[state];
  return html`<button
    class=${`live ${state}`}
    aria-pressed=${String(isLive)}
    title="Live or still (l)"
    onClick=${onClick}
  >
    <span class="lamp"></span>${words}
  </button>`;
}

function Notices({ graph, problem, reload, range, live, found }) {
  if (problem && !graph)
    return html`<${ProblemNote} problem=${problem} retry=${live.state === "off" ? reload : null} />`;
  if (!graph) {
    if (live.state !== "lost") return html`<${Loading} what="the map" />`;
    return html`<${ProblemNote} problem=${LOST} />`;
  }
  return html`<div class="notices" role="status">
    ${live.state === "lost" && html`<p class="notice warn">${LOST.detail} The numbers stand still; connecting again …</p>`}
    ${problem && html`<p class="notice warn">${problem.detail} ${problem.advice}</p>`}
    ${found && html`<p class="notice">${found.size ? `${found.size} found; Enter opens the first.` : "No node of that name."}</p>`}
    ${
      !graph.nodes.length &&
      html`<${Empty} title=${`No requests in the ${inWords(range)}`}>
      Send one (make demo plays a whole day), or choose a longer range above.
    </${Empty}>`
    }
  </div>`;
}

const LOST = {
  title: "The console's server does not answer",
  detail: "The connection to the console's server is lost.",
  advice: "Is it still running? make up starts it again; this page connects by itself.",
};

function Legend({ handle }) {
  return html`<div class="legend">
    <span class="states">
      ${STATES.map(({ key, label, detail }) => html`<span class=${`key ${key}`} title=${detail}>${label}</span>`)}
      <span
        class="key dashed"
        title="Nobody waits: through a queue, or a record that continues a trace"
      >asynchronous</span>
    </span>
    <span class="zoom" role="group" aria-label="Zoom">
      <button
        class="icon-button"
        aria-label="Farther (−)"
        title="Farther (−)"
        onClick=${() => handle.current?.zoom(-1)}
      >−</button>
      <button
        class="icon-button"
        aria-label="Closer (+)"
        title="Closer (+)"
        onClick=${() => handle.current?.zoom(1)}
      >+</button>
      <button class="button small" title="All of it (0)" onClick=${() => handle.current?.fit()}>Fit</button>
      <button
        class="button small"
        title="Arrange all nodes anew"
        onClick=${() => handle.current?.tidy()}
      >Tidy up</button>
    </span>
  </div>`;
}
