"""Calendars: the hours in which a team works."""

from dataclasses import dataclass
from datetime import date

MIDNIGHT = 24 * 60
"""The end of a day, in minutes since it began."""


@dataclass(frozen=True)
class Interval:
    """A run of working time within one day, in minutes since its midnight; ``end`` is the first minute after it."""

    start: int
    end: int


Day = tuple[Interval, ...]


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Working hours by the clock on the wall of ``time_zone``.

    ``week`` has seven days, Monday first, each with its intervals in order; nobody works on ``holidays``.
    """

    id: str
    version: int
    name: str
    time_zone: str
    week: tuple[Day, ...]
    holidays: tuple[date, ...] = ()
