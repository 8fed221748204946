/** The box for filter expressions: proposes while one types, and shows where X-Ray does not understand. */

import { html, useEffect, useRef, useState } from "/libraries/htm.js";
import { url, useResource } from "../api.js";
import { instants } from "../range.js";
import { proposals } from "./completion.js";

const NOTHING_KNOWN = { keywords: [], services: [], annotations: [] };
const LIST = "filter-proposals";

/**
 * @param {{filter: string, range: object, problem: object | null, inputRef: object, onApply: (text: string) => void}}
 *   props `problem`: why X-Ray has refused this filter
 */
export function FilterBox({ filter, range, problem, inputRef, onApply }) {
  const [text, setText] = useState(filter);
  const [asked, setAsked] = useState(null);
  const [offer, setOffer] = useState({ from: 0, options: [], at: 0 });
  const known = useResource(asked).data ?? NOTHING_KNOWN;
  const caret = useRef(null);

  useEffect(() => {
    if (caret.current === null) return;
    inputRef.current.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  }, [text]);
  const propose = () => {
    const input = inputRef.current;
    if (!input || document.activeElement !== input) return;
    setOffer({ ...proposals(input.value.slice(0, input.selectionStart), known), at: -1 });
  };
  useEffect(propose, [known]);
  const close = () => setOffer({ from: 0, options: [], at: -1 });
  const insert = ({ insert: words }) => {
    const input = inputRef.current;
    const before = text.slice(0, offer.from) + words;
    caret.current = before.length;
    setText(before + text.slice(input.selectionStart));
    input.focus();
    setTimeout(propose);
  };
  const apply = () => {
    close();
    onApply(text.trim());
  };
  const pressed = (event) => {
    const act = ACTS[event.key]?.({ offer, setOffer, insert, apply, close });
    if (act) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const isOpen = offer.options.length > 0;
  return html`<form class="filter-box" role="search" onSubmit=${(event) => (event.preventDefault(), apply())}>
    <div class="filter-line">
      <input
        ref=${inputRef}
        class=${`field code ${problem ? "wrong" : ""}`}
        value=${text}
        spellcheck="false"
        autocomplete="off"
        placeholder=${'fault AND service("local-invoicing-inbox")   press / to write, ↓ for proposals'}
        role="combobox"
        aria-label="Filter expression"
        aria-expanded=${String(isOpen)}
        aria-controls=${LIST}
        aria-autocomplete="list"
        aria-activedescendant=${isOpen && offer.at >= 0 ? `${LIST}-${offer.at}` : null}
        aria-invalid=${problem ? "true" : null}
        aria-describedby=${problem ? "filter-problem" : null}
        onInput=${(event) => (setText(event.target.value), setTimeout(propose))}
        onFocus=${() => (setAsked((before) => before ?? url(["completions"], instants(range))), setTimeout(propose))}
        onClick=${propose}
        onBlur=${close}
        onKeyDown=${pressed}
      />
      <button class="button primary">Find</button>
      ${filter && html`<button type="button" class="button" onClick=${() => onApply("")}>Clear</button>`}
    </div>
    ${isOpen && html`<${Proposals} offer=${offer} insert=${insert} />`}
    ${problem && html`<${Refusal} problem=${problem} text=${filter} />`}
  </form>`;
}

const ACTS = {
  ArrowDown: ({ offer, setOffer }) =>
    offer.options.length > 0 && (setOffer({ ...offer, at: (offer.at + 1) % offer.options.length }), true),
  ArrowUp: ({ offer, setOffer }) =>
    offer.options.length > 0 &&
    (setOffer({ ...offer, at: (Math.max(0, offer.at) - 1 + offer.options.length) % offer.options.length }), true),
  Tab: ({ offer, insert }) => offer.at >= 0 && (insert(offer.options[offer.at]), true),
  Enter: ({ offer, insert, apply }) => (offer.at >= 0 ? insert(offer.options[offer.at]) : apply(), true),
  Escape: ({ offer, close }) => offer.options.length > 0 && (close(), true),
};

function Proposals({ offer, insert }) {
  return html`<ul id=${LIST} class="proposals popover" role="listbox" aria-label="Proposals">
    ${offer.options.map(
      (option, index) => html`<li
        id=${`${LIST}-${index}`}
        role="option"
        aria-selected=${String(index === offer.at)}
        onMouseDown=${(event) => (event.preventDefault(), insert(option))}
      >
        <code>${option.label}</code><span class="hint">${option.detail}</span>
      </li>`,
    )}
  </ul>`;
}

/** X-Ray's own words, and a caret under the place that they name. */
function Refusal({ problem, text }) {
  const place = Number(problem.detail.match(/(?:character|position|column) (\d+)/i)?.[1]);
  return html`<div id="filter-problem" class="refusal" role="alert">
    ${
      place > 0 &&
      html`<pre aria-hidden="true">${text.slice(0, place - 1)}<mark>${text.slice(place - 1, place) || " "}</mark>${text.slice(place)}</pre>`
    }
    <p>${problem.detail}</p>
    ${problem.advice && html`<p class="hint">${problem.advice}</p>`}
  </div>`;
}
