"""Our stage, which must be up, and serverless-offline side by side: the same stack, functions, table and clients.

First hit after a start, warm with one client, and eight cold ones at once; in turn, so that a busy moment hits both.
What is not the same is what serverless-offline leaves out: API Gateway's authorizer (it cannot check a user pool's
token, so that it runs with --noAuth), IAM (its functions have the developer's rights), the Lambda Runtime API, segments
for X-Ray, log groups, time-outs that end a process. Ours has all of it in these figures.
"""

from __future__ import annotations

import http.client
import itertools
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from benchmarks.figures import conclude, percentile, table
from benchmarks.serverless_offline.command_line import install
from benchmarks.serverless_offline.deployed import CUSTOMER, OurStage, deployed
from benchmarks.serverless_offline.offline import Offline
from local.stage.place import Place, requested

ROUNDS = 300
WARM_UP = 20
COLD_ROUNDS = 5
AT_ONCE = 8
ROUTES = {"trivial": "/trivial", "GetItem": f"/customers/{CUSTOMER}"}

Servers = Sequence[OurStage | Offline]
Took = dict[tuple[str, str], list[float]]


def main() -> int:
    install()
    place = Place.at(requested())
    began = time.monotonic()
    with deployed(place) as ours:
        deploy = time.monotonic() - began
        offline = Offline(place)
        servers: Servers = (ours, offline)
        try:
            first, burst = _cold(servers)
            warm = _warm(servers)
        finally:
            offline.stop()
    print(f"osls deploy to our stage: {deploy:.1f} s, start of serverless-offline: {offline.started:.1f} s\n")
    _show(f"first hit, median of {COLD_ROUNDS}, ms", first, 50)
    _show(f"{AT_ONCE} cold at once, all answered, median of {COLD_ROUNDS}, ms", burst, 50)
    _show("warm, one client, p50 ms", warm, 50)
    _show("warm, one client, p95 ms", warm, 95)
    return conclude()


def _cold(servers: Servers) -> tuple[Took, Took]:
    """Milliseconds until the first answer, and until all of several at once are there; each after its own start."""
    first: Took = {}
    burst: Took = {}
    for _, server in itertools.product(range(COLD_ROUNDS), servers):
        for took, clients in ((first, 1), (burst, AT_ONCE)):
            server.restart()
            for route in ROUTES:
                took.setdefault((server.name, route), []).append(_at_once(server, route, clients))
    return first, burst


def _warm(servers: Servers) -> Took:
    took: Took = {}
    connections = {server.name: _connection(server) for server in servers}
    for round in range(WARM_UP + ROUNDS):
        for server, route in itertools.product(servers, ROUTES):
            began = time.perf_counter()
            _get(connections[server.name], server, route)
            if round >= WARM_UP:
                took.setdefault((server.name, route), []).append((time.perf_counter() - began) * 1000)
    for connection in connections.values():
        connection.close()
    return took


def _at_once(server: OurStage | Offline, route: str, clients: int) -> float:
    def call(_: int) -> None:
        with closing(_connection(server)) as connection:
            _get(connection, server, route)

    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        list(pool.map(call, range(clients)))
        return (time.perf_counter() - began) * 1000


def _connection(server: OurStage | Offline) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)


def _get(connection: http.client.HTTPConnection, server: OurStage | Offline, route: str) -> None:
    connection.request("GET", server.path + ROUTES[route], headers=server.headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (server.name, answer.status, body)


def _show(what: str, took: Took, percent: float) -> None:
    rows = []
    for route in ROUTES:
        ours, theirs = (
            statistics.median(took[name, route]) if percent == 50 else percentile(took[name, route], percent)
            for name in (OurStage.name, Offline.name)
        )
        rows.append([f"{route}: {what}", f"{ours:.1f}", f"{theirs:.1f}", f"{ours / theirs:.2f}"])
    table(["", OurStage.name, Offline.name, "ours is x"], rows)
    print()


if __name__ == "__main__":
    sys.exit(main())
