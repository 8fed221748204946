"""Answers: JSON, and problem documents (RFC 9457) with a sentence that says what to do."""

from __future__ import annotations

import dataclasses
import json
import logging
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from operations.problems import Problem

logger = logging.getLogger(__name__)
FAULT = Problem("internal_error", "The console failed at this.", "Its log says why; reload to go on.", 500)


def dumps(content: Any) -> str:
    """As ASCII: a lone surrogate in a message's body fits no encoding, its escape does."""
    return json.dumps(content, default=dataclasses.asdict, separators=(",", ":"))


class Json(Response):
    """`content` may hold dataclasses."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return dumps(content).encode()


class ProblemAnswer(Json):
    """A problem as the contract has it."""

    media_type = "application/problem+json"

    def __init__(self, problem: Problem) -> None:
        super().__init__(members(problem), problem.status)


def members(problem: Problem) -> dict[str, Any]:
    """`{"type", "title", "status", "detail", "code", "advice"}`."""
    return {
        "type": f"urn:backoffice:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "advice": problem.advice,
    }


async def on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return ProblemAnswer(error)


async def on_http(request: Request, error: Exception) -> Response:
    """What starlette itself refuses: an unknown path, a wrong method."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    advice = "The API's paths are in operations/README.md."
    return ProblemAnswer(Problem(code, f"{phrase}: {request.method} {request.url.path}.", advice, error.status_code))


async def on_fault(request: Request, error: Exception) -> Response:
    """A fault of the console's own: its log has the traceback, the page a sentence."""
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return ProblemAnswer(FAULT)
