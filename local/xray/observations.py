"""What one trace adds to the service graph: a list of observations, one a segment and one a call.

A node of the graph is a service, known by name and type. An edge leads from the service whose segment holds the call
to the service called. An edge is asynchronous where nobody waits for the callee: behind a queue, and where a function's
segment hangs under something other than a call (a record that continues the trace of what it came from, see
`backoffice.tracing.record`), since a function is otherwise only reached through a call or the Lambda service.
https://docs.aws.amazon.com/xray/latest/api/API_Service.html
https://docs.aws.amazon.com/xray/latest/api/API_Edge.html
"""

import json
import math
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from local.xray.assembly import Entity, Trace
from local.xray.completion import FUNCTION, FUNCTION_SERVICE, QUEUE
from local.xray.fields import child, flag, text
from local.xray.inference import is_call

_text = lru_cache(maxsize=10_000)(json.dumps)  # the same few parts, over and over

OK, ERROR, THROTTLE, FAULT = range(4)
CLIENT = "client"


class Service(NamedTuple):
    """A node; `type` is "" where a segment names no origin."""

    name: str
    type: str


class Observation(NamedTuple):
    """`number` requests of one part of the graph that fared alike.

    `part` is the JSON text of ["node", name, type, account, inferred] or of ["edge", source, target, link, alias].
    `response` and `duration` are seconds, rounded as the histograms show them; on a link `duration` is the age of what
    was received. `seconds` is the exact sum of response times; `first` and `last` are epoch seconds.
    """

    part: str
    outcome: int
    response: float
    duration: float
    number: int
    seconds: float
    first: float
    last: float


def observe(trace: Trace) -> list[Observation]:
    """What a completed trace with its inferred segments adds. What is still in progress adds nothing."""
    owners = {entity.id: (root, entity) for root in trace.roots for entity in root.walk()}
    nobody = (None, None)
    ended = [root for root in trace.roots if not root.is_subsegment and root.ended is not None]
    return together(
        seen for root in ended for seen in (_node(root), _edge(root, *owners.get(root.parent_id or "", nobody)))
    )


def together(observations: Iterable[Observation]) -> list[Observation]:
    """Observations of the same part that fared alike, as one."""
    found: dict[tuple[str, int, float, float], tuple[int, float, float, float]] = {}
    for part, kind, response, duration, number, seconds, first, last in observations:
        key = part, kind, response, duration
        if known := found.get(key):
            number, seconds = number + known[0], seconds + known[1]
            first, last = min(first, known[2]), max(last, known[3])
        found[key] = number, seconds, first, last
    return [Observation(*key, *total) for key, total in found.items()]


def outcome(entity: Entity) -> int:
    """Exactly one of the four, the gravest."""
    if flag(entity.fields, "fault"):
        return FAULT
    if flag(entity.fields, "throttle"):
        return THROTTLE
    return ERROR if flag(entity.fields, "error") else OK


def service(segment: Entity) -> tuple[str, str]:
    """Name and type, as Service has them."""
    return str(segment.fields["name"]), segment.origin or ""


def is_link(segment: Entity, caller: Entity, parent: Entity) -> bool:
    """Whether `caller`, whose `parent` the segment hangs under, does not wait for it."""
    if caller.origin == QUEUE:
        return True
    return segment.origin == FUNCTION and caller.origin != FUNCTION_SERVICE and not is_call(parent)


def rounded(seconds: float) -> float:
    """Two significant digits, milliseconds at the finest: a histogram of any number of requests stays short."""
    if seconds < 0.1:
        return round(seconds, 3)
    return round(seconds, 1 - math.floor(math.log10(seconds)))


def _node(segment: Entity) -> Observation:
    account = text(child(segment.fields, "aws"), "account_id")
    part = ("node", *service(segment), account, flag(segment.fields, "inferred"))
    last = max(entity.ended or entity.started for entity in segment.walk())
    return _observation(part, segment, segment, max(0.0, last - segment.started))


def _edge(segment: Entity, caller: Entity | None, parent: Entity | None) -> Observation:
    target = service(segment)
    if caller is None or parent is None or caller.is_subsegment:
        return _observation(("edge", (target[0], CLIENT), target, False, None), segment, segment, 0.0)
    link = is_link(segment, caller, parent)
    seen = parent if is_call(parent) and parent.ended is not None else segment
    remote = seen is parent and parent.fields.get("namespace") == "remote"
    alias = str(parent.fields["name"]) if remote and parent.fields["name"] != target[0] else None
    age = max(0.0, segment.started - caller.started) if link else 0.0
    return _observation(("edge", service(caller), target, link, alias), segment, seen, age)


def _observation(part: tuple[object, ...], segment: Entity, seen: Entity, duration: float) -> Observation:
    """`seen` is the view that counts: the caller's of a call, else the segment's own."""
    first, last = seen.started, seen.ended or seen.started
    took = max(0.0, last - first)
    if seen is not segment:
        first, last = min(first, segment.started), max(last, segment.ended or segment.started)
    return Observation(_text(part), outcome(seen), rounded(took), rounded(duration), 1, took, first, last)
