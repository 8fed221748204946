"""Traces, read through boto3's `xray` client: from local X-Ray here, from AWS X-Ray there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.client import Reply

_PERIOD = timedelta(minutes=10)


@dataclass(frozen=True)
class Document:
    """A segment or a subsegment, embedded or sent alone. `parent_id` may name one that nobody has sent."""

    id: str
    parent_id: str | None
    fields: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.fields["name"])

    @property
    def is_segment(self) -> bool:
        return "origin" in self.fields

    @property
    def aws(self) -> dict[str, Any]:
        """What an AWS call says of itself: operation, table_name, topic_arn ..."""
        return dict(self.fields.get("aws") or {})

    @property
    def annotations(self) -> dict[str, Any]:
        return dict(self.fields.get("annotations") or {})

    @property
    def milliseconds(self) -> float | None:
        if "end_time" not in self.fields:
            return None
        return float((self.fields["end_time"] - self.fields["start_time"]) * 1000)


def trace_ids(xray: Any, replies: Iterable[Reply]) -> dict[str, list[str]]:
    """The ids of the traces that tell of each request, by the request's correlation id."""
    wanted: dict[str, list[str]] = {reply.correlation_id: [] for reply in replies}
    end = datetime.now(UTC) + timedelta(seconds=1)
    pages = xray.get_paginator("get_trace_summaries").paginate(StartTime=end - _PERIOD, EndTime=end)
    for summary in pages.search("TraceSummaries[]"):
        for value in summary.get("Annotations", {}).get("correlation_id", []):
            named = value["AnnotationValue"]["StringValue"]
            if named in wanted:
                wanted[named].append(summary["Id"])
    return wanted


def documents(xray: Any, trace_id: str) -> list[Document]:
    """All documents of a trace, embedded ones too, by start time; none if there is no such trace."""
    traces = xray.batch_get_traces(TraceIds=[trace_id])["Traces"]
    texts = [segment["Document"] for trace in traces for segment in trace["Segments"]]
    found = [one for text in texts for one in _unfolded(json.loads(text), None)]
    return sorted(found, key=lambda one: float(one.fields["start_time"]))


def children(found: Iterable[Document], parent: Document) -> list[Document]:
    return [one for one in found if one.parent_id == parent.id]


def tree(found: list[Document]) -> list[str]:
    """The documents as indented lines, each one below its parent."""
    known = {one.id for one in found}

    def branch(one: Document, depth: int) -> Iterator[str]:
        yield f"{'  ' * depth}{_told(one)}"
        for child in children(found, one):
            yield from branch(child, depth + 1)

    return [line for one in found if one.parent_id not in known for line in branch(one, 0)]


def _unfolded(fields: dict[str, Any], parent_id: str | None) -> Iterator[Document]:
    yield Document(fields["id"], fields.get("parent_id", parent_id), fields)
    for child in fields.get("subsegments", []):
        yield from _unfolded(child, fields["id"])


def _told(one: Document) -> str:
    aws = one.aws
    about = [aws.get("operation"), aws.get("table_name"), str(aws.get("topic_arn", "")).rpartition(":")[2]]
    about.append(one.annotations.get("route"))
    marks = [mark for mark in ("error", "fault", "throttle") if one.fields.get(mark)]
    took = "" if one.milliseconds is None else f"{one.milliseconds:.0f} ms"
    words = [one.name, *(word for word in about if word), *marks]
    return f"{' '.join(words):<70} {took:>7}".rstrip()
