/** What may follow in a filter expression. */

const INSIDE_NAME = /\b(service|edge)\("([^"]*)$|\bid\(\s*name:\s*"([^"]*)$|\bedge\("[^"]*",\s*"([^"]*)$/i;
const INSIDE_KEY = /\bannotation[[.]([\w:.-]*)$/i;
const WORD = /[\w.!]*$/;
const MOST = 12;

/**
 * Proposals for the text before the cursor.
 *
 * @param {string} before
 * @param {{keywords: {insert: string, detail: string}[], services: string[], annotations: string[]}} known
 * @returns {{from: number, options: {insert: string, label: string, detail: string}[]}} `from`: where an inserted
 *   option replaces what is written
 */
export function proposals(before, known) {
  const name = before.match(INSIDE_NAME);
  if (name) {
    const typed = name.slice(2).find((group) => group !== undefined) ?? "";
    return ranked(
      before,
      typed,
      known.services.map((one) => option(one, `${one}")`, "service")),
    );
  }
  const key = before.match(INSIDE_KEY);
  if (key) {
    const close = before.at(-key[1].length - 1) === "[" ? "]" : "";
    return ranked(
      before,
      key[1],
      known.annotations.map((one) => option(one, `${one}${close} = "`, "annotation")),
    );
  }
  if (isInText(before)) return { from: before.length, options: [] };
  const word = before.match(WORD)[0];
  return ranked(
    before,
    word,
    known.keywords.map(({ insert, detail }) => option(insert, insert + (/["([]$/.test(insert) ? "" : " "), detail)),
  );
}

const option = (label, insert, detail) => ({ label, insert, detail });

function ranked(before, typed, options) {
  const low = typed.toLowerCase();
  const starts = options.filter(({ label }) => label.toLowerCase().startsWith(low));
  const holds = options.filter(
    ({ label }) => !label.toLowerCase().startsWith(low) && low && label.toLowerCase().includes(low),
  );
  return { from: before.length - typed.length, options: [...starts, ...holds].slice(0, MOST) };
}

/** Whether the text ends inside a quoted one. */
function isInText(before) {
  return (before.replaceAll(/\\./g, "").match(/"/g) ?? []).length % 2 === 1;
}
