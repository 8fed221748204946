"""Files, which are answered as they are in place of JSON."""

import hashlib
from dataclasses import dataclass

from backoffice.http.answer import Answer
from backoffice.http.idempotency import Reply


@dataclass(frozen=True)
class File:
    """What is in it, and of which media type; text goes out as UTF-8."""

    content: bytes | str
    media_type: str


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


def passing_file(file: File, name: str) -> Answer:
    """200 with a file that may be another the next time, to be saved under that name and kept by no cache."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Answer(200, file, headers=headers)


def unless_known(reply: Reply, known: str | None) -> Reply:
    """The reply, or 304 without a body where the caller has that very file already (If-None-Match).

    Source: https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match
    """
    tags = {tag.strip().removeprefix("W/") for tag in (known or "").split(",")}
    is_kept = {"Content-Disposition", "ETag"} <= reply.headers.keys()
    if is_kept and (reply.headers["ETag"] in tags or "*" in tags):
        return Reply(304, "", {name: reply.headers[name] for name in ("Content-Type", "ETag", "Cache-Control")})
    return reply
