/** What is shown where there is nothing else to show. Each says what to do. */

import { html } from "/libraries/htm.js";

/** A problem: what happened, what to do, and a way to try again. */
export function ProblemNote({ problem, retry }) {
  return html`<section class="note problem" role="alert">
    <h2>${problem.title}</h2>
    ${problem.detail && problem.detail !== problem.title && html`<p>${problem.detail}</p>`}
    ${problem.advice && html`<p class="advice">${problem.advice}</p>`}
    ${retry && html`<button class="button" onClick=${retry}>Try again</button>`}
  </section>`;
}

/** Nothing there, and why that may be. */
export function Empty({ title, children }) {
  return html`<section class="note"><h2>${title}</h2><p class="advice">${children}</p></section>`;
}

/** Under way: told only after a moment, since most answers are quicker than the eye. */
export function Loading({ what }) {
  return html`<p class="loading" role="status">Loading ${what} …</p>`;
}

/** A resource: its problem, its loading, or what `children` makes of its data. */
export function Resource({ resource, what, children }) {
  if (resource.data) return children(resource.data);
  if (resource.problem) return html`<${ProblemNote} problem=${resource.problem} retry=${resource.reload} />`;
  return html`<${Loading} what=${what} />`;
}
