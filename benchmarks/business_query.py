"""What `POST /query` takes of the processor, over 90 days, while what was counted grows from 1,000 to 1,000,000 events.

The function runs as it is, with the SDK's own client; only DynamoDB is a dictionary that answers at once, page by page,
in DynamoDB's own JSON. Its items are what the inbox and the compactor would have left: the changes of all events, added
up, and days that are over absorbed; once, nothing is absorbed. The baseline adds up the events themselves, held in
memory.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from operator import itemgetter
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse

from benchmarks.figures import Target, conclude, table
from local.stage.place import ROOT

sys.path[:0] = [str(ROOT / "shared" / "python"), str(ROOT / "services" / "analytics")]
os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "TABLE_NAME": "analytics",
    "CONTEXT": "analytics",
    "STAGE": "bench",
}

from analytics.domain import measures  # noqa: E402
from analytics.domain.buckets import QUARTER, Change  # noqa: E402
from analytics.domain.generations import FIRST  # noqa: E402
from analytics.domain.sketch import bin_of  # noqa: E402
from analytics.handlers import queries  # noqa: E402
from analytics.store import keys  # noqa: E402
from analytics.store.compacting import LARGE, rollups  # noqa: E402
from backoffice.dynamodb import Item, client, to_dynamodb  # noqa: E402

MOST = 1_000_000
EVENTS = (1_000, 10_000, 100_000, MOST)
ROUNDS = 3
DAYS = 90
START = datetime(2026, 8, 1, tzinfo=UTC)
MOST_MILLISECONDS = 50.0
PAGE_BYTES = 1024 * 1024
CONTEXT = SimpleNamespace(function_name="queries", aws_request_id="request")
AGES = [f"ageing_{age}" for age in ("current", "1_30", "31_60", "61_90", "over_90")]
PERCENTILES = [f"resolution_time_p{percent}" for percent in (50, 90, 95)]
BERLIN, INDIA, LORD_HOWE = "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"
QUESTIONS: dict[str, tuple[list[str], str, str]] = {
    "tickets opened by hour": (["tickets_opened"], "hour", BERLIN),
    "outstanding by hour": (["outstanding"], "hour", BERLIN),
    "resolution time p50, p90, p95 by hour": (PERCENTILES, "hour", BERLIN),
    "days of sales and ageing by day": (["days_sales_outstanding", *AGES], "day", BERLIN),
    "percentiles by hour of India": (PERCENTILES, "hour", INDIA),
    "percentiles by day, of 24 hours each": (PERCENTILES, "day", BERLIN),
    "percentiles by hour of Lord Howe, of 4 quarters": (PERCENTILES, "hour", LORD_HOWE),
}
"""The metrics, the interval and the zone."""
TARGETED = list(QUESTIONS)[:4]


class Kept:
    """A table in memory that answers queries as DynamoDB does. It has the totals alone: they are asked."""

    def __init__(self, changes: Iterable[Change], *, compact: bool = True) -> None:
        items: dict[tuple[str, str], dict[str, Decimal]] = {}
        for change in changes:
            totals = islice(keys.places(change, FIRST), 2 if change.measure.is_level else 1)
            for pk, sk, attribute in totals:
                item = items.setdefault((pk, sk), {})
                item[attribute] = item.get(attribute, Decimal(0)) + change.amount
        self._partitions: dict[str, list[tuple[str, str]]] = {}
        kept = compacted(items) if compact else [{"pk": pk, "sk": sk, **amounts} for (pk, sk), amounts in items.items()]
        for item in sorted(kept, key=itemgetter("pk", "sk")):
            written = json.dumps(to_dynamodb(item), default=lambda blob: b64encode(blob).decode())
            self._partitions.setdefault(item["pk"], []).append((item["sk"], written))

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        """For botocore's ``before-send``: the page that is asked for."""
        asked = json.loads(request.body)
        values = {name: value["S"] for name, value in asked["ExpressionAttributeValues"].items()}
        rows = self._partitions.get(values[":pk"], [])
        begin = bisect_left(rows, (values[":first"], ""))
        if "ExclusiveStartKey" in asked:
            begin = bisect_right(rows, (asked["ExclusiveStartKey"]["sk"]["S"], "~"))
        page: list[str] = []
        size, page_end, last = 0, "", ""
        for sk, written in rows[begin : bisect_right(rows, (values[":last"], "~"))]:
            if size > PAGE_BYTES:
                key = {"pk": {"S": values[":pk"]}, "sk": {"S": page_end}}
                last = f', "LastEvaluatedKey": {json.dumps(key)}'
                break
            page.append(written)
            size += len(written)
            page_end = sk
        body = f'{{"Count": {len(page)}, "Items": [{", ".join(page)}]{last}}}'.encode()
        return _answered(request, body)


def compacted(items: Mapping[tuple[str, str], dict[str, Decimal]]) -> Iterator[Item]:
    """What the compactor leaves of items, on the last day asked for."""
    today = f"{keys.DAY}#{START + timedelta(days=DAYS - 1):%Y-%m-%d}"
    for (pk, sk), amounts in items.items():
        item: Item = {"pk": pk, "sk": sk, **amounts}
        if not sk.startswith(keys.DAY) or sk >= today and len(item) <= LARGE:
            yield item | {"born": "birth"}
            continue
        for kind, rollup in zip((keys.QUARTERS_OF_DAY, *keys.HOURS.values()), rollups([item]), strict=True):
            yield {"pk": pk, "sk": keys.of_kind(sk, kind), "absorbed": {"another": 0}, **rollup}


def _answered(request: Any, body: bytes) -> AWSResponse:
    response = AWSResponse(request.url, 200, {"content-type": "application/x-amz-json-1.0"}, None)
    response._content = body
    return response


def main() -> int:
    # Nobody has ever started another generation.
    client("dynamodb").meta.events.register(
        "before-send.dynamodb.GetItem", lambda request, **_: _answered(request, b"{}")
    )
    rows, targets = [], []
    first: dict[str, float] = {}
    for events in EVENTS:
        rng = random.Random(events)
        quarters = [START + rng.randrange(DAYS * 96) * QUARTER for _ in range(events)]
        baseline = _best(partial(_added_up, quarters))
        with _kept(_changes(rng, quarters)):
            for name, question in QUESTIONS.items():
                took = _best(partial(_ask, *question))
                ratios = [f"{took / first.setdefault(name, took):.1f}", f"{took / baseline:.2f}"]
                rows.append([name, f"{events:,}", f"{took:.1f}", *ratios])
                if events == MOST and name in TARGETED:
                    targets.append(Target(f"CPU for {name}, {events:,} events,", took, MOST_MILLISECONDS, "ms"))
    with _kept(_changes(random.Random(MOST), quarters), compact=False):
        name = TARGETED[2]
        took = _best(partial(_ask, *QUESTIONS[name]))
        rows.append([f"{name}, nothing absorbed", f"{MOST:,}", f"{took:.1f}", f"{took / first[name]:.1f}", ""])
    rows.sort(key=lambda row: [*QUESTIONS, row[0]].index(row[0]))
    table([f"{DAYS} days", "events", "CPU ms", f"× of {EVENTS[0]:,}", "× adding up the events"], rows)
    return conclude(*targets)


@contextmanager
def _kept(changes: Iterable[Change], *, compact: bool = True) -> Iterator[None]:
    """Let the function read these changes."""
    kept, told = Kept(changes, compact=compact), client("dynamodb").meta.events
    told.register("before-send.dynamodb.Query", kept.answer)
    try:
        yield
    finally:
        told.unregister("before-send.dynamodb.Query", kept.answer)


def _changes(rng: random.Random, quarters: list[datetime]) -> Iterator[Change]:
    """The changes of so many tickets opened and solved, invoices and payments; those of the same bucket are one."""
    about, account = ("general", "normal", "ann"), ("EUR", "cus_1")
    opened, took, invoiced, owed = (Counter[tuple[datetime, int | None]]() for _ in range(4))
    for quarter in quarters:
        opened[quarter, None] += 1
        took[quarter, bin_of(timedelta(seconds=rng.lognormvariate(9, 1.2)))] += 1
        cents, due = rng.randrange(-9_000, 10_000), quarter.toordinal() + rng.choice((14, 30, 0, -10, -40))
        invoiced[quarter, None] += abs(cents)
        owed[quarter, due] += cents
    for (quarter, _), number in opened.items():
        yield Change(measures.TICKETS_OPENED, about[:2], quarter, Decimal(number))
    for (quarter, bin), number in took.items():
        yield Change(measures.RESOLUTION_TIME, about, quarter, Decimal(number), bin)
    for (quarter, _), cents in invoiced.items():
        yield Change(measures.INVOICED, account, quarter, Decimal(cents) / 100)
    for (quarter, due_date), cents in owed.items():
        yield Change(measures.OUTSTANDING, account, quarter, Decimal(cents) / 100)
        yield Change(measures.OUTSTANDING_BY_DUE_DATE, account, quarter, Decimal(cents) / 100, due_date)


def _ask(metrics: list[str], interval: str, zone: str) -> None:
    question = {
        "metrics": metrics,
        "from": START.date().isoformat(),
        "to": (START + timedelta(days=DAYS)).date().isoformat(),
        "interval": interval,
        "time_zone": zone,
    }
    answer = queries.handler(
        {
            "httpMethod": "POST",
            "path": "/query",
            "resource": "/query",
            "headers": {},
            "queryStringParameters": None,
            "body": json.dumps(question),
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": "request",
                "authorizer": {"claims": {"sub": "bench", "email": "a@example.com", "cognito:groups": "analysts"}},
            },
        },
        CONTEXT,
    )
    assert answer["statusCode"] == 200, answer["body"]


def _added_up(quarters: list[datetime]) -> Counter[int]:
    return Counter((quarter - START) // timedelta(hours=1) for quarter in quarters)


def _best(work: Callable[[], Any]) -> float:
    """The milliseconds of processor time of the best of some rounds."""
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1000)
    return min(took)


if __name__ == "__main__":
    sys.exit(main())
