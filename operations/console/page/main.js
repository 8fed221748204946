/** Where the page begins. */

import { html, render } from "/libraries/htm.js";
import { App } from "./app.js";
import { applyScheme } from "./scheme.js";

applyScheme();
render(html`<${App} />`, document.getElementById("page"));
