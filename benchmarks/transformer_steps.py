"""The transformer's own steps, without its tables and its bucket.

`python -m benchmarks.transformer_steps [MIB]` works through content of that size, made up on the way, or else through
150,000 rows again and again, and prints what it took as JSON. Up to 100 MiB the SDK sends what the steps write, to a
server that answers at once. With `looks` for a size it looks through content, plain and as a gzip.

Loads nothing but what the function has, so that it can run on the interpreter of the functions' workers.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import resource
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from botocore.awsrequest import AWSResponse

import analytics.handlers.transformer  # noqa: F401  what the function has loaded, too
from analytics.domain.drops.ranges import Place, Survey
from analytics.domain.drops.records import BadRow
from analytics.domain.drops.source import Format, Layout
from analytics.store import bulk
from analytics.store.records import RecordStore
from analytics.transforming.content import READ_AT_ONCE
from analytics.transforming.head import Head
from analytics.transforming.portions import portions
from analytics.transforming.rows import rows_of
from analytics.transforming.survey import look_through

MEGABYTE = 1024 * 1024
ROWS = 150_000
LOOKED_ROWS = 2_000_000
ROUNDS = 5
SENT_MEGABYTES = 100
HEADER = b"user_id,date,event_type,amount,country,note\r\n"
EVENT_TYPES = ("page_view", "click", "purchase", "signup", "logout")


def file_of(rows: int, seed: int) -> bytes:
    """A CSV as a third party would send it; some notes need quotes."""
    rng = random.Random(seed)
    text = io.StringIO()
    writer = csv.writer(text)
    for _ in range(rows):
        note = "n" * rng.randrange(40) + (", and more" if rng.random() < 0.05 else "")
        day = f"2026-11-{rng.randrange(1, 25):02}"
        amount = rng.randrange(10_000)
        writer.writerow([f"user-{rng.randrange(50_000):06}", day, rng.choice(EVENT_TYPES), amount, "DE", note])
    return HEADER + text.getvalue().encode()


class Discard:
    """Takes requests as the bulk writer does, makes a batch's body of them, and lets it go."""

    def __init__(self) -> None:
        self._waiting: list[str] = []

    def __enter__(self) -> Discard:
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting = []

    def put(self, request: str) -> None:
        self._waiting.append(request)
        if len(self._waiting) == 25:
            f'{{"RequestItems":{{"records":[{",".join(self._waiting)}]}}}}'.encode()
            self._waiting = []


def sending() -> Any:
    """The bulk writer, whose HTTP session answers at once."""

    client, _ = bulk._client()
    if not getattr(client, "answers_at_once", False):
        client.meta.events.register(
            "before-send.dynamodb.BatchWriteItem", lambda **_: AWSResponse("", 200, {}, _Taken())
        )
        client.answers_at_once = True
    return bulk.BulkWriter("records")


class _Taken:
    """The body of DynamoDB's answer to a batch that it has taken."""

    def stream(self, *_: Any) -> Iterator[bytes]:
        yield b'{"UnprocessedItems":{}}'


def steps(read: Callable[[int], Iterator[bytes]], size: int, writer: Any) -> Iterator[int]:
    """The rows that each step has written, as the function would: read, cut, checked, made into requests."""
    rows = rows_of(Layout(Format.CSV), tuple(HEADER.decode().strip().split(",")))
    request = RecordStore.request_of("drp_6Y9FTMMHRAKTYQYT4TAW0V3H9W")
    begin = Place(len(HEADER), 2)
    for portion in portions(read(begin.offset), begin, size, quoted_line_breaks=True):
        written, lines = 0, portion.lines
        with writer:
            for at, row in rows(portion):
                if not isinstance(row, BadRow):
                    writer.put(request(lines[at], row))
                    written += 1
        yield written


def memory(megabytes: int) -> dict[str, float]:
    """Rows, peak MiB of this process and processor seconds of content of that size."""
    block = file_of(20_000, seed=1)[len(HEADER) :]
    blocks = megabytes * MEGABYTE // len(block)

    def read(_: int) -> Iterator[bytes]:
        for _ in range(blocks):
            yield block

    writer = sending() if megabytes <= SENT_MEGABYTES else Discard()
    rows = sum(steps(read, len(HEADER) + blocks * len(block), writer))
    return {
        "rows": rows,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "seconds": time.process_time(),
    }


def processor() -> dict[str, float]:
    """Processor seconds of each way over the same bytes: the median of rounds in turn."""
    content = file_of(ROWS, seed=20261123)
    ways: dict[str, Callable[[], int]] = {
        "csv reader, json writer": lambda: _csv_and_json(content),
        "transformer, up to its requests": lambda: _transform(content, Discard()),
        "transformer, and the SDK sends them": lambda: _transform(content, sending()),
    }
    took: dict[str, list[float]] = {way: [] for way in ways}
    for round in range(1 + ROUNDS):
        for way, work in ways.items():
            began = time.process_time()
            rows = work()
            if round:
                took[way].append(time.process_time() - began)
            assert rows == ROWS, (way, rows)
    return {way: median(values) for way, values in took.items()}


def looks() -> dict[str, float]:
    """Bytes of content a processor second, of a look through what lies in memory; the median of rounds in turn."""
    content = file_of(LOOKED_ROWS, seed=1)
    ways = {"plain": content, "gzip": gzip.compress(content)}
    took: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, data in ways.items():
            head = Head((), Place(len(HEADER), 2), compressed=way == "gzip")
            begin = Survey.of(head.rows, None if head.compressed else MEGABYTE)
            began = time.process_time()
            (survey,) = deque(look_through(InMemory(data), head, begin), maxlen=1)
            took[way].append(time.process_time() - began)
            assert survey.at == (len(content), LOOKED_ROWS + 2), (way, survey.at)
    return {way: len(content) / median(values) for way, values in took.items()}


class InMemory:
    """A file that needs no bucket."""

    def __init__(self, data: bytes) -> None:
        self._data, self.position = data, 0

    def read(self, start: int, end: int | None = None) -> Iterator[bytes]:
        for at in range(start, len(self._data), READ_AT_ONCE):
            self.position = at + READ_AT_ONCE
            yield self._data[at : at + READ_AT_ONCE]


def _csv_and_json(content: bytes) -> int:
    reader = csv.reader(io.StringIO(content.decode(), newline=""))
    next(reader)
    out, dumps, rows = io.StringIO(), json.dumps, 0
    for row in reader:
        out.write(dumps(row))
        out.write("\n")
        rows += 1
    return rows


def _transform(content: bytes, writer: Any) -> int:
    return sum(counts for counts in steps(lambda start: _of_bytes(content, start), len(content), writer))


def _of_bytes(content: bytes, start: int) -> Iterator[bytes]:
    yield from InMemory(content).read(start)


if __name__ == "__main__":
    how = sys.argv[1:]
    print(json.dumps(looks() if how == ["looks"] else memory(int(how[0])) if how else processor()))
