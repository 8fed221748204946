/** The map as a component: the canvas, and over it one button a node, with glyph, caption and focus. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "/libraries/htm.js";
import { durations, rate } from "../format.js";
import { onSchemeChange } from "../scheme.js";
import { gravest, inWords } from "../states.js";
import { measureUntilPainted } from "../timing.js";
import { Drawing } from "./drawing.js";
import { glyph, kindName, nodeName } from "./kinds.js";
import { arranged } from "./layout.js";
import { neighbour } from "./walking.js";

/**
 * @param {{graph: object, stage: string, tellEdges: boolean, selected: string | null, found: Set<string> | null,
 *   covered: number, onSelect: (id: string | null) => void, handle: {current: object | null}}} props `tellEdges`:
 *   figures on every edge; `found`: the nodes that a search has left, null without one; `covered`: pixels under the side
 *   panel; `handle` is given the Drawing
 */
export function MapView({ graph, stage, tellEdges, selected, found, covered, onSelect, handle }) {
  const surface = useRef();
  const plane = useRef();
  const places = useRef(new Map());
  const [shown, setShown] = useState(null);
  const select = useRef(onSelect);
  select.current = onSelect;

  useEffect(() => {
    const move = (transform) => {
      // Cytoscape may tell of a resize a moment after the page has been left.
      if (plane.current) plane.current.style.transform = transform;
    };
    const drawing = new Drawing(surface.current, { onSelect: (id) => select.current(id), onMove: move });
    handle.current = Object.assign(drawing, { tidy: () => tidy() });
    const stop = onSchemeChange(() => drawing.recolour());
    const watch = new ResizeObserver(() => drawing.resize());
    watch.observe(surface.current);
    return () => {
      stop();
      watch.disconnect();
      drawing.destroy();
      handle.current = null;
    };
  }, []);

  const place = (known) => {
    const drawing = handle.current;
    const begin = performance.now();
    const isFirst = !places.current.size;
    const fresh = arranged(graph, known);
    places.current = new Map([...known, ...fresh]);
    drawing.show(graph, fresh);
    if (isFirst || !known.size) drawing.fit();
    plane.current.style.transform = drawing.transform;
    setShown({ graph, places: fresh, begin, isFirst });
  };
  const tidy = () => place(new Map());

  useEffect(() => {
    if (graph.nodes.length) place(places.current);
  }, [graph]);
  useEffect(() => {
    if (handle.current) handle.current.tidy = tidy;
  });
  useLayoutEffect(() => {
    if (shown) handle.current.tellEdges(tellEdges);
  }, [tellEdges, shown]);
  useLayoutEffect(() => {
    if (!shown) return;
    handle.current.mark(selected);
    if (selected) handle.current.reveal(selected, covered);
  }, [selected, shown?.graph.nodes.length]);

  useEffect(() => {
    if (!shown) return;
    measureUntilPainted("map drawn", shown.begin);
    if (shown.isFirst) measureUntilPainted("map first seen", 0);
  }, [shown]);

  const walk = (event) => {
    const id = event.target.dataset.node;
    const next = id && shown && neighbour(id, event.key, shown.graph.nodes, shown.places);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    plane.current.querySelector(`[data-node="${CSS.escape(next)}"]`).focus();
    handle.current.reveal(next, covered);
  };

  const entry = shown?.graph.nodes.some((node) => node.id === selected) ? selected : shown?.graph.nodes[0]?.id;
  return html`<div class="map-surface" ref=${surface}>
    <div
      class="map-plane"
      ref=${plane}
      role="group"
      aria-label="Service map: arrow keys go from node to node"
      onKeyDown=${walk}
    >
      ${shown?.graph.nodes.map(
        (node) => html`<${NodeButton}
          key=${node.id}
          node=${node}
          place=${shown.places.get(node.id)}
          stage=${stage}
          chosen=${node.id === selected}
          aside=${found !== null && !found.has(node.id)}
          isEntry=${node.id === entry}
          onSelect=${onSelect}
        />`,
      )}
    </div>
  </div>`;
}

function NodeButton({ node, place, stage, chosen, aside, isEntry, onSelect }) {
  const kind = kindName(node.type);
  const state = gravest(node.statistics);
  const name = nodeName(node, stage);
  const about = [
    kind === name || node.type === "client" ? "" : kind,
    node.statistics.total ? rate(node.calls_per_minute) : "",
  ];
  return html`<button
    class=${`node ${state} ${chosen ? "chosen" : ""} ${aside ? "aside" : ""}`}
    style=${{ left: `${place.x}px`, top: `${place.y}px` }}
    data-node=${node.id}
    data-state=${state}
    tabindex=${isEntry ? 0 : -1}
    title=${node.name}
    aria-pressed=${String(chosen)}
    aria-label=${`${node.name}, ${kind}, ${inWords(node.statistics)}`}
    onClick=${() => onSelect(node.id)}
  >
    <span class="glyph" dangerouslySetInnerHTML=${{ __html: glyph(node.type) }}></span>
    <span class="caption">
      <strong>${name}</strong>
      <span>${about.filter(Boolean).join(" · ")}</span>
      ${node.p50 !== null && html`<span>${durations(node.p50, node.p95)}</span>`}
    </span>
  </button>`;
}
