/** A trace's rows under each other on one time axis. However many there are, only those in sight are drawn. */

import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "/libraries/htm.js";
import { duration } from "../format.js";
import { Row } from "./waterfall-row.js";
import { endOf, marks, openRows, parents, wholeSpan, withoutEchoes } from "./rows.js";

const ROW_HEIGHT = 26;
const SPARE = 8;
/** Rows that are kept in sight above and below the one where one is. */
const AROUND = 3;

/**
 * @param {{rows: object[], stage: string, selected: string | null, onSelect: (id: string) => void}} props
 */
export function Waterfall({ rows: all, stage, selected, onSelect }) {
  const [closed, setClosed] = useState(() => new Set());
  const [zoomed, setZoomed] = useState(null);
  const [view, box] = useView();
  const rows = useMemo(() => withoutEchoes(all), [all]);
  const open = useMemo(() => openRows(rows, closed), [rows, closed]);
  const branches = useMemo(() => parents(rows), [rows]);
  const whole = useMemo(() => wholeSpan(rows), [rows]);
  const span = zoomed ?? whole;
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      open.findIndex((row) => row.state === "fault"),
    ),
  );

  useEffect(() => {
    const index = open.findIndex((row) => row.id === selected);
    if (index >= 0) setAt(index);
  }, [selected, open]);
  useLayoutEffect(() => {
    const [top, bottom] = [(at - AROUND) * ROW_HEIGHT, (at + 1 + AROUND) * ROW_HEIGHT];
    const { scrollTop, clientHeight } = box.current;
    if (top < scrollTop) box.current.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) box.current.scrollTop = bottom - clientHeight;
  }, [at, view.height]);

  const fold = (id, close) =>
    setClosed((before) => {
      const next = new Set(before);
      if (close ?? !next.has(id)) next.add(id);
      else next.delete(id);
      return next;
    });
  const pressed = (event) => {
    const row = open[at];
    const page = Math.max(1, Math.floor(view.height / ROW_HEIGHT) - 1);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: open.length - 1,
    }[event.key];
    if (to !== undefined) setAt(Math.max(0, Math.min(open.length - 1, to)));
    else if (event.key === "Enter" || event.key === " ") onSelect(row.id);
    else if (event.key === "ArrowLeft" && branches.has(row.id)) fold(row.id, true);
    else if (event.key === "ArrowRight" && branches.has(row.id)) fold(row.id, false);
    else return;
    event.preventDefault();
  };
  const zoom = () => {
    const row = rows.find((one) => one.id === selected);
    const length = Math.max(endOf(row, whole.to) - row.offset, whole.to * 1e-4);
    setZoomed({ from: Math.max(0, row.offset - length * 0.1), to: row.offset + length * 1.1 });
  };

  const first = Math.max(0, Math.floor(view.top / ROW_HEIGHT) - SPARE);
  const last = Math.min(open.length, Math.ceil((view.top + view.height) / ROW_HEIGHT) + SPARE);
  return html`<section class="waterfall" aria-label="Waterfall">
    <div class="time-axis">
      <span class="tools">
        ${selected && html`<button class="button small" onClick=${zoom}>Zoom to segment</button>`}
        ${zoomed && html`<button class="button small" onClick=${() => setZoomed(null)}>Whole trace</button>`}
      </span>
      <span class="marks" aria-hidden="true">
        ${marks(span).map((mark) => html`<i style=${{ left: `${share(mark, span)}%` }}>${duration(mark)}</i>`)}
      </span>
    </div>
    <div
      class="rows"
      ref=${box}
      role="tree"
      tabindex="0"
      aria-label="Segments: arrow keys, Enter opens, left and right fold"
      aria-activedescendant=${open[at] ? `row-${open[at].id}` : null}
      onKeyDown=${pressed}
    >
      <div class="rows-height" style=${{ height: `${open.length * ROW_HEIGHT}px` }}>
        ${open.slice(first, last).map(
          (row, index) => html`<${Row}
            key=${row.id}
            row=${row}
            stage=${stage}
            top=${(first + index) * ROW_HEIGHT}
            span=${span}
            now=${whole.to}
            isBranch=${branches.has(row.id)}
            isClosed=${closed.has(row.id)}
            isAt=${first + index === at}
            isSelected=${row.id === selected}
            onSelect=${() => onSelect(row.id)}
            onFold=${() => fold(row.id)}
          />`,
        )}
      </div>
    </div>
  </section>`;
}

const share = (at, { from, to }) => ((at - from) / (to - from)) * 100;

/** The part of the list that is in sight. */
function useView() {
  const box = useRef();
  const [view, setView] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const look = () => setView({ top: box.current.scrollTop, height: box.current.clientHeight });
    look();
    const watch = new ResizeObserver(look);
    watch.observe(box.current);
    box.current.addEventListener("scroll", look, { passive: true });
    return () => watch.disconnect();
  }, []);
  return [view, box];
}
