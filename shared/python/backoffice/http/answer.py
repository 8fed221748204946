"""What a handler answers, before it becomes JSON."""

import hashlib
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class File:
    """Content that is sent as it is; text goes out as UTF-8."""

    content: bytes | str
    media_type: str


@dataclass(frozen=True)
class Answer:
    """A status, a body that the route's answer schema renders (or a ``File``), and headers.

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


def nothing() -> Answer:
    """204: done, and nothing to say."""
    return Answer(204)


def listing(items: list[Any], next_cursor: str | None) -> Answer:
    """200 with one page of a list; ``next_cursor`` is null on the last one."""
    return Answer(200, {"items": items, "next_cursor": next_cursor})


def unchanging_file(file: File, name: str) -> Answer:
    """200 with a file that is the same whenever it is asked for, to be saved under that name.

    The caller alone may keep it. After a day it asks whether it still stands, by the digest that is its ETag.
    """
    raw = file.content.encode() if isinstance(file.content, str) else file.content
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, max-age=86400",
        "ETag": f'"{hashlib.sha256(raw).hexdigest()[:32]}"',
    }
    return Answer(200, file, headers=headers)
