/** The browser's own modal dialog: it keeps the focus inside and gives it back. */

import { html, useEffect, useRef } from "/libraries/htm.js";

/** A modal dialog that is open while it is rendered; Escape and its cross call `close`. */
export function Dialog({ title, close, children, tone = "" }) {
  const box = useRef();
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    close();
  };
  return html`<dialog ref=${box} class=${`dialog ${tone}`} aria-label=${title} onCancel=${cancel}>
    <header>
      <h2>${title}</h2>
      <button class="icon-button" aria-label="Close" onClick=${close}>✕</button>
    </header>
    ${children}
  </dialog>`;
}
