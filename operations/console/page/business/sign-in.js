/** Where analytics has to be told who asks: the token goes to the console's server, and is kept nowhere here. */

import { html, useRef, useState } from "/libraries/htm.js";
import { post } from "../api.js";

/** @param {{problem: object, onSignedIn: () => void}} props */
export function SignIn({ problem, onSignedIn }) {
  const box = useRef();
  const [refused, setRefused] = useState(null);
  const [busy, setBusy] = useState(false);
  const send = async (event) => {
    event.preventDefault();
    const token = box.current.value;
    box.current.value = "";
    setBusy(true);
    try {
      await post("/api/sign-in", { token });
      onSignedIn();
    } catch (why) {
      setRefused(why);
    } finally {
      setBusy(false);
    }
  };
  return html`<form class="note sign-in" onSubmit=${send} aria-label="Sign in to analytics">
    <h2>Sign in to analytics</h2>
    <p>${problem.detail}</p>
    <p class="advice">${problem.advice}</p>
    <label>
      Id token
      <input ref=${box} class="field" type="password" autocomplete="off" required aria-invalid=${String(Boolean(refused))} />
    </label>
    ${refused && html`<p class="refused" role="alert">${refused.detail} ${refused.advice}</p>`}
    <button class="button primary" disabled=${busy}>Sign in</button>
  </form>`;
}
