"""A slow and obvious second opinion on working time: looks at the clock on the wall once a minute."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from customer_support.domain.calendars import Calendar
from customer_support.domain.life_cycle import Status, Transition

MINUTE = timedelta(minutes=1)


def is_working(calendar: Calendar, minute: datetime) -> bool:
    """Whether the clock on the calendar's wall shows working time."""
    here = minute.astimezone(ZoneInfo(calendar.time_zone))
    if here.date() in calendar.holidays:
        return False
    shown = here.hour * 60 + here.minute
    return any(interval.start <= shown < interval.end for interval in calendar.week[here.weekday()])


def between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Working time, counted minute by minute."""
    return sum((MINUTE for minute in _minutes(start, end) if is_working(calendar, minute)), timedelta())


def after(calendar: Calendar, start: datetime, duration: timedelta, give_up: datetime) -> datetime | None:
    """When so much working time has passed, if that is before ``give_up``."""
    left = duration
    for minute in _minutes(start, give_up):
        if is_working(calendar, minute):
            left -= MINUTE
            if left <= timedelta():
                return minute + MINUTE
    return None


def resolution_due(
    calendar: Calendar, transitions: Sequence[Transition], target: timedelta, give_up: datetime
) -> datetime | None:
    """When a resolution is due: walks from the opening and counts the minutes of an open ticket."""
    left = target
    for minute in _minutes(transitions[0].at, give_up):
        status = [transition.status for transition in transitions if transition.at <= minute][-1]
        if status in (Status.NEW, Status.OPEN) and is_working(calendar, minute):
            left -= MINUTE
            if left <= timedelta():
                return minute + MINUTE
    return None


def _minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += MINUTE
