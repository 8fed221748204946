/** The map's canvas: discs with health rings, edges and the contexts' boxes, drawn by cytoscape. */

import cytoscape from "/libraries/cytoscape.js";
import { contextName, durations, rate } from "../format.js";
import { failing, gravest, STATES } from "../states.js";
import { boxes } from "./blocks.js";
import { curve } from "./curves.js";
import { COLUMN, DISC, ROW } from "./layout.js";
import { styles } from "./styles.js";

const ZOOM = { min: 0.15, max: 2.5, step: 1.25 };
const NATURAL = 1.1;
const MARGIN = 16;
const FOOT = 48;
/** Half the width of a letter of a band's label, which cytoscape centres. */
const LETTER = 4;

/**
 * A drawing inside `container`.
 *
 * @param {HTMLElement} container
 * @param {{onSelect: (id: string | null) => void, onMove: (transform: string) => void}} hears `onMove` is told the CSS
 *   transform that lays a plane of the same coordinates over the canvas
 */
export class Drawing {
  #cy;
  #extent = null;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(container, { onSelect, onMove }) {
    this.#cy = cytoscape({
      container,
      minZoom: ZOOM.min,
      maxZoom: ZOOM.max,
      autoungrabify: true,
      boxSelectionEnabled: false,
      selectionType: "single",
      style: styles(),
    });
    this.#cy.on("tap", ({ target }) => onSelect(target === this.#cy || target.hasClass("band") ? null : target.id()));
    this.#cy.on("mouseover mouseout", "edge", ({ target, type }) =>
      target.toggleClass("hovered", type === "mouseover"),
    );
    this.#cy.on("viewport resize", () => onMove(this.transform));
  }

  /** Draw a graph at these places; what is there already keeps its element and changes its numbers. */
  show(graph, places) {
    const boxed = boxes(graph.nodes, places);
    const wanted = new Map(
      [
        ...boxed.map(bandElement),
        ...graph.nodes.map((node) => nodeElement(node, places.get(node.id))),
        ...graph.edges.map((edge) => edgeElement(edge, curve(places.get(edge.source), places.get(edge.target)))),
      ].map((element) => [element.data.id, element]),
    );
    const elements = [...wanted.values()];
    const strangers = elements.filter(({ data }) => this.#cy.getElementById(data.id).empty());
    this.#cy.batch(() => {
      this.#cy.elements().forEach((element) => {
        if (!wanted.has(element.id())) element.remove();
      });
      for (const { data, position } of elements) {
        const present = this.#cy.getElementById(data.id);
        if (present.empty()) continue;
        present.data(data);
        if (position) present.position(position);
      }
    });
    this.#cy.add(strangers);
    this.#extent = extentOf(boxed, places);
  }

  /** Mark a node or edge and what it is joined to; null marks nothing. */
  mark(id) {
    this.#cy.batch(() => {
      this.#cy.elements().removeClass("chosen aside beside");
      const chosen = id ? this.#cy.getElementById(id) : this.#cy.collection();
      if (chosen.empty()) return;
      const near = chosen.isNode() ? chosen.closedNeighborhood() : chosen.union(chosen.connectedNodes());
      this.#cy.elements().difference(near).not(".band").addClass("aside");
      near.difference(chosen).addClass("beside");
      chosen.addClass("chosen");
    });
  }

  /** Show the rate and the latency of every edge, or only of those that one points at or has selected. */
  tellEdges(all) {
    this.#cy.edges().toggleClass("told", all);
  }

  /** See all of it, at the natural size at most. */
  fit() {
    if (!this.#extent) return;
    const { left, top, width, height } = this.#extent;
    const room = { width: this.#cy.width() - 2 * MARGIN, height: this.#cy.height() - MARGIN - FOOT };
    const zoom = Math.min(room.width / width, room.height / height, NATURAL);
    const pan = {
      x: MARGIN + (room.width - zoom * width) / 2 - zoom * left,
      y: MARGIN + (room.height - zoom * height) / 2 - zoom * top,
    };
    this.#cy.viewport({ zoom, pan });
  }

  zoom(direction) {
    const level = this.#cy.zoom() * (direction > 0 ? ZOOM.step : 1 / ZOOM.step);
    const middle = { x: this.#cy.width() / 2, y: this.#cy.height() / 2 };
    this.#cy.zoom({ level, renderedPosition: middle });
  }

  /** Bring a node into the part of the canvas that `covered` pixels at the right leave free, moving no more than needed. */
  reveal(id, covered = 0) {
    const node = this.#cy.getElementById(id);
    if (node.empty()) return;
    const box = node.renderedBoundingBox();
    const [room, space] = [this.#cy.width() - covered, this.#cy.height()];
    const by = { x: outside(box.x1, box.x2, room), y: outside(box.y1, box.y2 + 60 * this.#cy.zoom(), space) };
    if (!by.x && !by.y) return;
    if (this.#still.matches) this.#cy.panBy(by);
    else this.#cy.animate({ panBy: by, duration: 180 });
  }

  recolour() {
    this.#cy.style(styles());
  }

  resize() {
    this.#cy.resize();
  }

  get transform() {
    const { x, y } = this.#cy.pan();
    return `translate(${x}px, ${y}px) scale(${this.#cy.zoom()})`;
  }

  destroy() {
    this.#cy.destroy();
  }
}

/** The room that all of it takes: cytoscape would have to style every element to tell. */
function extentOf(boxed, places) {
  const corners = [...places.values()].map(({ x, y }) => [
    x - COLUMN / 2,
    y - DISC / 2,
    x + COLUMN / 2,
    y - DISC / 2 + ROW,
  ]);
  for (const { x, y, width, height } of boxed)
    corners.push([x - width / 2, y - height / 2, x + width / 2, y + height / 2]);
  const edge = (choose, index) => corners.reduce((found, corner) => choose(found, corner[index]), corners[0][index]);
  const [left, top] = [edge(Math.min, 0), edge(Math.min, 1)];
  return { left, top, width: edge(Math.max, 2) - left, height: edge(Math.max, 3) - top };
}

function outside(low, high, room) {
  if (low < MARGIN) return MARGIN - low;
  return high > room - MARGIN ? room - MARGIN - high : 0;
}

function bandElement({ context, x, y, width, height }) {
  const label = contextName(context);
  const data = { id: `band ${context}`, label, width, height, indent: LETTER * label.length + 14 - width / 2 };
  return { data, position: { x, y }, classes: "band", selectable: false };
}

function nodeElement({ id, statistics }, position) {
  const shares = STATES.map(({ key }) => [key, statistics.total ? (statistics[key] / statistics.total) * 100 : 0]);
  return { data: { id, silent: statistics.total ? 0 : 1, ...Object.fromEntries(shares) }, position, classes: "disc" };
}

function edgeElement(edge, way) {
  const { id, source, target, link, statistics } = edge;
  const latency = edge.p50 === null ? "" : `\n${durations(edge.p50, edge.p95)}`;
  return {
    data: {
      id,
      source,
      target,
      link: link ? 1 : 0,
      weight: 1.3 + Math.min(2.7, Math.log10(1 + edge.calls_per_minute)),
      state: failing(statistics) ? gravest(statistics) : "ok",
      label: `${rate(edge.calls_per_minute)}${latency}`,
      ...way,
    },
  };
}
