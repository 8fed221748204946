/** Where the page begins. */

import { html, render } from "/libraries/htm.js";
import { App } from "./app.js";
import { parsed } from "./router.js";
import { applyScheme } from "./scheme.js";

// Fetched while the stage is asked for; a failure is told by the page itself.
if (parsed(location.hash).path[0] === "business") import("./business/page.js").catch(() => {});
applyScheme();
render(html`<${App} />`, document.getElementById("page"));
