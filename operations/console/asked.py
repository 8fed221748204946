"""What a request asks for: its query parameters and its body, checked."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request

from operations import parts, traces
from operations.parts import Edge, Node
from operations.periods import Period
from operations.problems import bad_request


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


def minutes(request: Request) -> timedelta:
    """`minutes`, 15 where there are none."""
    text = request.query_params.get("minutes", "15")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 360):
        raise bad_request("`minutes` must be a whole number from 1 to 360.", "The map is live for up to six hours.")
    return timedelta(minutes=int(text))
