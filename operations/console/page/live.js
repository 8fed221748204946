/** The server's events: the map and the queues whenever a number changes, and whether we still hear them. */

import { useEffect, useState } from "/libraries/htm.js";

const PATIENCE = [1000, 2000, 4000, 8000];

/**
 * Listen while `minutes` is a number; reconnects by itself.
 *
 * @param {number | null} minutes the window that the map is about; null: do not listen
 * @returns {{state: "off" | "connecting" | "live" | "lost", map: object | null, queues: object | null,
 *   problem: object | null}} `problem` is what the server could not read last; null once it can again
 */
export function useLive(minutes) {
  const [heard, setHeard] = useState({ state: "off", map: null, queues: null, problem: null });
  useEffect(() => {
    if (minutes === null) {
      setHeard({ state: "off", map: null, queues: null, problem: null });
      return undefined;
    }
    return listen(minutes, (change) => setHeard((before) => ({ ...before, ...change })));
  }, [minutes]);
  return heard;
}

function listen(minutes, tell) {
  let source, retry;
  let failures = 0;
  const connect = () => {
    tell({ state: failures ? "lost" : "connecting" });
    source = new EventSource(`/api/live?minutes=${minutes}`);
    source.onopen = () => alive();
    source.onerror = () => again();
    source.addEventListener("map", (event) => alive({ map: JSON.parse(event.data), problem: null }));
    source.addEventListener("queues", (event) => alive({ queues: JSON.parse(event.data) }));
    source.addEventListener("problem", (event) => alive({ problem: JSON.parse(event.data) }));
  };
  const alive = (change = {}) => {
    failures = 0;
    tell({ state: "live", ...change });
  };
  const again = () => {
    source.close();
    tell({ state: "lost" });
    clearTimeout(retry);
    retry = setTimeout(connect, PATIENCE[Math.min(failures++, PATIENCE.length - 1)]);
  };
  connect();
  return () => {
    source.close();
    clearTimeout(retry);
  };
}
