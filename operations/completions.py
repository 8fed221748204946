"""What the filter box can propose: X-Ray's keywords, the stage's services, the annotations that recent traces bear."""

from __future__ import annotations

from typing import Any

from operations import service_map, traces
from operations.parts import CLIENT
from operations.periods import Period
from operations.stacks import Stacks
from operations.stage import Stage

# https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
_KEYWORDS = {
    "ok": "answered without error",
    "error": "answered 4xx",
    "throttle": "answered 429",
    "fault": 'answered 5xx; what failed behind a queue is service("...") {fault}',
    "partial": "has segments in progress",
    "inferred": "has a node that sends no segments itself",
    "first": "the service that the trace begins with",
    "responsetime >": "seconds until the answer",
    "duration >": "seconds until all was done, queues included",
    "http.status =": "the answer's status",
    'http.method = "': "GET, POST, ...",
    'http.url CONTAINS "': "the path that was asked for",
    'http.useragent CONTAINS "': "the client's name for itself",
    'http.clientip = "': "the client's address",
    'user = "': "the user that a segment names",
    'service("': 'passes a service; a condition may follow in braces: service("...") {fault}',
    'edge("': "passes from one service to another",
    "annotation[": "a key that the code has set, and its value",
    "AND": "both",
    "OR": "one of both",
    "!": "not",
}


def completions(stage: Stage, stacks: Stacks, period: Period) -> dict[str, Any]:
    """`{"keywords": [{"insert", "detail"}], "services": [names], "annotations": [keys]}` of `period`."""
    nodes = service_map.service_map(stage, stacks, period)["nodes"]
    recent = traces.find(stage, period)["items"]
    return {
        "keywords": [{"insert": insert, "detail": detail} for insert, detail in _KEYWORDS.items()],
        "services": sorted({node["name"] for node in nodes if node["type"] != CLIENT}),
        "annotations": sorted({key for row in recent for key in row["annotations"]}),
    }
