"""One trace as the rows of a waterfall: every segment and subsegment below what called it, in the order of time.

Documents: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html. They come from any sender,
so what is not of the documented type is taken as absent.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from operations.periods import written
from operations.problems import asking, not_found
from operations.stage import Stage
from operations.traces import begun

Members = dict[str, Any]
LAMBDA, FUNCTION, QUEUE = "AWS::Lambda", "AWS::Lambda::Function", "AWS::SQS::Queue"


@dataclass
class Entity:
    """A segment or subsegment with its own fields, and the segment that it is of."""

    fields: Members
    parent: str | None
    segment: Members
    children: list[Entity] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.fields.get("id", ""))

    @property
    def is_segment(self) -> bool:
        return self.fields is self.segment and self.fields.get("type") != "subsegment"

    @property
    def start(self) -> float:
        return _number(self.fields.get("start_time")) or 0.0

    @property
    def end(self) -> float | None:
        """None while in progress."""
        return None if self.fields.get("in_progress") else _number(self.fields.get("end_time"))

    @property
    def annotations(self) -> Members:
        return child(self.fields, "annotations")

    @property
    def state(self) -> str:
        """The gravest of what it is marked with."""
        return next((mark for mark in ("fault", "throttle", "error") if self.fields.get(mark) is True), "ok")

    @property
    def exceptions(self) -> list[Members]:
        """`{"type", "message", "stack": ["function (file:line)", ..]}` of each."""
        return [_exception(one) for one in _list(child(self.fields, "cause").get("exceptions"))]

    def walk(self) -> Iterator[Entity]:
        """Itself and everything below, parents first."""
        waiting = [self]
        while waiting:
            entity = waiting.pop()
            yield entity
            waiting += reversed(entity.children)


def trace(stage: Stage, trace_id: str) -> Members:
    """`{"id", "at", "duration", "limit_exceeded", "rows": [..], "documents": [..]}`.

    Raises Problem if there is no such trace (any more).
    """
    found = fetch(stage, trace_id)
    documents = found["documents"]
    entities = unfold(documents)
    starts = [entity.start for entity in entities]
    start = min(starts, default=begun(trace_id).timestamp())
    return {
        "id": trace_id,
        "at": written(datetime.fromtimestamp(start, UTC)),
        "duration": found["duration"],
        "limit_exceeded": found["limit_exceeded"],
        "rows": rows(entities, start),
        "documents": documents,
    }


def fetch(stage: Stage, trace_id: str) -> Members:
    """`{"duration", "limit_exceeded", "documents": [..]}` of a trace as X-Ray has it. Raises Problem if it has not."""
    begun(trace_id)
    documents: list[Members] = []
    about: Members = {}
    with asking("for the trace"):
        for about in stage.every("xray", "batch_get_traces", "Traces", TraceIds=[trace_id]):
            documents += [json.loads(segment["Document"]) for segment in about.get("Segments", [])]
    if not documents:
        raise not_found(
            f"There is no trace {trace_id}.",
            "It may be too new (look again in some seconds), too old (X-Ray keeps 30 days), or not sampled.",
        )
    return {
        "duration": about.get("Duration"),
        "limit_exceeded": bool(about.get("LimitExceeded")),
        "documents": documents,
    }


def unfold(documents: Iterable[Members]) -> list[Entity]:
    """The segments and subsegments of a trace, each linked to its children; the first of each id counts."""
    found: dict[str, Entity] = {}
    for document in documents:
        waiting = [(document, text(document, "parent_id"))]
        while waiting:
            fields, parent = waiting.pop()
            entity = Entity(fields, parent, document)
            if entity.id and entity.id not in found:
                found[entity.id] = entity
                waiting += [(one, entity.id) for one in _list(fields.get("subsegments"))]
    return list(found.values())


def rows(entities: list[Entity], start: float) -> list[Members]:
    """Depth first, callers before what they call; what hangs under nothing known begins a tree of its own."""
    by_id = {entity.id: entity for entity in entities}
    children: dict[str | None, list[Entity]] = defaultdict(list)
    for entity in sorted(entities, key=lambda one: (one.start, one.id)):
        children[entity.parent if entity.parent in by_id else None].append(entity)
    shown: dict[str, Members] = {}
    # Parents that are each other's children are reached from no root: they follow at the end.
    waiting = [(entity, 0) for entity in [*reversed(entities), *reversed(children[None])]]
    while waiting:
        entity, depth = waiting.pop()
        if entity.id in shown:
            continue
        parent = by_id.get(entity.parent or "")
        shown[entity.id] = _row(entity, parent, depth, start)
        waiting += [(one, depth + 1) for one in reversed(children[entity.id])]
    return list(shown.values())


def _row(entity: Entity, parent: Entity | None, depth: int, start: float) -> Members:
    fields, end = entity.fields, entity.end
    return {
        "id": entity.id,
        "parent": parent.id if parent else None,
        "depth": depth,
        "segment": str(entity.segment.get("id", "")),
        "name": str(fields.get("name", "")),
        "kind": "segment" if entity.is_segment else "subsegment",
        "origin": text(fields, "origin"),
        "namespace": text(fields, "namespace"),
        "offset": max(0.0, entity.start - start),
        "duration": None if end is None else max(0.0, end - entity.start),
        "in_progress": end is None,
        "state": entity.state,
        "http": child(fields, "http") or None,
        "aws": child(fields, "aws") or None,
        "annotations": entity.annotations,
        "metadata": child(fields, "metadata"),
        "exceptions": entity.exceptions,
        "link": bool(parent and _is_link(entity, parent)),
    }


def _is_link(entity: Entity, parent: Entity) -> bool:
    """Whether what it hangs under does not wait for it: what comes out of a queue, and the record of a batch."""
    if not entity.is_segment:
        return False
    caller = text(parent.segment, "origin")
    if caller == QUEUE:
        return True
    is_call = text(parent.fields, "namespace") in ("aws", "remote")
    return text(entity.fields, "origin") == FUNCTION and caller != LAMBDA and not is_call


def _exception(fields: Members) -> Members:
    frames = [
        f"{frame.get('label', '?')} ({frame.get('path', '?')}:{frame.get('line', '?')})"
        for frame in _list(fields.get("stack"))
    ]
    return {"type": text(fields, "type") or "Exception", "message": text(fields, "message") or "", "stack": frames}


def child(fields: Mapping[str, Any], name: str) -> Members:
    """The object in a field, {} where there is none."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """The text in a field; None where there is none, or an empty one."""
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _list(value: Any) -> list[Members]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
