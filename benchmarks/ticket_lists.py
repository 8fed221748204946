"""What a page of a ticket list costs at 200 tickets and at 50,000: calls, units that DynamoDB bills, milliseconds.

On the embedded AWS of a stage that is up, in a table of this benchmark's own, of the shape that all contexts have. The
tickets are written by BatchWriteItem as the store would write them, without messages; the pages are read by the store.
The small table is the baseline: a page of the large one must cost the same. ``TICKETS=100000`` takes 200 s.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from benchmarks.figures import Target, conclude, percentile, table
from local.stage import aws
from local.stage.place import ROOT, Place, requested

SERVICE = ROOT / "services" / "customer-support"
sys.path[:0] = [str(ROOT / "shared" / "python"), str(SERVICE)]

from ulid import ULID  # noqa: E402

from backoffice.dynamodb import Item, Table, to_dynamodb  # noqa: E402
from backoffice.http.cursors import Paging  # noqa: E402
from customer_support.domain.history import Act  # noqa: E402
from customer_support.domain.searching import words  # noqa: E402
from customer_support.domain.service_levels import Priority, ServiceLevels  # noqa: E402
from customer_support.domain.tickets import Ticket  # noqa: E402
from customer_support.store import Store, keys  # noqa: E402
from customer_support.store.items import keyed, ticket_item, ticket_pointers  # noqa: E402

SMALL, LARGE = 200, int(os.environ.get("TICKETS", "50000"))
PAGE = 25
# One is enough for calls and units. The milliseconds are the embedded AWS's, which sorts a whole partition each time.
ROUNDS = 1
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
# Every list has more than a page even in the small table, so that full pages are compared with full pages.
QUEUES, AGENTS, TAGS = ("sales", "support"), ("bo", "cy"), ("fire", "water")

LISTS: dict[str, dict[str, Any]] = {
    "all": {},
    "status": {"status": "open"},
    "queue": {"queue": "sales"},
    "queue, status": {"queue": "sales", "status": "open"},
    "assignee": {"assignee": "bo"},
    "assignee, status": {"assignee": "bo", "status": "open"},
    "customer_id": {"customer_id": "cus_1"},
    "tag": {"tag": "fire"},
    "updated_after": {"updated_after": BEGAN},
    "q (two words)": {},
}


def main() -> int:
    place = Place.at(requested())
    dynamodb = aws.client(place, "dynamodb")
    measured = {}
    for count in (SMALL, LARGE):
        with _filled(dynamodb, count) as store_table:
            measured[count] = {name: _measured(store_table, name, filter) for name, filter in LISTS.items()}
    rows = []
    for name in LISTS:
        small, large = measured[SMALL][name], measured[LARGE][name]
        rows.append([name, *_shown(small), *_shown(large), f"{large[1] / small[1]:.2f}"])
    table(
        [
            "a page of 25 by",
            *(f"{what} at {n:,}" for n in (SMALL, LARGE) for what in ("calls", "units", "ms")),
            "x units",
        ],
        rows,
    )
    ratios = [measured[LARGE][name][1] / measured[SMALL][name][1] for name in LISTS]
    calls = max(measured[LARGE][name][0] - measured[SMALL][name][0] for name in LISTS)
    return conclude(
        Target("units of a page, large to small", max(ratios), 1.05, "x"),
        Target("calls more at the large one", calls, 0, "calls"),
    )


@contextmanager
def _filled(dynamodb: Any, count: int) -> Iterator[Table]:
    """A table of its own with so many tickets, gone afterwards."""
    name = f"benchmark-ticket-lists-{uuid.uuid4().hex[:8]}"
    like = dynamodb.describe_table(TableName="local-customer-support")["Table"]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=like["AttributeDefinitions"],
        KeySchema=like["KeySchema"],
        GlobalSecondaryIndexes=[
            {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
            for index in like["GlobalSecondaryIndexes"]
        ],
    )
    try:
        began = time.monotonic()
        with ThreadPoolExecutor(2) as writers:
            for done in [writers.submit(_write, dynamodb, name, part) for part in _batches(count)]:
                done.result()
        print(f"{count:,} tickets written in {time.monotonic() - began:.0f} s", flush=True)
        yield Table(name, dynamodb)
    finally:
        dynamodb.delete_table(TableName=name)


def _batches(count: int) -> Iterator[list[Item]]:
    items = _items(count)
    while batch := list(islice(items, 25)):
        yield batch


def _write(dynamodb: Any, name: str, items: Sequence[Item]) -> None:
    requests = [{"PutRequest": {"Item": to_dynamodb(item)}} for item in items]
    assert not dynamodb.batch_write_item(RequestItems={name: requests})["UnprocessedItems"]


def _items(count: int) -> Iterator[Item]:
    chance, levels = random.Random(7), ServiceLevels(id="service-levels")
    for number in range(count):
        opened_at = BEGAN + timedelta(minutes=number)
        text = "Printer on fire" if number % 2 else "Printer is cold"
        details = {
            "customer_id": f"cus_{number % 2}",
            "subject": text,
            "body": text * 10,
            "priority": Priority.NORMAL,
            "queue": QUEUES[number % 2],
            "tags": [TAGS[number % 8 // 4]] if number % 4 < 2 else [],
        }
        id = f"tkt_{ULID.from_datetime(opened_at)}"
        ticket = Ticket.open(id, details, Act("ann", opened_at), levels)
        ticket.assign(AGENTS[number % 2], Act("bo", opened_at + timedelta(minutes=chance.randrange(1, 60))))
        yield ticket_item(ticket)
        yield from ticket_pointers(ticket).values()
        if number % 4 < 2:
            yield from (keyed(keys.word(word, id)) for word in words(text) & {"printer", "fire"})


def _measured(store_table: Table, name: str, filter: dict[str, Any]) -> tuple[int, float, float]:
    """Calls, units and median milliseconds of a full page."""
    units: list[float] = []

    asked: dict[str, Any] = {}

    def ask(params: dict[str, Any], **_: Any) -> None:
        asked.clear()
        asked.update(params)

    def count(parsed: dict[str, Any], **_: Any) -> None:
        units.append(_units(asked, parsed))

    events = store_table.client.meta.events
    hooks = [
        (f"{moment}.dynamodb.{call}", hook)
        for call in ("Query", "BatchGetItem")
        for moment, hook in (("provide-client-params", ask), ("after-call", count))
    ]
    for event, hook in hooks:
        events.register(event, hook)
    took = []
    for _ in range(ROUNDS):
        units.clear()
        store, page, began = Store(store_table), Paging(PAGE, ""), time.perf_counter()
        if name.startswith("q "):
            tickets, _next = store.search(frozenset({"printer", "fire"}), {}, page)
        else:
            tickets, _next = store.tickets(filter, page)
        took.append((time.perf_counter() - began) * 1000)
        assert len(tickets) >= PAGE // 2, f"{name} shows {len(tickets)}"
    for event, hook in hooks:
        events.unregister(event, hook)
    return len(units), sum(units), percentile(took, 50)


def _units(request: dict[str, Any], answer: dict[str, Any]) -> float:
    """Read units by DynamoDB's rules; the embedded AWS does not measure items.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
    """
    if "Responses" in answer:
        items = [item for found in answer["Responses"].values() for item in found]
        return float(sum(math.ceil(_size(item) / 4096) for item in items))
    assert answer["ScannedCount"] == len(answer["Items"]), "nothing is read in vain"
    whole = math.ceil(sum(map(_size, answer["Items"])) / 4096)
    return whole if request.get("ConsistentRead") else whole / 2


def _size(item: dict[str, Any]) -> int:
    return len(json.dumps(item))


def _shown(figures: tuple[int, float, float]) -> list[str]:
    calls, units, milliseconds = figures
    return [str(calls), f"{units:g}", f"{milliseconds:.1f}"]


if __name__ == "__main__":
    sys.exit(main())
