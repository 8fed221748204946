"""How fast local/xray collects: documents a second into SQLite, what keeping the graph adds, and what a burst loses.

    python -m benchmarks.xray_collector [--documents 40000]

Three ways to keep the same documents run side by side in this process: the collector's (parsed, SQLite, a commit a
batch), and two baselines: a line a document appended to a file with a flush each, and SQLite with a commit a document.
Then the real process is sent datagrams. A steady stream, after which its processor time is read when all is stored and
the graph is up to date, less that of a process that was sent nothing: so it counts receiving, parsing, storing,
observing and summing up. And bursts as fast as this machine sends, once with the receive buffer it asks for and once
with what Linux grants everybody (net.core.rmem_max = 212992).
"""

import argparse
import json
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.figures import Target, conclude, table
from local.xray.collector import COMMIT_DOCUMENTS, PORTION
from local.xray.documents import parse
from local.xray.store import Bounds, Store
from tests.xray.support import HEADER, Xray, new_id, wait_until

DOCUMENTS_A_TRACE = 10
STREAM_RATE = 20_000
SENT_AT_ONCE = 20
BURST = 5_000
BOUNDS = Bounds(age=3600.0, size=1 << 30)
DEFAULT_BUFFER = 212_992
ROUNDS = 5
MOST_MICROSECONDS = 1e6 / STREAM_RATE
_IS_KEPT_UP = "SELECT NOT EXISTS (SELECT 1 FROM changed) AND NOT EXISTS (SELECT 1 FROM minutes WHERE NOT summed)"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=40_000)
    number = parser.parse_args().documents
    documents = [_document(place) for place in range(number)]
    print(f"{number} documents of {sum(map(len, documents)) // number} bytes, best of {ROUNDS} rounds")
    with tempfile.TemporaryDirectory(prefix="xray-benchmark-") as folder:
        _keeping(Path(folder), documents)
        each, lost_of_stream = _streams(Path(folder), documents)
        lost_of_bursts, _ = (_bursts(Path(folder), documents[:BURST], buffer) for buffer in (None, DEFAULT_BUFFER))
    return conclude(
        Target("processor time a document, the graph kept", each * 1e6, MOST_MICROSECONDS, "us"),
        Target(f"lost of streams at {STREAM_RATE} documents/s", lost_of_stream, 0, "documents"),
        Target(f"lost of bursts of {BURST}", lost_of_bursts, 0, "documents"),
    )


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
    rows = [[name, f"{rate:,.0f}", f"{ours / rate:.2f}"] for name, rate in rates.items()]
    table(["way", "documents/s", "collector is x"], rows)


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


def _streams(folder: Path, documents: Sequence[bytes]) -> tuple[float, int]:
    """The least processor seconds a document of the streams (others on the machine only add to it), and how many
    documents they lost together."""
    took, all_lost = [], 0
    for turn in range(ROUNDS):
        idle, _ = _stream(folder / f"idle-{turn}", [])
        busy, lost = _stream(folder / f"stream-{turn}", documents)
        took.append((busy - idle) / len(documents))
        all_lost += lost
        print(f"  {took[-1] * 1e6:.0f} us of the process's CPU a document: {1 / took[-1]:,.0f}/s on one core")
    return min(took), all_lost


def _stream(db: Path, documents: Sequence[bytes]) -> tuple[float, int]:
    """Processor seconds of a process that is started, sent the documents at STREAM_RATE, given the time to bring the
    graph up to date, and ended; and how many documents it lost."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    xray, lost = Xray(db), 0
    try:
        began = time.perf_counter()
        for place in range(0, len(documents), SENT_AT_ONCE):
            time.sleep(max(0.0, began + place / STREAM_RATE - time.perf_counter()))  # and leaves the processor alone
            for document in documents[place : place + SENT_AT_ONCE]:
                xray.send_raw(HEADER + document)
        if documents:
            rate = len(documents) / (time.perf_counter() - began)
            wait_until(lambda: _is_kept_up(db), lambda: "the graph to be up to date")
            lost = len(documents) - xray.health()["stored"]
            print(f"stream over UDP at {rate:,.0f} documents/s: {lost} lost")
    finally:
        xray.terminate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, lost


def _is_kept_up(db: Path) -> bool:
    """Whether nothing is left to be observed or summed up, which happens once everything sent has been stored."""
    time.sleep(0.05)
    reading = sqlite3.connect(f"{db.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return bool(reading.execute(_IS_KEPT_UP).fetchone()[0])
    finally:
        reading.close()


def _bursts(folder: Path, documents: Sequence[bytes], buffer: int | None) -> int:
    """How many documents some bursts lost together."""
    asked = ["--receive-buffer", str(buffer)] if buffer else []
    xray, all_lost = Xray(folder / f"burst-{buffer}", *asked), 0
    try:
        for _ in range(ROUNDS):
            before = xray.health()["stored"]
            began = time.perf_counter()
            for document in documents:
                xray.send_raw(HEADER + document)
            rate = len(documents) / (time.perf_counter() - began)
            lost = _lost(xray, len(documents), before)
            all_lost += lost
            print(f"burst of {len(documents)} at {rate:,.0f}/s, buffer {buffer or 'as asked for'}: {lost} lost")
    finally:
        xray.terminate()
    return all_lost


def _lost(xray: Xray, sent: int, before: int) -> int:
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
    sys.exit(main())
