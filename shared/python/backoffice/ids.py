"""Prefixed ULIDs: ``tkt_01JD...`` sorts by time, tells its kind and needs no coordination (https://github.com/ulid/spec)."""

import re
from datetime import datetime
from hashlib import sha256

from ulid import ULID

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_id(prefix: str) -> str:
    """Return a fresh id, for example ``new_id("tkt")`` gives ``tkt_01JD8X6W9Q4T0M3V5K7R2N1P0C``."""
    return f"{prefix}_{ULID()}"


def derived_id(prefix: str, at: datetime, *names: str) -> str:
    """Return the id that follows from a time and from names: whoever derives it again gets the same one."""
    return f"{prefix}_{ULID(ULID.from_datetime(at).bytes[:6] + sha256('#'.join(names).encode()).digest()[:10])}"


def is_id(prefix: str, value: object) -> bool:
    """Tell whether ``value`` is an id of that kind."""
    if not isinstance(value, str):
        return False
    kind, _, ulid = value.partition("_")
    return kind == prefix and _ULID.fullmatch(ulid) is not None
