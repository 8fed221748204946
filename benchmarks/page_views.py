"""Counting page views: how many a second, and how many requests to DynamoDB each one takes, at several batch sizes.

Against the DynamoDB of a stage that is up, in a table of its own. The baseline is the simplest counter there is, an
UpdateItem for each view: it counts a view twice that comes twice, and knows no visitors. Then unique visitors are asked
for, of 90 days by hour.
"""

from __future__ import annotations

import random
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Target, conclude, table
from local.stage import aws
from local.stage.place import ROOT, Place, requested

sys.path[:0] = [str(ROOT / "shared" / "python"), str(ROOT / "services" / "analytics")]

from analytics.domain.asking import ask  # noqa: E402
from analytics.domain.intervals import Interval  # noqa: E402
from analytics.domain.planning import Question  # noqa: E402
from analytics.domain.web.views import Cell, Length, PageView  # noqa: E402
from analytics.domain.web.visitors import packed, sketch_of  # noqa: E402
from analytics.store.reading import Reader  # noqa: E402
from analytics.store.visitors import key  # noqa: E402
from analytics.store.visits import VisitStore  # noqa: E402
from analytics.web.counting import count  # noqa: E402
from backoffice.dynamodb import Table  # noqa: E402

VIEWS = 2_000
PAGES = [f"/{name}" for name in ("", "pricing", "docs", "blog", "sign-up")]
VISITORS = 400
BATCHES = (1, 10, 100, 500)
MOST_REQUESTS = 0.4
MOST_SECONDS = 20
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAYS = 90


def main() -> int:
    with _table(Place.at(requested())) as table_:
        base = _updates(table_)
        rows = [["an UpdateItem a view", f"{base:,.0f}", "1.0", "1.00"]]
        requests = {}
        for size in BATCHES:
            rate, requests[size] = _counted(table_, size)
            rows.append([f"batches of {size}", f"{rate:,.0f}", f"{rate / base:.1f}", f"{requests[size]:.2f}"])
        table(["counting page views", "views a second", "x UpdateItem", "requests a view"], rows)
        print()
        _asked(table_)
    return conclude(Target("requests a view, in batches of 10", requests[10], MOST_REQUESTS, "requests"))


def _updates(table_: Table) -> float:
    began, views = time.perf_counter(), 0
    while views < VIEWS and time.perf_counter() - began < MOST_SECONDS:
        table_.client.update_item(
            TableName=table_.name,
            Key={"pk": {"S": "COUNTER"}, "sk": {"S": "COUNTER"}},
            UpdateExpression="ADD t1200 :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        views += 1
    return views / (time.perf_counter() - began)


def _counted(table_: Table, size: int) -> tuple[float, float]:
    """Views a second, and requests a view, of a shard that brings batches of that size."""
    rng, requests = random.Random(size), [0]

    def one_more(**_: object) -> None:
        requests[0] += 1

    table_.client.meta.events.register("before-call.dynamodb", one_more)
    shard, store = f"batches-{size}", VisitStore(table_)
    began, views = time.perf_counter(), 0
    while views < VIEWS and time.perf_counter() - began < MOST_SECONDS:
        count(shard, [(views + place, _view(rng, NOON)) for place in range(size)], store)
        views += size
    seconds = time.perf_counter() - began
    table_.client.meta.events.unregister("before-call.dynamodb", one_more)
    return views / seconds, requests[0] / views


def _asked(table_: Table) -> None:
    """Tell what the visitors of many hours cost to read, a thousand in each."""
    rng = random.Random(90)
    start = NOON - timedelta(days=2 * DAYS)
    hours = [start + timedelta(hours=hour) for hour in range(24 * DAYS)]
    sketches = [packed(sketch_of(rng.getrandbits(64) for _ in range(1_000))) for _ in range(24)]
    places = [key(Cell(None, Length.HOUR, hour), "hours") for hour in hours]
    table_.put_all({"pk": pk, "sk": sk, "sketch": rng.choice(sketches)} for pk, sk in places)
    question = Question(["unique_visitors"], hours[0], hours[-1] + timedelta(hours=1), Interval.HOUR, "Europe/Berlin")
    began, processor = time.perf_counter(), time.process_time()
    _, (series,) = ask(question, Reader(table_))
    processor, began = time.process_time() - processor, time.perf_counter() - began
    assert len(series.values) == len(hours)
    table(
        ["unique visitors of one shard", "ms", "ms of CPU"],
        [[f"{DAYS} days by hour", f"{began * 1000:.0f}", f"{processor * 1000:.0f}"]],
    )


def _view(rng: random.Random, at: datetime) -> PageView:
    visitor = rng.randrange(VISITORS) * 0x9E3779B97F4A7C15 % 2**64
    return PageView(uuid.UUID(int=rng.getrandbits(128)).hex, rng.choice(PAGES), visitor, at)


@contextmanager
def _table(place: Place) -> Iterator[Table]:
    """A table of the stage's DynamoDB, gone afterwards."""
    client, name = aws.client(place, "dynamodb"), f"benchmark-{time.time_ns()}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    try:
        yield Table(name, client)
    finally:
        client.delete_table(TableName=name)


if __name__ == "__main__":
    sys.exit(main())
