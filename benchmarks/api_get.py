"""How long a GET takes through API Gateway, authorizer, Lambda and table, on a stage that is up.

Beside it, in the same run and in turn: the embedded AWS's own bare health check, which is what its HTTP server costs,
and the same read straight from the table, which is the least that any way to the data costs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import requests

from benchmarks.figures import Target, conclude, percentile, table
from local.demo.apis import apis
from local.demo.cast import Cast
from local.stage import aws
from local.stage.place import Place, requested

ROUNDS = 300
WARM_UP = 30
MOST_MILLISECONDS = 25.0


def main() -> int:
    place = Place.at(requested())
    measured = _measured(_ways(place))
    health = percentile(measured["health check"], 50)
    rows = [
        [
            way,
            *(f"{percentile(values, percent):.1f}" for percent in (50, 95, 99)),
            f"{percentile(values, 50) / health:.1f}",
        ]
        for way, values in measured.items()
    ]
    table(["way", "p50 ms", "p95 ms", "p99 ms", "x health check"], rows)
    return conclude(Target("p50 of the GET", percentile(measured["GET /customers/{id}"], 50), MOST_MILLISECONDS, "ms"))


def _ways(place: Place) -> dict[str, Callable[[], Any]]:
    support = apis(place).support
    customer = support.post("/customers", Cast(1).customer()).body["id"]
    dynamodb = aws.client(place, "dynamodb")
    key = {"pk": {"S": f"CUSTOMER#{customer}"}, "sk": {"S": "CUSTOMER"}}
    assert dynamodb.get_item(TableName="local-customer-support", Key=key)["Item"]
    session = requests.Session()
    session.trust_env = False
    return {
        "health check": lambda: session.get(f"{place.aws_url}/_ministack/health", timeout=10).raise_for_status(),
        "GetItem from the table": lambda: dynamodb.get_item(
            TableName="local-customer-support", Key=key, ConsistentRead=True
        ),
        "GET /customers/{id}": lambda: support.get(f"/customers/{customer}"),
    }


def _measured(ways: dict[str, Callable[[], Any]]) -> dict[str, list[float]]:
    """Milliseconds of each way, taken in turn so that a busy moment hits all alike."""
    measured: dict[str, list[float]] = {way: [] for way in ways}
    for round in range(WARM_UP + ROUNDS):
        for way, call in ways.items():
            began = time.perf_counter()
            call()
            if round >= WARM_UP:
                measured[way].append((time.perf_counter() - began) * 1000)
    return measured


if __name__ == "__main__":
    sys.exit(main())
