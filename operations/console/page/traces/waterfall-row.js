/** One row of a waterfall: whose it is, what it did, and its bar. */

import { html } from "/libraries/htm.js";
import { duration } from "../format.js";
import { detailOf, endOf } from "./rows.js";

const STEP = 14;
const ROOM_FOR_LABEL = 84;

/**
 * @param {{row: object, stage: string, top: number, span: {from: number, to: number}, now: number, isBranch: boolean,
 *   isClosed: boolean, isAt: boolean, isSelected: boolean, onSelect: () => void, onFold: () => void}} props
 */
export function Row({ row, stage, top, span, now, isBranch, isClosed, isAt, isSelected, onSelect, onFold }) {
  const status = row.http?.response?.status;
  const classes = ["row", row.state, `of-${row.kind}`, isSelected && "selected", isAt && "at"]
    .filter(Boolean)
    .join(" ");
  const fold = (event) => {
    event.stopPropagation();
    onFold();
  };
  return html`<div
    id=${`row-${row.id}`}
    class=${classes}
    style=${{ top: `${top}px` }}
    role="treeitem"
    aria-level=${row.depth + 1}
    aria-selected=${String(isSelected)}
    aria-expanded=${isBranch ? String(!isClosed) : null}
    aria-label=${`${row.name} ${detailOf(row)}, ${row.state}, ${row.in_progress ? "in progress" : duration(row.duration)}`}
    onClick=${onSelect}
  >
    <span class="label" style=${{ paddingLeft: `${Math.min(row.depth, 14) * STEP + 4}px` }}>
      <span class="fold" onClick=${isBranch ? fold : null}>${isBranch ? (isClosed ? "▸" : "▾") : ""}</span>
      ${row.link && html`<span class="link-mark" title="asynchronous: nobody waits for it">⇢</span>`}
      <span class="name">${shortened(row.name, stage)}</span>
      <span class="detail">${detailOf(row)}</span>
      ${row.exceptions.length > 0 && html`<span class="bang" title=${row.exceptions[0].message}>!</span>`}
      ${status >= 400 && html`<span class=${`status ${row.state}`}>${status}</span>`}
    </span>
    <span class="bar-room"><${Bar} row=${row} span=${span} now=${now} /></span>
  </div>`;
}

function Bar({ row, span, now }) {
  const percent = (at) => ((at - span.from) / (span.to - span.from)) * 100;
  const [left, right] = [Math.max(0, percent(row.offset)), Math.min(100, percent(endOf(row, now)))];
  if (right < 0 || left > 100) return null;
  const isLeft = right > ROOM_FOR_LABEL;
  const label = row.in_progress ? "in progress" : duration(row.duration);
  return html`<i
      class=${`bar ${row.state} ${row.in_progress ? "in-progress" : ""}`}
      style=${{ left: `${left}%`, width: `${Math.max(0, right - left)}%` }}
    ></i>
    <span
      class="took"
      style=${isLeft ? { right: `calc(${100 - left}% + 5px)` } : { left: `calc(${right}% + 7px)` }}
    >${label}</span>`;
}

/** `invoicing-inbox` for `local-invoicing-inbox`. */
function shortened(name, stage) {
  return name.startsWith(`${stage}-`) ? name.slice(stage.length + 1) : name;
}
