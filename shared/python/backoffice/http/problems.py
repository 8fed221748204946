"""Errors as RFC 9457 problem details: one format for every error of every API."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError

from backoffice.domain import FieldError, Invalid, RuleBroken
from backoffice.errors import BadStart, Conflict, Contended, Gone, NotFound, StaleVersion
from backoffice.schemas import field_errors

CONTENT_TYPE = "application/problem+json"

_TITLES = {
    400: "Bad request",
    403: "Forbidden",
    404: "Not found",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Content too large",
    422: "Validation failed",
    428: "Precondition required",
    500: "Internal error",
    503: "Service unavailable",
}


@dataclass
class Problem(Exception):
    """An error as the client gets it. ``code`` is stable, ``detail`` is for people."""

    status: int
    code: str
    detail: str
    errors: list[FieldError] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def document(self, instance: str, trace_id: str | None) -> dict[str, Any]:
        """The problem details of this occurrence.

        Args:
            instance: the path that was called.
            trace_id: where operators find what happened.

        Source: https://www.rfc-editor.org/rfc/rfc9457
        """
        return {
            "type": f"urn:backoffice:problem:{self.code}",
            "title": _TITLES[self.status],
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "errors": [vars(error) for error in self.errors],
            "trace_id": trace_id,
            **self.extra,
        }


class BadRequest(Problem):
    """400: the request itself is malformed: no JSON, an unusable cursor or key."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(400, code, detail)


def problem_of(error: Exception) -> Problem | None:
    """The problem that tells the client of an expected error; None for one that nobody expected."""
    if isinstance(error, Problem):
        return error
    for kind, translate in _TRANSLATIONS:
        if isinstance(error, kind):
            return translate(error)
    return None


def _validation(error: Any) -> Problem:
    errors = error.errors if isinstance(error, Invalid) else field_errors(error.messages)
    names = ", ".join(dict.fromkeys(error.field for error in errors))
    return Problem(422, "validation_failed", f"Fields that need attention: {names}.", errors)


def _rule(error: Any) -> Problem:
    return Problem(409, error.code, error.detail, extra=error.extra)


def _not_found(error: Any) -> Problem:
    return Problem(404, f"{error.kind}_not_found", str(error))


def _gone(error: Any) -> Problem:
    return Problem(410, f"{error.kind}_erased", str(error), extra=error.extra)


def _stale(_: Any) -> Problem:
    return Problem(412, "stale_version", "It was changed by somebody else in the meantime; read it again.")


def _conflict(error: Any) -> Problem:
    return Problem(409, "conflict", f"This does not fit what is stored: {error}.")


def _contended(_: Any) -> Problem:
    return Problem(409, "in_flight", "Another request is writing the same things; try again.")


def _bad_start(_: Any) -> Problem:
    return BadRequest("bad_cursor", "cursor belongs to another list.")


_TRANSLATIONS: list[tuple[type[Exception], Callable[[Any], Problem]]] = [
    (Invalid, _validation),
    (ValidationError, _validation),
    (RuleBroken, _rule),
    (NotFound, _not_found),
    (Gone, _gone),
    (StaleVersion, _stale),
    (Conflict, _conflict),
    (Contended, _contended),
    (BadStart, _bad_start),
]
