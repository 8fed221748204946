"""What a page of invoices costs among 100 and among 100,000, on a stage that is up.

The invoices are written straight into a table of the service's own shape, 25 a call, and the service's store reads a
page of each of its lists. Counted are calls, items that DynamoDB has to look at, and read units by its own rule (half a
unit for each begun 4 KB of an index). The milliseconds are the embedded AWS's, which sorts a partition for each query.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from benchmarks.figures import Target, conclude, percentile, table
from local.stage import aws
from local.stage.place import ROOT, Place, requested

sys.path[:0] = [str(ROOT / "shared" / "python"), str(ROOT / "services" / "invoicing")]

from backoffice.dynamodb import Table, to_dynamodb  # noqa: E402
from backoffice.http.cursors import Paging  # noqa: E402
from backoffice.ids import new_id  # noqa: E402
from invoicing.domain.account import Account, Address  # noqa: E402
from invoicing.domain.invoice import Invoice, Origin, State  # noqa: E402
from invoicing.domain.lines import Content, Line  # noqa: E402
from invoicing.domain.taxes import Tax  # noqa: E402
from invoicing.store import Store  # noqa: E402
from invoicing.store.items import invoice_item  # noqa: E402

SIZES = (100, 100_000)
PAGE, ROUNDS, AT_ONCE = 25, 5, 25
ACCOUNT_ID = new_id("cus")
LISTS: dict[str, tuple[str | None, State | None]] = {
    "all": (None, None),
    "of an account": (ACCOUNT_ID, None),
    "of a state": (None, State.DRAFT),
    "of an account in a state": (ACCOUNT_ID, State.DRAFT),
}
MOST_RATIO = 1.0


@dataclass(frozen=True)
class Cost:
    """Of one page: calls to the table, items looked at, read units, and the median of milliseconds."""

    calls: int
    looked_at: int
    units: float
    milliseconds: float


def main() -> int:
    place = Place.at(requested())
    client = aws.client(place, "dynamodb")
    costs = {size: _measured(client, size) for size in SIZES}
    few, many = (costs[size] for size in SIZES)
    rows = [
        [
            f"invoices {name}",
            f"{few[name].calls} / {many[name].calls}",
            f"{few[name].looked_at} / {many[name].looked_at}",
            f"{few[name].units:g} / {many[name].units:g}",
            f"{few[name].milliseconds:.1f} / {many[name].milliseconds:.1f}",
            f"{many[name].milliseconds / few[name].milliseconds:.2f}",
        ]
        for name in LISTS
    ]
    table(
        [
            f"a page of {PAGE}, among {SIZES[0]:,} / {SIZES[1]:,}",
            "calls",
            "items",
            "read units",
            "p50 ms",
            "ratio of ms",
        ],
        rows,
    )
    ratio = max(
        getattr(many[name], what) / getattr(few[name], what)
        for name in LISTS
        for what in ("calls", "looked_at", "units")
    )
    return conclude(Target("calls, items and units among many against few", ratio, MOST_RATIO, "x"))


def _measured(client: Any, size: int) -> dict[str, Cost]:
    with _table(client, f"bench-invoices-{size}-{int(time.time())}") as name:
        began = time.perf_counter()
        _fill(client, name, size)
        print(f"{size:,} invoices written in {time.perf_counter() - began:.0f} s", flush=True)
        return {one: _cost(client, name, *filters) for one, filters in LISTS.items()}


def _cost(client: Any, name: str, account_id: str | None, state: State | None) -> Cost:
    answers: list[dict[str, Any]] = []

    def hear(parsed: dict[str, Any], **_: Any) -> None:
        answers.append(parsed)

    events, store = client.meta.events, Store(Table(name, client))
    events.register("after-call.dynamodb.Query", hear)
    milliseconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        items, last = store.invoices(account_id, state, Paging(PAGE, "bench"))
        milliseconds.append((time.perf_counter() - began) * 1000)
        assert len(items) == PAGE
        assert last
    events.unregister("after-call.dynamodb.Query", hear)
    looked_at = sum(answer["ScannedCount"] for answer in answers) // ROUNDS
    units = sum(_units(answer["Items"]) for answer in answers) / ROUNDS
    return Cost(len(answers) // ROUNDS, looked_at, units, percentile(milliseconds, 50))


def _units(items: list[dict[str, Any]]) -> float:
    """Read units of an eventually consistent read; strings make up almost all of an invoice's size."""
    size = sum(len(name) + len(str(*value.values()).encode()) for item in items for name, value in item.items())
    return math.ceil(size / 4096) / 2


def _fill(client: Any, name: str, size: int) -> None:
    draft = _draft()
    plain = to_dynamodb(invoice_item(draft))

    def write(begin: int) -> None:
        requests = [
            {"PutRequest": {"Item": _numbered(plain, draft.id)}} for _ in range(begin, min(begin + AT_ONCE, size))
        ]
        while requests:
            answer = client.batch_write_item(RequestItems={name: requests})
            requests = answer.get("UnprocessedItems", {}).get(name, [])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(0, size, AT_ONCE)))


def _numbered(plain: dict[str, Any], id: str) -> dict[str, Any]:
    """The same invoice under an id of its own."""
    other = new_id("inv")
    return {
        name: {"S": value["S"].replace(id, other)} if "S" in value and id in value["S"] else value
        for name, value in plain.items()
    }


def _draft() -> Invoice:
    address = Address("Lindenweg 1", "Köln", "DE", "50667")
    buyer = Account(id=ACCOUNT_ID, version=1, name="Ann Smith", address=address).as_buyer()
    line = Line(
        description="Support", quantity=Decimal(1), unit="C62", unit_price=Decimal("10.00"), tax=Tax("S", Decimal(19))
    )
    invoice = Invoice.draft(new_id("inv"), buyer, "EUR", Origin.MANUAL, datetime.now(UTC))
    invoice.revise(Content((line, replace(line, description="Travel"))), None)
    return invoice


@contextmanager
def _table(client: Any, name: str) -> Iterator[str]:
    """A table of the service's shape, gone afterwards."""
    shape = client.describe_table(TableName="local-invoicing")["Table"]
    indexes = [
        {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
        for index in shape["GlobalSecondaryIndexes"]
    ]
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=shape["AttributeDefinitions"],
        KeySchema=shape["KeySchema"],
        GlobalSecondaryIndexes=indexes,
    )
    try:
        yield name
    finally:
        client.delete_table(TableName=name)


if __name__ == "__main__":
    sys.exit(main())
