/** Keys that work everywhere on a page, unless somebody is writing. */

import { useLayoutEffect, useRef } from "/libraries/htm.js";

/**
 * Call back for single keys: `{"?": show, "/": search}`. Keys with Ctrl, Alt or Meta stay the browser's.
 *
 * @param {Record<string, () => void>} shortcuts
 */
export function useShortcuts(shortcuts) {
  const current = useRef(shortcuts);
  current.current = shortcuts;
  // Before the browser paints: whoever sees the page may press a key.
  useLayoutEffect(() => {
    const pressed = (event) => {
      const act = current.current[event.key];
      if (!act || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
      if (document.querySelector("dialog[open]")) return;
      if (isWriting(event.target) && event.key !== "Escape") return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

/**
 * Let arrow keys walk through a list whose items carry `data-item`: up, down, Home, End.
 *
 * @param {KeyboardEvent} event of the list
 */
export function walkList(event) {
  const items = [...event.currentTarget.querySelectorAll("[data-item]")];
  const at = items.indexOf(event.target.closest("[data-item]"));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (at < 0 || to === undefined || !items[to]) return;
  event.preventDefault();
  items[to].focus();
}

function isWriting(element) {
  return element.matches?.("input, textarea, select, [contenteditable]");
}
