"""Time: UTC inside, RFC 3339 at the edge, milliseconds throughout."""

import re
from datetime import UTC, datetime

# datetime.fromisoformat reads more of ISO 8601: basic format, week dates, any separator.
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def now() -> datetime:
    """The current time in UTC, cut to milliseconds so that what is stored equals what was answered."""
    return _to_milliseconds(datetime.now(UTC))


def rfc3339(time: datetime) -> str:
    """Write a zoned time as RFC 3339 in UTC: ``2026-11-23T17:00:00.000Z``. Such strings sort by time."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time with any offset into UTC. Raises ValueError if it has no offset or is no time."""
    if not _RFC3339.fullmatch(text):
        raise ValueError(f"{text!r} is no RFC 3339 time with offset")
    try:
        return _to_milliseconds(datetime.fromisoformat(text.upper()).astimezone(UTC))
    except OverflowError as error:
        raise ValueError(f"{text!r} is beyond the years 1 to 9999") from error


def _to_milliseconds(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
