"""Records: what a row of a third party's file says, once it is read by that source's columns.

Every row passes through here, a hundred and fifty thousand a day, so what repeats in a file (days, event types) is
looked up and not looked at again.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

LONGEST_USER_ID = 128
EVENT_TYPE = r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}"

_EVENT_TYPE = re.compile(EVENT_TYPE)
_DIFFERENT_VALUES = 4096
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


class BadRow(Exception):
    """A row that cannot become a record; its text is the reason, and holds nothing of the row itself."""


class Record(NamedTuple):
    """Somebody did something on a day; ``day`` is ``YYYY-MM-DD``."""

    user_id: str
    day: str
    event_type: str


class DateFormat(StrEnum):
    """How a source writes its days."""

    ISO = "YYYY-MM-DD"
    RFC3339 = "RFC3339"
    COMPACT = "YYYYMMDD"
    GERMAN = "DD.MM.YYYY"
    BRITISH = "DD/MM/YYYY"
    AMERICAN = "MM/DD/YYYY"


RecordOf = Callable[[str, str, str], Record]


def reader_of(date_format: DateFormat) -> RecordOf:
    """What makes a record of a user id, a day as the source writes it, and an event type. It raises BadRow."""
    day_of = _day_of(date_format)

    def record_of(user_id: str, day: str, event_type: str) -> Record:
        user_id = user_id.strip()
        if not user_id:
            raise BadRow("user_id is empty")
        if len(user_id) > LONGEST_USER_ID:
            raise BadRow(f"user_id is longer than {LONGEST_USER_ID} characters")
        if not user_id.isprintable():
            raise BadRow("user_id contains control characters")
        return Record(user_id, day_of(day), _event_type_of(event_type))

    return record_of


@lru_cache(_DIFFERENT_VALUES)
def _event_type_of(text: str) -> str:
    event_type = text.strip()
    if not event_type:
        raise BadRow("event_type is empty")
    if not _EVENT_TYPE.fullmatch(event_type):
        raise BadRow("event_type is not up to 64 letters, digits and _ . : -")
    return event_type


@lru_cache
def _day_of(date_format: DateFormat) -> Callable[[str], str]:
    parse = _PARSERS[date_format]

    @lru_cache(_DIFFERENT_VALUES)
    def day_of(text: str) -> str:
        try:
            day = parse(text.strip())
        except (ValueError, OverflowError):
            day = None
        if day is None:
            raise BadRow("date is empty" if not text.strip() else f"date is not a day written as {date_format}")
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise BadRow(f"date is not within the years {_FIRST_YEAR} to {_LAST_YEAR}")
        return day.isoformat()

    return day_of


def _written(pattern: str) -> Callable[[str], date | None]:
    """Reads days whose digits stand where the pattern's named groups do."""
    compiled = re.compile(pattern, re.ASCII)

    def parse(text: str) -> date | None:
        match = compiled.fullmatch(text)
        return date(*(int(match[name]) for name in ("year", "month", "day"))) if match else None

    return parse


def _utc_day(text: str) -> date | None:
    """The UTC day of an RFC 3339 time."""
    if not _TIME.fullmatch(text):
        return None
    return datetime.fromisoformat(text.upper()).astimezone(UTC).date()


_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_YEAR, _MONTH, _DAY = r"(?P<year>\d{4})", r"(?P<month>\d\d)", r"(?P<day>\d\d)"
_PARSERS = {
    DateFormat.ISO: _written(f"{_YEAR}-{_MONTH}-{_DAY}"),
    DateFormat.RFC3339: _utc_day,
    DateFormat.COMPACT: _written(_YEAR + _MONTH + _DAY),
    DateFormat.GERMAN: _written(rf"{_DAY}\.{_MONTH}\.{_YEAR}"),
    DateFormat.BRITISH: _written(f"{_DAY}/{_MONTH}/{_YEAR}"),
    DateFormat.AMERICAN: _written(f"{_MONTH}/{_DAY}/{_YEAR}"),
}
