/** The frame around every page: where one is, on which stage, and how to get elsewhere. */

import { html, useEffect, useState } from "/libraries/htm.js";
import { Problem, UNREACHABLE, useResource } from "./api.js";
import { HelpDialog } from "./help.js";
import { useShortcuts } from "./keys.js";
import { MapPage } from "./map/page.js";
import { Loading, ProblemNote } from "./problem.js";
import { QueuesPage } from "./queues/page.js";
import { rangeOf, rangeQuery } from "./range.js";
import { go, href, useRoute } from "./router.js";
import { applyScheme, chosenScheme, SCHEMES } from "./scheme.js";
import { TracePage } from "./traces/trace-page.js";
import { TracesPage } from "./traces/page.js";

const PAGES = [
  { path: "map", label: "Map", key: "m" },
  { path: "traces", label: "Traces", key: "t" },
  { path: "queues", label: "Queues", key: "q" },
  { path: "business", label: "Business", key: "b" },
];
/** Pages whose range is that of X-Ray's figures. */
const TRACED = ["map", "traces"];

/** The whole page. */
export function App() {
  const route = useRoute();
  const stage = useResource("/api/stage");
  const [help, setHelp] = useState(false);
  const page = PAGES.find(({ path }) => path === route.path[0]) ?? PAGES[0];
  const keep = TRACED.includes(page.path) ? rangeQuery(rangeOf(route.query)) : {};
  const kept = (path) => (TRACED.includes(path) ? keep : {});

  useEffect(() => {
    document.title = `${route.path[1] ?? page.label} · ${stage.data?.stage ?? "Backoffice"} operations`;
  }, [route, stage.data]);
  useShortcuts({
    "?": () => setHelp(true),
    ...Object.fromEntries(PAGES.map(({ key, path }) => [key, () => go([path], kept(path))])),
  });

  return html`<div class="shell">
    <a class="skip" href="#content" onClick=${toContent}>Skip to the content</a>
    <header class="topbar">
      <a class="brand" href=${href(["map"])}><img src="/assets/icon.svg" alt="" />Backoffice</a>
      <nav aria-label="Pages">
        ${PAGES.map(
          ({ path, label }) => html`<a
            class="tab"
            href=${href([path], kept(path))}
            aria-current=${page.path === path ? "page" : null}
          >
            ${label}
          </a>`,
        )}
      </nav>
      <span class="spacer"></span>
      ${stage.data && html`<${StageBadge} stage=${stage.data} />`}
      <${SchemeButton} />
      <button class="icon-button" title="Keys (?)" aria-label="Show the keys" onClick=${() => setHelp(true)}>?</button>
    </header>
    <main id="content" tabindex="-1"><${Content} page=${page.path} route=${route} stage=${stage} /></main>
    ${help && html`<${HelpDialog} close=${() => setHelp(false)} />`}
  </div>`;
}

function Content({ page, route, stage }) {
  if (stage.problem) return html`<${ProblemNote} problem=${stage.problem} retry=${stage.reload} />`;
  if (!stage.data) return html`<${Loading} what="the stage" />`;
  const props = { stage: stage.data, query: route.query };
  if (page === "traces" && route.path[1]) return html`<${TracePage} id=${route.path[1]} ...${props} />`;
  if (page === "traces") return html`<${TracesPage} ...${props} />`;
  if (page === "business") return html`<${Business} ...${props} />`;
  if (page === "queues") return html`<${QueuesPage} queue=${route.path[1]} message=${route.path[2]} ...${props} />`;
  return html`<${MapPage} ...${props} />`;
}

/** Its modules are fetched when it is opened: the map, which most come for, does not wait for them. */
function Business(props) {
  const [loaded, setLoaded] = useState({});
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    import("./business/page.js").then(
      ({ BusinessPage }) => setLoaded({ Page: BusinessPage }),
      () => setLoaded({ problem: new Problem(UNREACHABLE) }),
    );
  }, [turn]);
  if (loaded.problem) return html`<${ProblemNote} problem=${loaded.problem} retry=${() => setTurn(turn + 1)} />`;
  return loaded.Page ? html`<${loaded.Page} ...${props} />` : html`<${Loading} what="the charts" />`;
}

function StageBadge({ stage }) {
  return html`<span class="stage" title=${`Region ${stage.region}`}>
    <strong>${stage.stage}</strong> ${stage.region}
    <span class=${stage.writes_allowed ? "rights writes" : "rights"}>${stage.writes_allowed ? "read, write" : "read only"}</span>
  </span>`;
}

function SchemeButton() {
  const [scheme, setScheme] = useState(chosenScheme());
  const next = SCHEMES[(SCHEMES.indexOf(scheme) + 1) % SCHEMES.length];
  const change = () => {
    applyScheme(next);
    setScheme(next);
  };
  const label = `Colours: ${scheme}. Change to ${next}`;
  return html`<button class="icon-button" title=${label} aria-label=${label} onClick=${change}>
    ${{ system: "◐", light: "☀", dark: "☾" }[scheme]}
  </button>`;
}

function toContent(event) {
  event.preventDefault();
  document.getElementById("content").focus();
}
