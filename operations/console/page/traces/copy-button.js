/** Copies a text and says so. */

import { html, useEffect, useState } from "/libraries/htm.js";

/** @param {{text: string, what: string}} props `what` is copied, for the ear */
export function CopyButton({ text, what }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    const timer = said && setTimeout(() => setSaid(""), 2000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      setSaid("The browser refuses; select the text");
    }
  };
  return html`<button class="link" aria-label=${`Copy ${what}`} onClick=${copy}>${said || "Copy"}</button>
    <span class="visually-hidden" role="status">${said}</span>`;
}
