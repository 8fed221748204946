"""How fast events are counted: one consumer with batches of one and of ten, and several that write one bucket.

The function's own handler takes batches as SQS hands them over, into a table of the embedded AWS; requests are those
that botocore sends. Several consumers are threads, among which DynamoDB's rule for transactions that meet holds, as the
embedded AWS runs one after the other; the baseline is the same without shards.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from itertools import cycle, islice
from types import SimpleNamespace
from typing import Any

from benchmarks.contention import TAKES
from benchmarks.figures import Target, conclude, table
from benchmarks.hot_bucket import BATCH, Fight, fight
from benchmarks.tables import spare
from local.stage import aws
from local.stage.environment import REGION, ROOT_CREDENTIALS
from local.stage.place import ROOT, Place, requested

sys.path[:0] = [str(ROOT / "shared" / "testing")]
from backoffice_testing import contracts, envelope  # noqa: E402

from analytics.domain.measuring import MEASURED  # noqa: E402
from analytics.handlers import inbox  # noqa: E402
from backoffice import dynamodb  # noqa: E402
from backoffice.ids import new_id  # noqa: E402

EVENTS, SPELLS = 400, 3
CONSUMERS, BATCHES = 5, 30
MOST_REQUESTS = 0.4
CONTEXT = SimpleNamespace(function_name="inbox", aws_request_id="request")


def main() -> int:
    place = Place.at(requested())
    os.environ |= {
        **ROOT_CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": place.aws_url,
        "CONTEXT": "analytics",
        "STAGE": "bench",
    }
    client = aws.client(place, "dynamodb")
    rates, requests = _one_consumer(client)
    print()
    sharded, unsharded = _several_consumers(client)
    return conclude(
        Target("requests an event, batches of ten:", requests[10], MOST_REQUESTS, "requests"),
        Target("time an event, of batches of ten to batches of one:", rates[1] / rates[10], 0.5, "x"),
        Target("events miscounted:", sharded + unsharded, 0, "events"),
    )


def _one_consumer(client: Any) -> tuple[dict[int, float], dict[int, float]]:
    """Events a second, and requests an event, by size of a batch; the sizes take turns, the best spell counts."""
    rates: dict[int, float] = {}
    requests: dict[int, float] = {}
    for _ in range(SPELLS):
        for size in (1, 10):
            with spare(client, "local-analytics") as name:
                rate, requests[size] = _counted(name, size)
                rates[size] = max(rate, rates.get(size, 0.0))
    head = ["events of all kinds, a batch", "events a second", "× one by one", "requests an event"]
    rows = [
        [str(size), f"{rates[size]:.0f}", f"{rates[size] / rates[1]:.1f}", f"{requests[size]:.2f}"] for size in rates
    ]
    table(head, rows)
    return rates, requests


def _counted(name: str, size: int) -> tuple[float, float]:
    os.environ["TABLE_NAME"] = name
    inbox._counter.cache_clear()
    sent: list[str] = []
    events = dynamodb.client("dynamodb").meta.events
    events.register("before-send.dynamodb", note := lambda request, **_: sent.append(request.url))
    told = list(islice(messages(), EVENTS))
    batches = [told[start : start + size] for start in range(0, EVENTS, size)]
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        began = time.perf_counter()
        for batch in batches:
            answer = inbox.handler({"Records": batch}, CONTEXT)
            assert answer == {"batchItemFailures": []}, answer
        seconds = time.perf_counter() - began
    events.unregister("before-send.dynamodb", note)
    return EVENTS / seconds, len(sent) / EVENTS


def messages() -> Iterator[dict[str, Any]]:
    """What the contracts give as examples of all that is measured, in turn."""
    told = [(type, data) for type in sorted(MEASURED) for data in contracts.examples(type)]
    for number, (type, data) in enumerate(cycle(told)):
        yield {
            "messageId": str(number),
            "receiptHandle": str(number),
            "body": json.dumps(envelope(type, new_id("agg"), data)),
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:000000000000:inbox",
        }


def _several_consumers(client: Any) -> tuple[int, int]:
    """How many events were miscounted with shards, and without."""
    fights: dict[str, Fight] = {}
    for name, shards in (("unsharded", 1), ("sharded", 8)):
        with spare(client, "local-analytics") as spare_table:
            fights[name] = fight(client, spare_table, CONSUMERS, BATCHES, shards)
    baseline = fights["unsharded"]
    told = CONSUMERS * BATCHES * BATCH
    head = [
        f"{CONSUMERS} consumers, one bucket ({TAKES * 1000:.0f} ms)",
        "events a second",
        "× unsharded",
        "conflicts a batch",
        "delivered again",
    ]
    rows = [
        [
            name,
            f"{told / one.seconds:.0f}",
            f"{baseline.seconds / one.seconds:.1f}",
            f"{one.conflicts_a_batch:.2f}",
            str(one.given_up),
        ]
        for name, one in fights.items()
    ]
    table(head, rows)
    return abs(told - fights["sharded"].counted), abs(told - baseline.counted)


if __name__ == "__main__":
    sys.exit(main())
