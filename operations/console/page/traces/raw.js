/** The segment documents as X-Ray has them. */

import { html, useMemo } from "/libraries/htm.js";
import { bytes, counted } from "../format.js";
import { CopyButton } from "./copy-button.js";

/** @param {{documents: object[]}} props */
export function Raw({ documents }) {
  const text = useMemo(() => JSON.stringify(documents, null, 2), [documents]);
  return html`<section class="raw" aria-label="Raw segment documents">
    <p class="hint">${counted(documents.length, "document")}, ${bytes(text.length)} · <${CopyButton}
      text=${text}
      what="all documents"
    /></p>
    <pre tabindex="0">${text}</pre>
  </section>`;
}
