"""From when to when: what people and programs write, and the windows that X-Ray accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from operations.problems import bad_request

# GetServiceGraph, GetTraceSummaries and GetTimeSeriesServiceStatistics refuse longer ranges.
WINDOW = timedelta(hours=6)
LONGEST = timedelta(days=7)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_ADVICE = "Write 15m, 6h or 2d, or a time such as 2026-01-31T09:00:00Z."


@dataclass(frozen=True)
class Period:
    """A range of time in UTC, at most LONGEST."""

    start: datetime
    end: datetime

    @classmethod
    def last(cls, span: timedelta) -> Period:
        """The `span` until now."""
        return cls.between(None, None, span)

    @classmethod
    def between(cls, start: str | None, end: str | None, span: timedelta = timedelta(minutes=15)) -> Period:
        """From `start` to `end`, each an RFC 3339 time or a span before now (`15m`); `span` long where start is None.

        Raises Problem for what is no time, is empty, or is longer than LONGEST.
        """
        now = datetime.now(UTC)
        until = moment(end, now) if end else now
        since = moment(start, now) if start else until - span
        if since >= until:
            raise bad_request("The range ends before it begins.", "Let `from` be earlier than `to`.")
        if until - since > LONGEST:
            raise bad_request(f"The range is longer than {LONGEST.days} days.", "Ask for a shorter one.")
        return cls(since, until)

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()

    @property
    def minutes(self) -> float:
        return self.seconds / 60

    def windows(self) -> Iterator[Period]:
        """Its parts that X-Ray accepts, latest first; none shares a second with another, as both ends count."""
        end = self.end
        while end >= self.start:
            start = max(self.start, end - WINDOW + timedelta(seconds=1))
            yield Period(start, end)
            end = start - timedelta(seconds=1)


def moment(text: str, now: datetime) -> datetime:
    """The time that `text` names; see Period.between."""
    if ago := re.fullmatch(r"(\d{1,6})([smhd])", text.strip()):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise bad_request(f"`{text[:40]}` is no time.", _ADVICE) from None
    if found.tzinfo is None:
        raise bad_request(f"`{text[:40]}` has no time zone.", _ADVICE)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise bad_request(f"`{text[:40]}` is out of range.", _ADVICE) from None


def written(time: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
