"""The segments that Lambda itself sends of an invocation, and the trace header it reads and hands on.

`AWS::Lambda` is the service that took the request, `AWS::Lambda::Function` the function's own work: Initialization
after a cold start, Invocation, and Overhead until the runtime is ready for the next one
(https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html).
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .invocation import Invocation, Outcome
    from .worker import Worker

_DATAGRAM_HEADER = b'{"format": "json", "version": 1}\n'
_LARGEST = 64_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Header:
    """`Root=1-..;Parent=..;Sampled=1`: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html"""

    root: str
    parent: str | None
    sampled: bool

    @classmethod
    def read(cls, text: str | None) -> Header | None:
        """The header in `text`; None if it names no root."""
        pairs = (part.strip().partition("=") for part in (text or "").split(";"))
        fields = {name: value for name, _, value in pairs}
        root = fields.get("Root")
        return cls(root, fields.get("Parent") or None, fields.get("Sampled") == "1") if root else None

    def below(self, parent: str) -> str:
        """The header for whoever continues below `parent`."""
        return f"Root={self.root};Parent={parent};Sampled={int(self.sampled)}"


def new_id() -> str:
    """Of a segment: 16 hex digits."""
    return secrets.token_hex(8)


def header_of(event: Any, forwarded: str | None) -> Header | None:
    """The trace of an invocation that the embedded AWS forwards, with a header that it has made up.

    API Gateway hands on the trace of its request in the event. All other callers begin a trace, and the parent that the
    header names is sent by nobody.
    """
    begun = Header.read(forwarded)
    if isinstance(event, dict) and "httpMethod" in event:
        named = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}.get(
            "x-amzn-trace-id"
        )
        return Header.read(named if isinstance(named, str) else None) or begun
    return None if begun is None else Header(begun.root, None, begun.sampled)


def links_of(event: Any) -> list[dict[str, Any]]:
    """The traces of the messages of an SQS batch, where the queue was told of them."""
    records = event.get("Records") if isinstance(event, dict) else None
    found: dict[str, dict[str, Any]] = {}
    for record in records if isinstance(records, list) else []:
        attributes = record.get("attributes") if isinstance(record, dict) else None
        header = Header.read(attributes.get("AWSTraceHeader")) if isinstance(attributes, dict) else None
        if header and header.parent:
            link = {"trace_id": header.root, "id": header.parent, "attributes": {"ReferenceType": "parent"}}
            found[header.root + header.parent] = link
    return list(found.values())


def begin() -> Header:
    """A new trace."""
    return Header(f"1-{int(time.time()):08x}-{secrets.token_hex(12)}", None, True)


class Sender:
    """Sends documents to the X-Ray daemon, which may be there or not."""

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send(self, documents: Iterable[Mapping[str, Any]]) -> None:
        for document in documents:
            datagram = _DATAGRAM_HEADER + json.dumps(document).encode()
            if len(datagram) > _LARGEST:
                datagram = _DATAGRAM_HEADER + json.dumps({**document, "cause": None}).encode()
            try:
                self._socket.sendto(datagram, self._address)
            except OSError as error:
                logger.debug("a segment was not sent: %s", error)


def documents(
    invocation: Invocation, outcome: Outcome, worker: Worker | None, ready_again: float
) -> list[dict[str, Any]]:
    """Both segments of a finished invocation; without a worker that of the service alone. None where not sampled."""
    trace = invocation.trace
    if trace is None or not trace.sampled:
        return []
    service = _of_service(invocation)
    service |= {"end_time": invocation.answered, "http": {"response": {"status": 200}}}
    if outcome.failure is not None:
        service["fault"] = True
    if worker is None:
        return [service]
    return [service, _of_function(invocation, outcome, worker, ready_again)]


def throttled(invocation: Invocation) -> list[dict[str, Any]]:
    """The segment of an invocation that found no room."""
    trace = invocation.trace
    if trace is None or not trace.sampled:
        return []
    marks = {"error": True, "throttle": True, "http": {"response": {"status": 429}}}
    return [{**_of_service(invocation), "end_time": invocation.received, **marks}]


def _of_service(invocation: Invocation) -> dict[str, Any]:
    function, trace = invocation.function, invocation.trace
    assert trace is not None
    return {
        "id": invocation.service_segment,
        "trace_id": trace.root,
        **({"parent_id": trace.parent} if trace.parent else {}),
        **({"links": list(invocation.links)} if invocation.links else {}),
        "name": function.name,
        "origin": "AWS::Lambda",
        "start_time": invocation.received,
        "resource_arn": function.arn,
        "aws": {"request_id": invocation.request_id, "resource_names": [function.name]},
    }


def _of_function(invocation: Invocation, outcome: Outcome, worker: Worker, ready_again: float) -> dict[str, Any]:
    function, trace = invocation.function, invocation.trace
    assert trace is not None
    parts = [
        _part("Invocation", invocation.began, invocation.answered),
        _part("Overhead", invocation.answered, ready_again),
    ]
    init = worker.init_within(invocation)
    if init is not None:
        parts.insert(0, _part("Initialization", *init))
    segment: dict[str, Any] = {
        "id": invocation.parent,
        "trace_id": trace.root,
        "parent_id": invocation.service_segment,
        "name": function.name,
        "origin": "AWS::Lambda::Function",
        "start_time": min(part["start_time"] for part in parts),
        "end_time": ready_again,
        "aws": {
            "function_arn": function.arn,
            "account_id": function.arn.split(":")[4],
            "request_id": invocation.request_id,
            "resource_names": [function.name],
        },
        "subsegments": parts,
    }
    if outcome.failure is not None:
        segment["fault"] = True
        if outcome.failure.cause:
            segment["cause"] = outcome.failure.cause
    return segment


def _part(name: str, start: float, end: float) -> dict[str, Any]:
    return {"id": new_id(), "name": name, "start_time": start, "end_time": max(start, end)}
