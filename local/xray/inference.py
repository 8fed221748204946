"""Inferred segments: what a call says of a service that sends no segment itself (a table, a remote host).

X-Ray makes such a segment from the subsegment of the call, for the map and for BatchGetTraces:
https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-inferredsegments
The fields that name the resource: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
(section "AWS resource data"). As soon as the callee's own segment is there, it takes the inferred one's place.
"""

import hashlib
from typing import Any

from local.xray.assembly import Entity, Trace
from local.xray.completion import FUNCTION_SERVICE, QUEUE, TOPIC
from local.xray.fields import child, tail, text

TABLE = "AWS::DynamoDB::Table"
REMOTE, DATABASE = "remote", "Database::SQL"

_COPIED = ("http", "aws", "sql", "error", "fault", "throttle")
# endpoint prefixes, as botocore and so the SDK names services, where the type is not the prefix in capitals
_SERVICES = {"dynamodb": "DynamoDB", "lambda": "Lambda", "secretsmanager": "SecretsManager", "events": "Events"}


def infer(trace: Trace) -> Trace:
    """The trace with an inferred segment for each ended call without callee; for several tables, one for each."""
    called = {root.parent_id for root in trace.roots if not root.is_subsegment}
    inferred = [
        _segment(trace.id, call, name, origin)
        for root in trace.roots
        for call in root.walk()
        if is_call(call) and call.id not in called and call.ended is not None
        for name, origin in _callees(call)
    ]
    return Trace(trace.id, [*trace.roots, *inferred]) if inferred else trace


def is_call(entity: Entity) -> bool:
    """Whether it is the caller's view of a request to another service."""
    return entity.is_subsegment and entity.fields.get("namespace") in ("aws", "remote")


def _segment(trace_id: str, call: Entity, name: str, origin: str) -> Entity:
    fields = {
        **{field: call.fields[field] for field in _COPIED if field in call.fields},
        "id": hashlib.sha256(f"{origin} {name} {call.id}".encode()).hexdigest()[:16],
        "name": name,
        "trace_id": trace_id,
        "parent_id": call.id,
        "start_time": call.started,
        "end_time": call.ended,
        "inferred": True,
        "origin": origin,
    }
    return Entity(fields, call.id, is_subsegment=False)


def _callees(call: Entity) -> list[tuple[str, str]]:
    """Names and types of what was called."""
    name = str(call.fields["name"])
    if child(call.fields, "sql"):
        return [(name, DATABASE)]
    if call.fields["namespace"] == "remote":
        return [(name, REMOTE)]
    aws = child(call.fields, "aws")
    return _tables(aws) or _named(aws) or [_service(name)]


def _tables(aws: dict[str, Any]) -> list[tuple[str, str]]:
    """Of a transaction over several tables, `backoffice.tracing` joins the names by a comma."""
    listed = aws.get("table_names")
    several = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    names = (text(aws, "table_name") or "").split(", ") + several
    return [(name, TABLE) for name in dict.fromkeys(names) if name]


def _named(aws: dict[str, Any]) -> list[tuple[str, str]]:
    if arn := text(aws, "topic_arn"):
        return [(tail(arn, ":"), TOPIC)]
    if queue := text(aws, "queue_url") or text(aws, "queue_name"):
        return [(tail(queue), QUEUE)]
    if bucket := text(aws, "bucket_name"):
        return [(bucket, "AWS::S3::Bucket")]
    if function := text(aws, "function_name"):
        return [(tail(function, ":"), FUNCTION_SERVICE)]
    return []


def _service(name: str) -> tuple[str, str]:
    title = _SERVICES.get(name) or (name.upper() if name.islower() and len(name) <= 4 else name)
    return title, f"AWS::{title}"
