/** The console's HTTP API; whatever goes wrong is a Problem with a sentence and an advice. */

import { useEffect, useRef, useState } from "/libraries/htm.js";

/** What went wrong: `detail` says what happened, `advice` what to do. */
export class Problem extends Error {
  constructor({ title = "Something went wrong", detail = "", advice = "", code = "", status = 0 }) {
    super(detail || title);
    Object.assign(this, { title, detail, advice, code, status });
  }
}

/** The problem that the server itself is gone. */
export const UNREACHABLE = {
  title: "The console's server does not answer",
  detail: "The page could not reach the program that it was loaded from.",
  advice: "Is it still running? Start it again: make up for the local stage, make console STAGE=... for one on AWS.",
  code: "unreachable",
};

/** The URL of an API resource; what is empty in the query is left out. */
export function url(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const search = new URLSearchParams(given).toString();
  return `/api/${path.map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

/** GET a resource. Raises Problem; an abort passes through as it is. */
export const get = (address, signal) => request(address, { signal });

/** POST a JSON body. Raises Problem. */
export const post = (address, body) => request(address, posting(JSON.stringify(body)));

/**
 * A resource as component state.
 *
 * @param {string | null} address null: nothing to fetch
 * @param {{every?: number, keep?: boolean, body?: string}} options `every`: fetch again after that many milliseconds,
 *   while the page is looked at; `keep`: show the former answer until the next one is there; `body`: a question that is
 *   POSTed, as JSON
 * @returns {{data: any, problem: Problem | null, loading: boolean, reload: () => void}}
 */
export function useResource(address, { every, keep = false, body } = {}) {
  const asked = address && body ? `${address} ${body}` : address;
  const [state, setState] = useState({ data: null, problem: null, asked: null });
  const [turn, setTurn] = useState(0);
  const shown = useRef(asked);
  shown.current = asked;

  useEffect(() => {
    if (!address) return undefined;
    const aborter = new AbortController();
    let timer;
    const load = async () => {
      const options = { signal: aborter.signal, ...(body && posting(body)) };
      if (!document.hidden) await settle(asked, () => request(address, options), shown, setState);
      if (every && !aborter.signal.aborted) timer = setTimeout(load, every);
    };
    load();
    return () => {
      aborter.abort();
      clearTimeout(timer);
    };
  }, [asked, every, turn]);

  const current = state.asked === asked;
  return {
    data: current || keep ? state.data : null,
    problem: current ? state.problem : null,
    loading: Boolean(address) && !current,
    reload: () => setTurn((number) => number + 1),
  };
}

async function settle(asked, ask, shown, setState) {
  try {
    const data = await ask();
    if (shown.current === asked) setState({ data, problem: null, asked });
  } catch (problem) {
    if (problem.name === "AbortError" || shown.current !== asked) return;
    setState((before) => ({ data: before.asked === asked ? before.data : null, problem, asked }));
  }
}

const posting = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body });

async function request(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(UNREACHABLE);
  }
  if (answer.ok) return answer.json();
  throw new Problem(
    await answer.json().catch(() => ({ title: `The server answered ${answer.status}`, status: answer.status })),
  );
}
