"""What tracing adds to an invocation, on a stage that is up.

Three copies of the function that answers GET /customers/{id} are deployed beside it and handle the same event in turn,
each in its one warm worker, invoked straight at local/lambda:

- "traced": as deployed, with a sampled trace: Lambda's segments, the handler's span, the call of the table;
- "switched off": with AWS_XRAY_SDK_ENABLED=false, the SDK's own switch, and a trace that is not sampled;
- "without": the layer's `backoffice.tracing` replaced by a module that does nothing and imports nothing. What is
  measured against, since a switched-off SDK still stands in the way of each call.

The cost is the median of the differences between neighbours, and that of the workers' processor time.
"""

from __future__ import annotations

import http.client
import io
import json
import statistics
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Target, conclude, percentile, table
from local.demo.apis import apis
from local.demo.cast import Cast
from local.stage import aws
from local.stage.place import ROOT, Place, requested

FUNCTION = "local-customer-support-queries"
ROUNDS = 1000
WARM_UP = 100
PATIENCE = 10.0
MOST_MILLISECONDS = 1.0
TRACED, SWITCHED_OFF, WITHOUT = "traced", "switched off", "without"
_TABLE_NODE = "AWS::DynamoDB::Table"
_NO_TRACING = """
from contextlib import contextmanager, nullcontext

MESSAGE_ATTRIBUTE = "xray"


def header():
    return None


def trace_id():
    return None


def span(name, **annotations):
    return nullcontext()


def record(trace_header):
    return nullcontext()


def annotate(**annotations):
    pass


def answered(status):
    pass


def failed(error):
    pass
"""


@dataclass(frozen=True)
class Copy:
    """A copy of the function: its name, and whether its invocations belong to a sampled trace."""

    name: str
    sampled: bool


def main() -> int:
    place = Place.at(requested())
    event = _event(apis(place).support.post("/customers", Cast(1).customer()).body["id"])
    with _copies(place) as copies:
        took, processor = _in_turn(place, copies, event)
    without = took[WITHOUT]
    added = {way: _median_difference(values, without) for way, values in took.items()}
    rows = [
        [
            way,
            *(f"{percentile(values, percent):.2f}" for percent in (50, 95)),
            f"{added[way]:+.2f}",
            f"{processor[way]:.2f}",
            f"{processor[way] / processor[WITHOUT]:.2f}",
        ]
        for way, values in took.items()
    ]
    table(["GET /customers/{id}, invoked", "p50 ms", "p95 ms", "added ms", "worker's CPU ms", "x without"], rows)
    return conclude(
        Target("tracing adds to an invocation", added[TRACED], MOST_MILLISECONDS, "ms"),
        Target(
            "tracing adds to the worker's processor time",
            processor[TRACED] - processor[WITHOUT],
            MOST_MILLISECONDS,
            "ms",
        ),
    )


def _median_difference(values: list[float], base: list[float]) -> float:
    return statistics.median(value - beside for value, beside in zip(values, base, strict=True))


def _event(customer: str) -> bytes:
    """What API Gateway hands to the function."""
    path = f"/customers/{customer}"
    claims = {"sub": "benchmark", "email": "agent@example.com", "cognito:groups": "[agents]"}
    event = {
        "resource": "/customers/{customer_id}",
        "path": path,
        "httpMethod": "GET",
        "headers": None,
        "multiValueHeaders": None,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"customer_id": customer},
        "stageVariables": None,
        "requestContext": {"requestId": "benchmark", "authorizer": {"claims": claims}},
        "body": None,
        "isBase64Encoded": False,
    }
    return json.dumps(event).encode()


@contextmanager
def _copies(place: Place) -> Iterator[dict[str, Copy]]:
    client = aws.client(place, "lambda")
    deployed = client.get_function(FunctionName=FUNCTION)
    code = _fetched(deployed["Code"]["Location"])
    variables = deployed["Configuration"]["Environment"]["Variables"]
    ways = {
        TRACED: (code, variables, True),
        SWITCHED_OFF: (code, variables | {"AWS_XRAY_SDK_ENABLED": "false"}, False),
        WITHOUT: (_without_tracing(code), variables, False),
    }
    made = {}
    try:
        for way, (archive, environment, sampled) in ways.items():
            made[way] = Copy(f"local-benchmark-{way.replace(' ', '-')}", sampled)
            _create(client, made[way].name, deployed["Configuration"], (archive, environment))
        yield made
    finally:
        for copy in made.values():
            client.delete_function(FunctionName=copy.name)


def _create(client: Any, name: str, like: dict[str, Any], what: tuple[bytes, dict[str, str]]) -> None:
    archive, variables = what
    client.create_function(
        FunctionName=name,
        Code={"ZipFile": archive},
        Environment={"Variables": variables},
        Layers=[layer["Arn"] for layer in like["Layers"]],
        **{key: like[key] for key in ("Runtime", "Role", "Handler", "Timeout", "MemorySize", "TracingConfig")},
    )


def _fetched(url: str) -> bytes:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        archive: bytes = answer.read()
    return archive


def _without_tracing(code: bytes) -> bytes:
    """The function's archive with the package of the layer, which it shadows, and a module in place of its tracing."""
    content = io.BytesIO(code)
    package = ROOT / "shared" / "python"
    with zipfile.ZipFile(content, "a") as opened:
        for file in sorted((package / "backoffice").rglob("*.py")):
            text = _NO_TRACING if file.name == "tracing.py" else file.read_text()
            opened.writestr(str(file.relative_to(package)), text)
    return content.getvalue()


def _in_turn(place: Place, copies: dict[str, Copy], event: bytes) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Milliseconds of each invocation and the workers' processor milliseconds an invocation."""
    took: dict[str, list[float]] = {way: [] for way in copies}
    connection = http.client.HTTPConnection("127.0.0.1", place.lambda_port, timeout=30)
    for _ in range(WARM_UP):
        for copy in copies.values():
            _invoke(connection, copy, event)
    before = _processor_milliseconds(place, copies)
    order = list(copies)
    for _ in range(ROUNDS):
        for way in order:
            began = time.perf_counter()
            _invoke(connection, copies[way], event)
            took[way].append((time.perf_counter() - began) * 1000)
        order.append(order.pop(0))  # nobody is always the one after the slowest
    after = _processor_milliseconds(place, copies)
    _check(place, {way: _invoke(connection, copy, event) for way, copy in copies.items()})
    connection.close()
    return took, {way: (after[way] - before[way]) / ROUNDS for way in copies}


def _invoke(connection: http.client.HTTPConnection, copy: Copy, event: bytes) -> str:
    """Returns the id of the trace."""
    root = f"1-{int(time.time()):08x}-{time.monotonic_ns():024x}"
    trace = f"Root={root};Sampled={int(copy.sampled)}"
    connection.request("POST", f"/2015-03-31/functions/{copy.name}/invocations", event, {"X-Amzn-Trace-Id": trace})
    answer = connection.getresponse()
    told = json.loads(answer.read())
    assert told.get("statusCode") == 200, told
    return root


def _check(place: Place, last: dict[str, str]) -> None:
    """That the traced copy's trace reaches the table, and that the others' are unknown."""
    client = aws.client(place, "xray")
    deadline = time.monotonic() + PATIENCE
    while _TABLE_NODE not in (told := json.dumps(client.batch_get_traces(TraceIds=[last[TRACED]])["Traces"])):
        assert time.monotonic() < deadline, f"not traced: {told}"
        time.sleep(0.05)
    for way in (SWITCHED_OFF, WITHOUT):
        assert not client.batch_get_traces(TraceIds=[last[way]])["Traces"], way


def _processor_milliseconds(place: Place, copies: dict[str, Copy]) -> dict[str, float]:
    """Of each copy's one worker, since its start."""
    told = json.loads(_fetched(f"{place.lambda_url}/workers"))
    pids = {worker["function"]: worker["pid"] for worker in told}
    return {way: _processor_milliseconds_of(pids[copy.name]) for way, copy in copies.items()}


def _processor_milliseconds_of(pid: int) -> float:
    """Of all its threads. Linux tells it in nanoseconds: https://docs.kernel.org/scheduler/sched-stats.html"""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


if __name__ == "__main__":
    sys.exit(main())
