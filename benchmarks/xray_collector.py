"""How fast local/xray collects: documents a second into SQLite, and what a burst loses.

    python -m benchmarks.xray_collector [--documents 20000]

Three ways to keep the same documents run side by side in this process: the collector's (parsed, SQLite, a commit a
batch), and two baselines: a line a document appended to a file with a flush each, and SQLite with a commit a document.
Then the real process is sent datagrams: a steady stream for half a minute at most, and bursts as fast as this machine
sends, once with the receive buffer it asks for and once with what Linux grants everybody (net.core.rmem_max = 212992).
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from local.xray.collector import COMMIT_DOCUMENTS, PORTION
from local.xray.documents import parse
from local.xray.store import Bounds, Store
from tests.xray.support import HEADER, Xray, new_id, wait_until

DOCUMENTS_A_TRACE = 10
STREAM_RATE = 20_000
BURST = 5_000
BOUNDS = Bounds(age=3600.0, size=1 << 30)
DEFAULT_BUFFER = 212_992
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    number = parser.parse_args().documents
    documents = [_document(place) for place in range(number)]
    print(f"{number} documents of {sum(map(len, documents)) // number} bytes, best of {ROUNDS} rounds")
    with tempfile.TemporaryDirectory(prefix="xray-benchmark-") as folder:
        _keeping(Path(folder), documents)
        _steady_stream(Path(folder), documents)
        for buffer in (None, DEFAULT_BUFFER):
            _bursts(Path(folder), documents[:BURST], buffer)


def _keeping(folder: Path, documents: Sequence[bytes]) -> None:
    some = documents[: len(documents) // 10]  # the slow baseline: a tenth tells its rate
    ways: dict[str, tuple[Callable[[Path, Sequence[bytes]], None], Sequence[bytes]]] = {
        "collector: parse, SQLite, a commit a batch": (_in_batches, documents),
        "baseline: a line a document, flushed": (_as_lines, documents),
        "baseline: parse, SQLite, a commit a document": (_one_by_one, some),
    }
    rates = dict.fromkeys(ways, 0.0)
    for turn in range(ROUNDS):
        for name, (way, what) in ways.items():
            began = time.perf_counter()
            way(folder / f"{abs(hash(name))}-{turn}", what)
            rates[name] = max(rates[name], len(what) / (time.perf_counter() - began))
    ours = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"  {name:<48}{rate:>10,.0f} documents/s   collector is {ours / rate:.2f} x")


def _in_batches(path: Path, documents: Sequence[bytes]) -> None:
    store = Store(path, BOUNDS)
    for batch in range(0, len(documents), COMMIT_DOCUMENTS):
        for first in range(batch, min(batch + COMMIT_DOCUMENTS, len(documents)), PORTION):
            store.add(
                [parse(raw) for raw in documents[first : min(first + PORTION, batch + COMMIT_DOCUMENTS)]], time.time()
            )
        store.commit()
    store.close()


def _as_lines(path: Path, documents: Sequence[bytes]) -> None:
    with path.open("wb") as lines:
        for document in documents:
            lines.write(document + b"\n")
            lines.flush()


def _one_by_one(path: Path, documents: Sequence[bytes]) -> None:
    store = Store(path, BOUNDS)
    for document in documents:
        store.add([parse(document)], time.time())
        store.commit()
    store.close()


def _steady_stream(folder: Path, documents: Sequence[bytes]) -> None:
    idle = _cpu_seconds(folder / "idle", [])
    busy = _cpu_seconds(folder / "stream", documents)
    each = (busy - idle) / len(documents)
    print(f"  the process's CPU: {each * 1e6:.0f} us a document = {1 / each:,.0f} documents/s on one core")


def _cpu_seconds(db: Path, documents: Sequence[bytes]) -> float:
    """User and system time of a process that is started, sent the documents at STREAM_RATE, and ended."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    xray = Xray(db)
    try:
        began = time.perf_counter()
        for place, document in enumerate(documents):
            while time.perf_counter() < began + place / STREAM_RATE:
                pass
            xray.send_raw(HEADER + document)
        took = time.perf_counter() - began
        if documents:
            rate, lost = len(documents) / took, _lost(xray, len(documents))
            print(f"stream over UDP at {rate:,.0f} documents/s: {lost} lost")
    finally:
        xray.terminate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _bursts(folder: Path, documents: Sequence[bytes], buffer: int | None) -> None:
    asked = ["--receive-buffer", str(buffer)] if buffer else []
    xray = Xray(folder / f"burst-{buffer}", *asked)
    try:
        for _ in range(ROUNDS):
            before = xray.health()["stored"]
            began = time.perf_counter()
            for document in documents:
                xray.send_raw(HEADER + document)
            rate = len(documents) / (time.perf_counter() - began)
            lost = _lost(xray, len(documents), before)
            print(f"burst of {len(documents)} at {rate:,.0f}/s, buffer {buffer or 'as asked for'}: {lost} lost")
    finally:
        xray.terminate()


def _lost(xray: Xray, sent: int, before: int = 0) -> int:
    """How many of the documents sent did not arrive, once nothing is pending and the counts stand still."""
    last: list[dict[str, int]] = []

    def settled() -> bool:
        last.append(xray.health())
        return last[-1]["pending"] == 0 and len(last) > 20 and last[-1] == last[-20]

    wait_until(settled, lambda: "the counts to stand still")
    return sent - (last[-1]["stored"] - before)


def _document(place: int) -> bytes:
    """A DynamoDB call as a function's SDK sends it: a subsegment alone, about 600 bytes."""
    at = 1_795_000_000.123 + place // DOCUMENTS_A_TRACE
    fields = {
        "id": new_id(),
        "name": "DynamoDB",
        "start_time": at,
        "end_time": at + 0.0123,
        "in_progress": False,
        "http": {"response": {"status": 200, "content_length": 2}},
        "aws": {
            "operation": "TransactWriteItems",
            "region": "eu-central-1",
            "table_name": "local-invoicing",
            "request_id": f"{place:08d}-0000-4000-8000-000000000000",
            "resource_names": ["local-invoicing"],
        },
        "annotations": {"service": "invoicing", "cold_start": False},
        "metadata": {"invoicing": {"outbox": [place % 4, "InvoiceDrafted"], "lines": list(range(12))}},
        "trace_id": f"1-{int(at):08x}-{place // DOCUMENTS_A_TRACE:024x}",
        "parent_id": "53995c3f42cd8ad8",
        "type": "subsegment",
        "namespace": "aws",
    }
    return json.dumps(fields).encode()


if __name__ == "__main__":
    main()
