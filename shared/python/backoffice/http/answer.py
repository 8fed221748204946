"""What a handler answers, before it becomes JSON."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A status, a body that the route's answer schema renders (a ``File`` goes out as it is), and headers.

    ``version`` becomes the ETag that a client sends back as If-Match.
    """

    status: int
    body: Any = None
    version: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


def ok(body: Any, *, version: int | None = None) -> Answer:
    """200 with the state after the request."""
    return Answer(200, body, version)


def created(body: Any, location: str, *, version: int | None = None) -> Answer:
    """201 with the new thing and where it lives, for example ``/tickets/tkt_...``."""
    return Answer(201, body, version, {"Location": location})


def accepted(body: Any, location: str, *, version: int | None = None) -> Answer:
    """202 with what has been begun and where to see how far it is."""
    return Answer(202, body, version, {"Location": location})


def nothing() -> Answer:
    """204: done, and nothing to say."""
    return Answer(204)


def listing(items: list[Any], next_cursor: str | None) -> Answer:
    """200 with one page of a list; ``next_cursor`` is null on the last one."""
    return Answer(200, {"items": items, "next_cursor": next_cursor})
