/** How the canvas of the map looks. */

import { colour } from "../scheme.js";
import { STATES } from "../states.js";
import { DISC } from "./layout.js";

/** The style sheet in the colours of now, for cytoscape. */
export function styles() {
  const at = (name) => colour(`--${name}`);
  const ring = STATES.flatMap(({ key }, index) => [
    [`pie-${index + 1}-background-color`, at(key)],
    [`pie-${index + 1}-background-size`, `data(${key})`],
  ]);
  const edgeState = (state) => ({
    selector: `edge[state = "${state}"]`,
    style: { "line-color": at(state), "target-arrow-color": at(state) },
  });
  return [
    {
      selector: ".band",
      style: {
        shape: "round-rectangle",
        "corner-radius": 10,
        width: "data(width)",
        height: "data(height)",
        "background-color": at("band"),
        "border-color": at("band-line"),
        "border-width": 1,
        label: "data(label)",
        color: at("muted"),
        "font-size": 14,
        "font-weight": 600,
        "text-halign": "center",
        "text-valign": "top",
        "text-margin-x": "data(indent)",
        "text-margin-y": 23,
        events: "no",
        "z-compound-depth": "bottom",
        "overlay-opacity": 0,
      },
    },
    {
      selector: ".disc",
      style: {
        width: DISC,
        height: DISC,
        "background-color": at("surface"),
        "pie-size": "100%",
        "pie-hole": "78%",
        ...Object.fromEntries(ring),
        "z-index": 3,
        "overlay-opacity": 0,
      },
    },
    {
      selector: ".disc[?silent]",
      style: { "border-width": 4, "border-color": at("line"), "border-position": "inside" },
    },
    {
      selector: "edge",
      style: {
        "curve-style": "unbundled-bezier",
        "control-point-distances": "data(distances)",
        "control-point-weights": "data(weights)",
        "edge-distances": "node-position",
        width: "data(weight)",
        "line-color": at("edge"),
        "target-arrow-color": at("edge"),
        "target-arrow-shape": "triangle",
        "arrow-scale": 0.8,
        "target-distance-from-node": 2,
        "source-distance-from-node": 2,
        "overlay-opacity": 0,
        "z-index": 1,
      },
    },
    { selector: "edge[?link]", style: { "line-style": "dashed", "line-dash-pattern": [6, 4] } },
    ...["error", "throttle", "fault"].map(edgeState),
    {
      selector: "edge.told, edge.hovered, edge.chosen, edge.beside",
      style: {
        label: "data(label)",
        "font-size": 11,
        "text-wrap": "wrap",
        color: at("muted"),
        "text-background-color": at("band"),
        "text-background-opacity": 0.9,
        "text-background-padding": 2,
        "z-index": 5,
      },
    },
    { selector: "edge.chosen", style: { "line-color": at("accent"), "target-arrow-color": at("accent") } },
    {
      selector: ".disc.chosen",
      style: {
        "underlay-color": at("accent"),
        "underlay-opacity": 0.25,
        "underlay-padding": 7,
        "underlay-shape": "ellipse",
      },
    },
    { selector: "edge.aside", style: { opacity: 0.25 } },
    { selector: ".disc.aside", style: { opacity: 0.45 } },
  ];
}
