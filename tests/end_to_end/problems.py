"""What every error answer must be like: RFC 9457 problem details, as design and OpenAPI documents promise."""

from __future__ import annotations

import json
from typing import Any

from local.client import Reply

_MEMBERS = {"type", "title", "status", "detail", "instance", "code", "errors", "trace_id"}
_INNER_WORDS = ("Traceback", "botocore", 'File "', "ClientError")


def assert_problem(reply: Reply, status: int, code: str | None = None, *fields: str) -> dict[str, Any]:
    """A problem of that status and code that names at least these fields. Returns its document."""
    assert reply.status == status, f"{reply.request} answered {reply.status}: {reply.body}"
    assert reply.headers["Content-Type"].partition(";")[0] == "application/problem+json"
    body: dict[str, Any] = reply.body
    assert body.keys() >= _MEMBERS
    assert body["status"] == status
    assert body["detail"]
    assert body["trace_id"].startswith("1-")
    if code:
        assert body["code"] == code
    named = {error["field"] for error in body["errors"]}
    assert named >= set(fields), f"{named} named, {set(fields)} wanted"
    assert all(error["message"] for error in body["errors"])
    assert not [word for word in _INNER_WORDS if word in json.dumps(body)]
    return body


def assert_refused_at_the_gateway(reply: Reply, status: int, code: str) -> None:
    """A problem that API Gateway answers instead of a function: it knows no fields and no trace."""
    assert reply.status == status, f"{reply.request} answered {reply.status}: {reply.body}"
    assert reply.headers["Content-Type"].partition(";")[0] == "application/problem+json"
    assert (reply.body["status"], reply.body["code"]) == (status, code)
    assert reply.body["title"]
    assert reply.body["detail"]
