/** Light, dark, or whatever the system wants; remembered in this browser. */

const KEY = "operations.scheme";
export const SCHEMES = ["system", "light", "dark"];

/** @returns {"system" | "light" | "dark"} */
export function chosenScheme() {
  const stored = localStorage.getItem(KEY);
  return SCHEMES.includes(stored) ? stored : "system";
}

/** Set the page's colours; those who draw on a canvas hear `schemechange` on the document. */
export function applyScheme(scheme = chosenScheme()) {
  localStorage.setItem(KEY, scheme);
  document.documentElement.dataset.scheme = scheme;
  document.dispatchEvent(new Event("schemechange"));
}

/**
 * Call back after each change of the colours, by hand or by the system.
 *
 * @returns {() => void} stops it
 */
export function onSchemeChange(callback) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  document.addEventListener("schemechange", callback);
  system.addEventListener("change", callback);
  return () => {
    document.removeEventListener("schemechange", callback);
    system.removeEventListener("change", callback);
  };
}

/** The colour that a custom property stands for now, as canvases want it: `rgb(...)`. */
export function colour(property) {
  const probe = document.createElement("i");
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
