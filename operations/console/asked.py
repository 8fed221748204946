"""What a request asks for: its query parameters and its body, checked."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from starlette.requests import Request

from operations import parts, traces
from operations.parts import Edge, Node
from operations.periods import Period
from operations.problems import Problem, bad_request, not_found

MOST_IDS = 500
_MOST_BYTES = 256 * 1024
_LETTERS = 'Send {"ids": ["..."]} or {"all": true}.'
_TOKEN = 'Send {"token": "..."}.'
_QUESTION = "Send what POST /query of analytics takes."


def period(request: Request) -> Period:
    """`from` and `to`, the last 15 minutes where there are none; a cursor has its own."""
    if cursor := request.query_params.get("cursor"):
        return traces.window_of(cursor)
    return Period.between(request.query_params.get("from"), request.query_params.get("to"))


def part(request: Request) -> Node | Edge | None:
    """The node or edge of the map that `node` or `edge` names."""
    node, edge = request.query_params.get("node"), request.query_params.get("edge")
    if node and edge:
        raise bad_request("Both `node` and `edge` are given.", "Ask for one of them.")
    if node:
        return parts.node(node)
    return parts.edge(edge) if edge else None


def name(request: Request) -> str:
    """The path's `name`, of a metric or a report; nothing else gets into a path of analytics."""
    found = str(request.path_params["name"])
    if not re.fullmatch("[a-z0-9_]{1,64}", found):
        raise not_found(f"There is no {found[:80]}.", "Names are made of small letters, digits and underscores.")
    return found


def minutes(request: Request) -> timedelta:
    """`minutes`, 15 where there are none."""
    text = request.query_params.get("minutes", "15")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 360):
        raise bad_request("`minutes` must be a whole number from 1 to 360.", "The map is live for up to six hours.")
    return timedelta(minutes=int(text))


async def letters(request: Request) -> tuple[str, ...] | None:
    """The ids of `{"ids": [..]}`, None of `{"all": true}`; nothing is done to all because ids were left out."""
    body = await _json(request, _LETTERS)
    only = body if isinstance(body, dict) and len(body) == 1 else {}
    if only.get("all") is True:
        return None
    ids = only.get("ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise bad_request("The body names no dead letters.", _LETTERS)
    if len(ids) > MOST_IDS:
        raise bad_request(f"More than {MOST_IDS} dead letters are named.", "Send them in portions, or all.")
    return tuple(dict.fromkeys(ids))


async def token(request: Request) -> str:
    """That of `{"token": ".."}`. What is refused is not repeated: it may be a part of one."""
    body = await _json(request, _TOKEN)
    found = body.get("token") if isinstance(body, dict) and len(body) == 1 else None
    if not isinstance(found, str):
        raise bad_request("The body has no token.", _TOKEN)
    return found


async def question(request: Request) -> dict[str, Any]:
    """A JSON object, whatever is in it: analytics itself says what is wrong with a question."""
    body = await _json(request, _QUESTION)
    if not isinstance(body, dict):
        raise bad_request("The body is no JSON object.", _QUESTION)
    return body


async def _json(request: Request, advice: str) -> Any:
    try:
        return json.loads(await _content(request, advice))
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON.", advice) from None


async def _content(request: Request, advice: str) -> bytes:
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise Problem("content_too_large", f"The body is larger than {_MOST_BYTES} bytes.", advice, 413)
    return content
