/** The dead letters of one queue: the list, the open one, and what can be done with them. */

import { html, useEffect, useRef, useState } from "/libraries/htm.js";
import { post, url, useResource } from "../api.js";
import { clock, counted, duration, utc } from "../format.js";
import { useShortcuts, walkList } from "../keys.js";
import { Empty, ProblemNote, Resource } from "../problem.js";
import { go, href } from "../router.js";
import { ACTIONS, Confirm } from "./confirm.js";
import { Letter } from "./letter.js";

/**
 * @param {{stage: object, name: string, queue?: object, message?: string, trace?: string, reload: () => void}} props
 *   `trace`: only what came from this trace
 */
export function DeadLetters({ stage, name, queue, message, trace, reload }) {
  const letters = useResource(url(["queues", name, "dead-letters"]));
  const items = letters.data?.items.filter((item) => !trace || item.trace_id === trace) ?? [];
  const [asked, setAsked] = useState(null);
  const [told, setTold] = useState(null);
  useNewcomers(queue?.dead_letters?.depth, letters);
  useShortcuts({ Escape: () => (message ? go(["queues", name], { trace }) : go(["queues"])) });

  const carryOut = async () => {
    const { action, ids, number } = asked;
    setTold({ under_way: `${ACTIONS[action].doing} ${counted(number, "dead letter")} …` });
    setAsked(null);
    try {
      const outcome = await post(url(["queues", name, action]), ids ? { ids } : { all: true });
      setTold({ action, outcome, source: letters.data.source, isAll: !ids });
      if (message && ids) go(["queues", name], { trace }, { replace: true });
    } catch (problem) {
      setTold({ problem });
    }
    letters.reload();
    reload();
  };
  return html`<div class="dead-letters">
    <${Heading} name=${name} letters=${letters} items=${items} trace=${trace} stage=${stage} ask=${setAsked} />
    <div role="status" aria-live="polite" class="outcome"><${Told} told=${told} /></div>
    <${Resource} resource=${letters} what="the dead letters">
      ${(data) =>
        items.length
          ? html`<div class="mailbox">
              <${List} name=${name} items=${items} truncated=${data.truncated} message=${message} trace=${trace} />
              ${
                message
                  ? html`<${Letter}
                    key=${message}
                    queue=${name}
                    id=${message}
                    right=${rightTo(stage, data)}
                    ask=${setAsked}
                  />`
                  : html`<p class="hint pick">Choose a dead letter to read it: ↑ ↓ and Enter.</p>`
              }
            </div>`
          : html`<${Empty} title=${trace ? "No dead letters of this trace" : "No dead letters here"}>
              ${whyEmpty(data.source, trace)} See${" "}
              ${trace ? html`<a href=${href(["queues", name])}>those of all traces</a>` : html`<a href=${href(["queues"])}>all queues</a>`}.
            </${Empty}>`}
    </${Resource}>
    ${
      asked &&
      html`<${Confirm}
      asked=${asked}
      queue=${name}
      source=${letters.data.source}
      confirm=${carryOut}
      close=${() => setAsked(null)}
    />`
    }
  </div>`;
}

function whyEmpty(source, trace) {
  if (trace) return "It may still be retried, or was redriven.";
  return source ? `What ${source} receives is taken in.` : "Nothing has been given up on.";
}

/** Reading the list hides its letters from others for a moment: it is read again only when their number has changed. */
function useNewcomers(depth, letters) {
  const before = useRef(depth);
  useEffect(() => {
    if (depth === undefined) return;
    if (before.current !== undefined && before.current !== depth && depth !== letters.data?.items.length)
      letters.reload();
    before.current = depth;
  }, [depth]);
}

/** Why an action is refused: a sentence each, empty where it is not. */
function rightTo(stage, { source }) {
  const readOnly = stage.writes_allowed ? "" : "This console is read-only: start it again with --allow-writes.";
  const noWay = source ? "" : "No single queue feeds this one, so there is no way back: repair, then discard.";
  return { redrive: readOnly || noWay, discard: readOnly };
}

function Heading({ name, letters, items, trace, stage, ask }) {
  const right = letters.data ? rightTo(stage, letters.data) : null;
  const why = right && (right.redrive || right.discard);
  const number = items.length;
  const which = trace ? "these" : "all";
  const all = (action) =>
    ask({ action, ids: trace ? items.map(({ id }) => id) : null, number, truncated: !trace && letters.data.truncated });
  return html`<header class="trace-heading">
    <a class="back" href=${href(["queues"])}>← Queues</a>
    <div>
      <h2>${name}</h2>
      <p class="hint">
        ${letters.data && `${counted(number, "dead letter")}${letters.data.truncated ? " and more" : ""}`}
        ${letters.data?.source && html`${", sent to "}<code>${letters.data.source}</code>`}
        ${trace && html`${" · "}<a href=${href(["queues", name])}>of one trace only; show all</a>`}
      </p>
    </div>
    <span class="spacer"></span>
    ${number > 0 && why && html`<p class="hint why" id="why-not">${why}</p>`}
    <button class="button small" onClick=${letters.reload}>Refresh</button>
    ${
      number > 0 &&
      html`<button
        class="button primary"
        disabled=${Boolean(right.redrive)}
        aria-describedby=${why ? "why-not" : null}
        onClick=${() => all("redrive")}
      >Redrive ${which}</button>
      <button
        class="button danger"
        disabled=${Boolean(right.discard)}
        aria-describedby=${why ? "why-not" : null}
        onClick=${() => all("discard")}
      >Discard ${which}</button>`
    }
  </header>`;
}

function List({ name, items, truncated, message, trace }) {
  return html`<nav class="letters" aria-label="Dead letters" onKeyDown=${walkList}>
    ${items.map(
      (item) => html`<a
        key=${item.id}
        data-item
        class="letter-line"
        href=${href(["queues", name, item.id], { trace })}
        aria-current=${item.id === message ? "true" : null}
      >
        <b>${item.event_type ?? "not an event"}</b>
        <time datetime=${item.sent_at} title=${utc(item.sent_at)}>${clock(item.sent_at)}</time>
        <span class="preview">${item.body.slice(0, 120)}</span>
        <span class="hint">${counted(item.receives, "receive")}, ${ageOf(item)} old</span>
      </a>`,
    )}
    ${truncated && html`<p class="hint more">Only the oldest ${counted(items.length, "letter")} are shown.</p>`}
  </nav>`;
}

const ageOf = ({ sent_at: at }) => duration((Date.now() - Date.parse(at)) / 1000);

function Told({ told }) {
  if (!told) return null;
  if (told.under_way) return html`<p class="notice">${told.under_way}</p>`;
  if (told.problem) return html`<${ProblemNote} problem=${told.problem} />`;
  const { action, outcome, source, isAll } = told;
  const done = outcome[ACTIONS[action].member].length;
  return html`<p class=${`notice ${outcome.failed.length ? "warn" : "good"}`}>
      ${ACTIONS[action].done(counted(done, "dead letter"), source)}
      ${isAll && outcome.remaining > 0 && ` About ${counted(outcome.remaining, "dead letter")} left.`}
      ${outcome.failed.length > 0 && ` ${counted(outcome.failed.length, "letter")} stayed where they were:`}
    </p>
    ${
      outcome.failed.length > 0 &&
      html`<ul class="failed">
      ${outcome.failed.map(({ id, reason }) => html`<li><code>${id}</code> ${reason}</li>`)}
    </ul>`
    }`;
}
