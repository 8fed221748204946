"""Opaque cursors, each bound to the list, the filters and the caller that it was made for."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass

from backoffice.http.problems import BadRequest

DEFAULT_LIMIT = 25
LARGEST_LIMIT = 100


@dataclass(frozen=True)
class Paging:
    """Where a page starts and how long it is.

    ``binding`` is what the cursor belongs to; ``start`` is the key after which the page begins, None for the first.
    """

    limit: int
    binding: str
    start: dict[str, str] | None = None

    def cursor_after(self, last_key: dict[str, str] | None) -> str | None:
        """The cursor of the next page; None where there is none."""
        if last_key is None:
            return None
        text = json.dumps([self.binding, last_key], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse(parameters: dict[str, str], binding_of: list[str]) -> Paging:
    """Take ``limit`` and ``cursor`` from the query parameters (they are removed).

    Args:
        parameters: the query string's parameters; what remains afterwards is the list's filters.
        binding_of: what else tells this list from any other: service, route, path, caller.

    Raises:
        BadRequest: a limit out of 1..100, or a cursor that is none, or one of another list or caller.
    """
    limit = _limit(parameters.pop("limit", None))
    cursor = parameters.pop("cursor", None)
    binding = _digest([*binding_of, *(f"{name}={value}" for name, value in sorted(parameters.items()))])
    return Paging(limit, binding, None if cursor is None else _start(cursor, binding))


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= LARGEST_LIMIT:
        raise BadRequest("bad_limit", f"limit must be a number from 1 to {LARGEST_LIMIT}.")
    return int(text)


def _start(cursor: str, binding: str) -> dict[str, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        bound_to, key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        raise BadRequest("bad_cursor", "cursor is none that a list has answered.") from None
    if bound_to != binding or not _is_key(key):
        raise BadRequest("bad_cursor", "cursor belongs to another list.")
    return dict(key)


def _is_key(key: object) -> bool:
    return isinstance(key, dict) and bool(key) and all(isinstance(value, str) for value in key.values())


def _digest(parts: list[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
