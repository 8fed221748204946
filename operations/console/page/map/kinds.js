/** The kinds of nodes, by X-Ray's type: a word and a glyph for each. */

import { shortName } from "../format.js";

const path = (d) => `<path d="${d}"/>`;

const KINDS = {
  client: ["client", `<circle cx="12" cy="8.5" r="3.5"/>${path("M5 20c.6-4 3.4-6 7-6s6.4 2 7 6")}`],
  "AWS::ApiGateway::Stage": ["API", path("M8.5 5 3 12l5.5 7M15.5 5 21 12l-5.5 7M13.5 4.5l-3 15")],
  "AWS::Lambda::Function": ["function", path("M6 4h4l7.5 16H21M11 10 6 20H3")],
  "AWS::Lambda": ["Lambda", path("M6 4h4l7.5 16H21M11 10 6 20H3")],
  "AWS::DynamoDB::Table": [
    "table",
    `<ellipse
      cx="12"
      cy="6"
      rx="7.5"
      ry="3"
    />${path("M4.5 6v12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3V6M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3")}`,
  ],
  "AWS::SNS": ["topic", `${path("M4 10v4h3l8 4.5v-13L7 10zM18 9.5c1.5 1.5 1.5 3.5 0 5")}`],
  "AWS::SQS::Queue": ["queue", path("M4 6v12M8.5 6v12M13 6v12M17 12h4.5m-2.5-3 3 3-3 3")],
  "AWS::S3::Bucket": ["bucket", path("M4 6h16l-2 14H6zM4 6c0-2.5 16-2.5 16 0")],
  remote: ["remote", `<circle cx="12" cy="12" r="8"/>${path("M4 12h16M12 4c-5 5-5 11 0 16M12 4c5 5 5 11 0 16")}`],
};
const OTHER = ["service", `<rect x="5" y="5" width="14" height="14" rx="2"/>`];

/** `function` for `AWS::Lambda::Function`; the last word of a type that we have no name for. */
export function kindName(type) {
  return KINDS[type]?.[0] ?? type?.split("::").slice(1).join(" ").toLowerCase() ?? OTHER[0];
}

/** What a node is called within its context: `relay`, or its kind if it bears the context's own name. */
export function nodeName(node, stage) {
  if (node.type === "client") return "clients";
  return shortName(node.name, stage, node.context) || kindName(node.type);
}

/** The glyph of a kind as SVG markup, drawn in the text's colour on 24 by 24. */
export function glyph(type) {
  const shapes = (KINDS[type] ?? OTHER)[1];
  return `<svg
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.8"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >${shapes}</svg>`;
}
