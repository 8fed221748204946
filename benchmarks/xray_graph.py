"""How long GetServiceGraph takes over how many stored segments, and what keeping it up to date costs.

    python -m benchmarks.xray_graph [--segments 1000 10000 100000 1000000]

Ten documents a trace, a trace every 0.1 s of the past, response times spread over three orders of magnitude. "summed
up" is the usual case; "fresh" reads while the last hundred traces have just arrived; "part of a minute" begins and ends
within one. The million takes two minutes, nearly all of them to store and observe it.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.figures import Target, conclude, table
from local.xray.documents import parse
from local.xray.graphs import Graphs
from local.xray.store import Bounds, Store
from tests.xray.support import Fields
from tests.xray.working_day import Day

BEGIN = 1_795_000_020.0
APART = 0.1
ROUNDS = 5
COMMIT = 500
SEGMENTS = 100_000
MOST_MILLISECONDS = 300.0
USUAL_SECONDS, SPREAD = 0.03, 1.2
KEEPING = "keeping, us each"
ANSWERS = SUMMED, FRESH, PART = "summed up, ms", "fresh, ms", "part of a minute, ms"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, nargs="+", default=[1_000, 10_000, SEGMENTS, 1_000_000])
    measured = {}
    for number in parser.parse_args().segments:
        with tempfile.TemporaryDirectory(prefix="xray-graph-") as folder:
            measured[number] = _measure(Path(folder) / "db", number)
    ways = list(next(iter(measured.values())))
    table(
        ["documents", *ways],
        [[f"{number:,}", *map("{:,.1f}".format, took.values())] for number, took in measured.items()],
    )
    held = measured.get(SEGMENTS, {})
    return conclude(
        *(Target(f"{SEGMENTS:,} documents, {way}", held[way], MOST_MILLISECONDS, "ms") for way in ANSWERS if held)
    )


def _measure(path: Path, number: int) -> dict[str, float]:
    store = Store(path, Bounds(age=1e12, size=1 << 40))
    spread = random.Random(number)
    traces = number // 10
    for place in range(traces):
        _put(store, _trace(place, spread))
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
    summed = _best(lambda: get(whole))
    part = _best(lambda: get({"StartTime": BEGIN + 7, "EndTime": end - 97 if traces * APART > 60 else BEGIN + 11}))
    for place in range(traces, traces + 100):
        _put(store, _trace(place, spread))
    store.commit()
    fresh = _best(lambda: get(whole))
    store.close()
    return {KEEPING: each * 1e6, SUMMED: summed * 1e3, FRESH: fresh * 1e3, PART: part * 1e3}


def _best(call: Callable[[], Any]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return min(took)


def _put(store: Store, documents: list[Fields]) -> None:
    store.add([parse(json.dumps(fields).encode()) for fields in documents], time.time())


def _trace(place: int, spread: random.Random) -> list[Fields]:
    """A ticket that is solved, relayed and billed: ten documents."""
    day = Day(BEGIN + place * APART)
    request = day.request("local-customer-support-commands", "POST /tickets/{ticket_id}/solve")
    relayed = day.relayed(request, "local-customer-support-relay")
    for context in ("invoicing", "analytics"):
        day.taken(relayed, f"local-{context}-inbox")
    for fields in request.documents:
        fields["end_time"] = fields["start_time"] + USUAL_SECONDS * spread.lognormvariate(0, SPREAD)
    return request.documents


if __name__ == "__main__":
    sys.exit(main())
