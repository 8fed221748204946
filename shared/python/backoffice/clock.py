"""Time: UTC inside, RFC 3339 at the edge, milliseconds throughout."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time in UTC, cut to milliseconds so that what is stored equals what was answered."""
    return _to_milliseconds(datetime.now(UTC))


def rfc3339(time: datetime) -> str:
    """Write a zoned time as RFC 3339 in UTC: ``2026-11-23T17:00:00.000Z``. Such strings sort by time."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time with any offset into UTC. Raises ValueError if it has no offset or is no time."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset")
    return _to_milliseconds(time.astimezone(UTC))


def _to_milliseconds(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
