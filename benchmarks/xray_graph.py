"""How long GetServiceGraph takes over how many stored segments, and what keeping it up to date costs.

    python -m benchmarks.xray_graph [--segments 1000 10000 100000]

Ten documents a trace, a trace every 0.1 s of the past. "summed up" is the usual case; "fresh" reads while the last
hundred traces have just arrived; "part of a minute" begins and ends within one.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.xray.documents import parse
from local.xray.graphs import Graphs
from local.xray.store import Bounds, Store
from tests.xray.support import Fields
from tests.xray.working_day import Day

BEGIN = 1_795_000_020.0
APART = 0.1
ROUNDS = 5
COMMIT = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    print(f"{'documents':>10} {'observing':>14} {'summed up':>10} {'fresh':>10} {'part of a minute':>17} {'nodes':>6}")
    for number in parser.parse_args().segments:
        with tempfile.TemporaryDirectory(prefix="xray-graph-") as folder:
            _measure(Path(folder) / "db", number)


def _measure(path: Path, number: int) -> None:
    store = Store(path, Bounds(age=1e12, size=1 << 40))
    traces = number // 10
    for place in range(traces):
        _put(store, _trace(place))
        if place % COMMIT == 0:
            store.commit()
    store.commit()
    began = time.perf_counter()
    while store.keep_up(time.time() + 10):
        pass
    each = (time.perf_counter() - began) / number
    end = BEGIN + traces * APART + 60
    get = Graphs(path).get_service_graph
    whole = {"StartTime": BEGIN - 60, "EndTime": end}
    nodes = len(get(whole)["Services"])
    summed = _best(lambda: get(whole))
    part = _best(lambda: get({"StartTime": BEGIN + 7, "EndTime": end - 97 if traces * APART > 60 else BEGIN + 11}))
    for place in range(traces, traces + 100):
        _put(store, _trace(place))
    store.commit()
    fresh = _best(lambda: get(whole))
    store.close()
    print(
        f"{number:>10,} {each * 1e6:>7.0f} us each {summed * 1e3:>7.0f} ms {fresh * 1e3:>7.0f} ms"
        f" {part * 1e3:>14.0f} ms {nodes:>6}",
        flush=True,
    )


def _best(call: Callable[[], Any]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return min(took)


def _put(store: Store, documents: list[Fields]) -> None:
    store.add([parse(json.dumps(fields).encode()) for fields in documents], time.time())


def _trace(place: int) -> list[Fields]:
    """A ticket that is solved, relayed and billed: ten documents."""
    day = Day(BEGIN + place * APART)
    request = day.request("local-customer-support-commands", "POST /tickets/{ticket_id}/solve")
    relayed = day.relayed(request, "local-customer-support-relay")
    for context in ("invoicing", "analytics"):
        day.taken(relayed, f"local-{context}-inbox")
    return request.documents


if __name__ == "__main__":
    main()
