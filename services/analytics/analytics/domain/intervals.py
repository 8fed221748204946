"""Local hours, days, weeks and months of any time zone, as spans of UTC."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from analytics.domain.buckets import QUARTER, quarters

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


class Interval(StrEnum):
    """The lengths of time that a series can be cut into. A week begins on Monday."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in UTC, without its end."""

    start: datetime
    end: datetime


class Indivisible(Exception):
    """The zone's clock changed inside a quarter hour, which buckets cannot split; it ends at ``at``."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"the clock changed within the quarter hour before {at.isoformat()}")
        self.at = at


def spans(whole: Span, interval: Interval, zone: ZoneInfo) -> Iterator[Span]:
    """Cut ``whole`` into the intervals of a zone's local time; its ends may cut the first and the last one short.

    An hour lasts until the zone's clock reaches the next full hour or is changed. So on a day of changing
    clocks there are 23 or 25 hours, or a half one where clocks change by 30 minutes. A day begins when its
    date is first reached; a date that a zone skipped is left out. A week or a month begins with its first day.

    Raises Indivisible for hours around one of the few changes that were not at a full quarter, such as in
    Newfoundland until 2011. Whole days are exact there too.
    """
    ends = _full_hours(whole.start, zone) if interval is Interval.HOUR else _beginnings(whole.start, interval, zone)
    start = whole.start
    for end in ends:
        yield Span(start, min(end, whole.end))
        start = end
        if start >= whole.end:
            return


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The UTC time at which a zone first reaches a date; where the next one begins if it skipped that date."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _beginnings(at: datetime, interval: Interval, zone: ZoneInfo) -> Iterator[datetime]:
    """Where days, weeks or months begin, after a time and without end."""
    following = _FOLLOWING[interval]
    while True:
        day = following(at.astimezone(zone).date())
        # A date that was skipped, or has begun although the clock was set back into the one before, is none of them.
        while (begin := day_begins(day, zone)) <= at:
            day = following(day)
        yield begin
        at = begin


_FOLLOWING: dict[Interval, Callable[[date], date]] = {
    Interval.DAY: lambda day: day + timedelta(days=1),
    Interval.WEEK: lambda day: day + timedelta(days=7 - day.weekday()),
    Interval.MONTH: lambda day: (day.replace(day=1) + timedelta(days=31)).replace(day=1),
}


def _full_hours(at: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Where hours begin, after a time and without end. A question has thousands: each is looked up in the zone once."""
    here = at.astimezone(zone)
    while True:
        full_hour = at + _HOUR - here.minute * _MINUTE
        there = full_hour.astimezone(zone)
        if there.utcoffset() != here.utcoffset():
            full_hour = _changed(at, full_hour, zone)
            there = full_hour.astimezone(zone)
        yield full_hour
        at, here = full_hour, there


def _changed(at: datetime, full_hour: datetime, zone: ZoneInfo) -> datetime:
    """When the clock was changed between two times."""
    offset = at.astimezone(zone).utcoffset()
    changed = next(
        quarter
        for quarter in quarters(at + QUARTER, full_hour + QUARTER)
        if quarter.astimezone(zone).utcoffset() != offset
    )
    if (changed - _MINUTE).astimezone(zone).utcoffset() != offset:
        raise Indivisible(changed)
    return changed
