"""One invocation on its way through a worker, and what became of it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .deployed import Function
from .tracing import Header, new_id


@dataclass(frozen=True, slots=True)
class Failure:
    """A function's error in Lambda's own form: a payload of `errorType` and `errorMessage`, and X-Ray's cause."""

    payload: bytes
    cause: Mapping[str, Any] | None = None
    status: str = "error"

    @property
    def kind(self) -> str:
        """The error's type."""
        return str(self._told().get("errorType", "Unhandled"))

    @property
    def said(self) -> str:
        """The error's message."""
        return str(self._told().get("errorMessage", ""))

    def _told(self) -> dict[str, Any]:
        try:
            told = json.loads(self.payload)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}

    @classmethod
    def of_sandbox(cls, kind: str, message: str, request_id: str, status: str = "error") -> Failure:
        """What Lambda itself says when a function could not answer."""
        text = f"RequestId: {request_id} Error: {message}"
        return cls(json.dumps({"errorType": kind, "errorMessage": text}).encode(), None, status)


@dataclass(slots=True)
class Invocation:
    """An event to be handled.

    `received`, `began` (given to a worker) and `answered` are epoch seconds, as is `deadline`; `parent` is the id of
    the function's segment, under which its own subsegments hang, `service_segment` that of Lambda's.
    """

    function: Function
    request_id: str
    event: bytes
    trace: Header | None
    links: tuple[Mapping[str, Any], ...] = ()
    service_segment: str = field(default_factory=new_id)
    parent: str = field(default_factory=new_id)
    deadline: float = 0.0
    received: float = 0.0
    began: float = 0.0
    answered: float = 0.0

    @property
    def header(self) -> str | None:
        """The trace header for the function: the same root, the function's own segment as parent."""
        return None if self.trace is None else self.trace.below(self.parent)

    @property
    def seconds_left(self) -> float:
        return self.deadline - time.time()


@dataclass(frozen=True, slots=True)
class Outcome:
    """`payload` is the function's answer, or None where it failed."""

    payload: bytes | None
    failure: Failure | None = None
