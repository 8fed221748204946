"""How long a GET takes through gateway, authorizer, IAM, Lambda and table, and how many a second, on a stage.

Beside it, in the same run and in turn: the embedded AWS's own bare health check, which is what its HTTP server costs,
and the same read straight from the table, which is the least that any way to the data costs. The client does no more
than it must and keeps its connection: requests takes as long as the whole way behind it.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from benchmarks.figures import Target, conclude, percentile, table
from local.demo.apis import apis, endpoints
from local.demo.cast import AGENT, Cast
from local.stage import aws, users
from local.stage.place import Place, requested

ROUNDS = 300
WARM_UP = 50
CLIENTS = 8
SECONDS = 10.0
MOST_MILLISECONDS = 8.0
LEAST_A_SECOND = 250.0

Way = Callable[[], Any]


def main() -> int:
    place = Place.at(requested())
    customer = apis(place).support.post("/customers", Cast(1).customer()).body["id"]
    ways = {
        "health check": lambda: _get(f"{place.aws_url}/_ministack/health", {}),
        "GetItem from the table": lambda: _get_item(place, customer),
        "GET /customers/{id}": lambda: _get_customer(place, customer),
    }
    took = _in_turn({way: make() for way, make in ways.items()})
    _show_times(took)
    rates = {way: _rate(make) for way, make in ways.items()}
    print()
    health = rates["health check"]
    rows = [[way, f"{rate:.0f}", f"{rate / health:.2f}"] for way, rate in rates.items()]
    table([f"{CLIENTS} clients", "a second", "x health check"], rows)
    return conclude(
        Target("p50 of the GET", percentile(took["GET /customers/{id}"], 50), MOST_MILLISECONDS, "ms"),
        Target(
            "milliseconds between two answers to eight clients",
            1000 / rates["GET /customers/{id}"],
            1000 / LEAST_A_SECOND,
            "ms",
        ),
    )


def _get(url: str, headers: dict[str, str]) -> Way:
    """A GET of `url` over a connection of its own that stays open."""
    parts = urlsplit(url)
    lines = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}", *map(": ".join, headers.items()), "", ""]
    request = "\r\n".join(lines).encode()
    connection = socket.create_connection((parts.hostname, parts.port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answers = connection.makefile("rb")

    def get() -> None:
        connection.sendall(request)
        status = answers.readline()
        length = 0
        while (line := answers.readline().lower()).strip():
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        body = answers.read(length)
        assert b" 200 " in status, (status, body)

    return get


def _get_customer(place: Place, customer: str) -> Way:
    base_url = endpoints(place)["services"]["customer-support"]
    return _get(f"{base_url}/customers/{customer}", {"Authorization": f"Bearer {users.token(place, AGENT)}"})


def _get_item(place: Place, customer: str) -> Way:
    dynamodb = aws.client(place, "dynamodb")
    key = {"pk": {"S": f"CUSTOMER#{customer}"}, "sk": {"S": "CUSTOMER"}}
    assert dynamodb.get_item(TableName="local-customer-support", Key=key)["Item"]
    return lambda: dynamodb.get_item(TableName="local-customer-support", Key=key, ConsistentRead=True)


def _in_turn(ways: dict[str, Way]) -> dict[str, list[float]]:
    """Milliseconds of each way, taken in turn so that a busy moment hits all alike."""
    took: dict[str, list[float]] = {way: [] for way in ways}
    for round in range(WARM_UP + ROUNDS):
        for way, call in ways.items():
            began = time.perf_counter()
            call()
            if round >= WARM_UP:
                took[way].append((time.perf_counter() - began) * 1000)
    return took


def _rate(make: Callable[[], Way]) -> float:
    """Calls a second of several clients at once, after a second in which every worker starts."""

    def count(call: Way, until: float) -> int:
        calls = 0
        while time.monotonic() < until:
            call()
            calls += 1
        return calls

    calls = [make() for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        for seconds in (SECONDS / 2, SECONDS):
            until = time.monotonic() + seconds
            counted = sum(pool.map(count, calls, [until] * CLIENTS))
    return counted / SECONDS


def _show_times(took: dict[str, list[float]]) -> None:
    health = percentile(took["health check"], 50)
    rows = [
        [
            way,
            *(f"{percentile(values, percent):.1f}" for percent in (50, 95, 99)),
            f"{percentile(values, 50) / health:.1f}",
        ]
        for way, values in took.items()
    ]
    table(["one client", "p50 ms", "p95 ms", "p99 ms", "x health check"], rows)


if __name__ == "__main__":
    sys.exit(main())
