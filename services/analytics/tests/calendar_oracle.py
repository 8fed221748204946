"""A slow and obvious second opinion on local time: looks at the clock on the wall once a minute."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from analytics.domain.intervals import Span

MINUTE = timedelta(minutes=1)


def hours(start: datetime, end: datetime, zone: ZoneInfo) -> list[Span]:
    """Runs of minutes in which the wall clock shows the same hour and nobody has set it."""

    def hour_on_the_wall(minute: datetime) -> object:
        here = minute.astimezone(zone)
        return here.date(), here.hour, here.utcoffset()

    return _runs(start, end, hour_on_the_wall)


def days(start: datetime, end: datetime, zone: ZoneInfo) -> list[Span]:
    """Runs of minutes of the same date; a date that has begun is not undone by setting the clock back."""
    latest = start.astimezone(zone).date()

    def date_on_the_wall(minute: datetime) -> object:
        nonlocal latest
        latest = max(latest, minute.astimezone(zone).date())
        return latest

    return _runs(start, end, date_on_the_wall)


def weeks(start: datetime, end: datetime, zone: ZoneInfo) -> list[Span]:
    """Days of the same week, which begins on Monday."""
    return _together(days(start, end, zone), zone, lambda day: day.isocalendar()[:2])


def months(start: datetime, end: datetime, zone: ZoneInfo) -> list[Span]:
    """Days of the same month."""
    return _together(days(start, end, zone), zone, lambda day: (day.year, day.month))


def _together(single: list[Span], zone: ZoneInfo, label: Callable[[date], object]) -> list[Span]:
    # Late in a run the clock shows its date, whatever it showed while it was being set.
    dated = [(label((span.end - MINUTE).astimezone(zone).date()), span) for span in single]
    groups = [[span for _, span in group] for _, group in groupby(dated, key=lambda one: one[0])]
    return [Span(group[0].start, group[-1].end) for group in groups]


def _runs(start: datetime, end: datetime, label: Callable[[datetime], object]) -> list[Span]:
    runs = (list(run) for _, run in groupby(_minutes(start, end), key=label))
    return [Span(run[0], run[-1] + MINUTE) for run in runs]


def _minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += MINUTE
