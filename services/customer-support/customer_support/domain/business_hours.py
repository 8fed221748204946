"""Arithmetic with working time: how much of it lies between two moments, and when so much of it has passed.

A moment is working time if the clock on the calendar's wall then shows one of the day's intervals. So an hour that the
clock shows twice counts twice, and one that it skips does not count. Inside, moments are milliseconds since 1970.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from customer_support.domain.calendars import Calendar, Day

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()
_MILLISECOND = timedelta(milliseconds=1)
_SECOND, _MINUTE, _DAY = 1_000, 60_000, 86_400_000
# No zone changes its clock twice within twelve hours.
_PROBE = 12 * 3600 * _SECOND
_YEARS_AHEAD = 10


@dataclass(frozen=True)
class _Year:
    """A year's working time: where its runs start and end, and how much has passed at the end of each."""

    starts: list[int]
    ends: list[int]
    passed: list[int]

    def until(self, moment: int) -> int:
        """How much has passed before ``moment``."""
        run = bisect_right(self.starts, moment) - 1
        if run < 0:
            return 0
        return self.passed[run] - max(0, self.ends[run] - moment)

    def reached(self, amount: int) -> int:
        """The first moment at which ``amount`` has passed."""
        run = bisect_left(self.passed, amount)
        return self.ends[run] - (self.passed[run] - amount)

    @property
    def total(self) -> int:
        return self.passed[-1] if self.passed else 0


class BusinessHours:
    """The working time of one calendar, tabulated year by year as it is needed."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._holidays = frozenset(calendar.holidays)
        self._years: dict[int, _Year] = {}

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from ``start`` to ``end``; none if they are the wrong way round."""
        if end <= start:
            return timedelta()
        whole = sum(self._year(year).total for year in range(start.year, end.year))
        passed = whole + self._year(end.year).until(_moment(end)) - self._year(start.year).until(_moment(start))
        return passed * _MILLISECOND

    def after(self, start: datetime, duration: timedelta) -> datetime | None:
        """The first moment at which ``duration`` of working time has passed since ``start``.

        At the end of a working day that is its end and not the next day's beginning. None if ten years do not suffice.
        """
        if duration <= timedelta():
            return start
        wanted = self._year(start.year).until(_moment(start)) + duration // _MILLISECOND
        for year in range(start.year, min(start.year + _YEARS_AHEAD, 9999)):
            table = self._year(year)
            if wanted <= table.total:
                return _EPOCH + table.reached(wanted) * _MILLISECOND
            wanted -= table.total
        return None

    def _year(self, year: int) -> _Year:
        if year not in self._years:
            self._years[year] = self._tabulated(year)
        return self._years[year]

    def _tabulated(self, year: int) -> _Year:
        table = _Year([], [], [])
        passed = 0
        for start, end in self._runs(year):
            passed += end - start
            if table.ends and table.ends[-1] == start:
                table.ends[-1], table.passed[-1] = end, passed
            else:
                table.starts.append(start)
                table.ends.append(end)
                table.passed.append(passed)
        return table

    def _runs(self, year: int) -> Iterator[tuple[int, int]]:
        for start, end, offset in _spans(self._calendar.time_zone, year):
            first, last = (start + offset) // _DAY, (end + offset - 1) // _DAY
            for number in range(first, last + 1):
                midnight = number * _DAY - offset
                for interval in self._on(date.fromordinal(_FIRST_DAY + number)):
                    opens = max(start, midnight + interval.start * _MINUTE)
                    closes = min(end, midnight + interval.end * _MINUTE)
                    if opens < closes:
                        yield opens, closes

    def _on(self, day: date) -> Day:
        return () if day in self._holidays else self._calendar.week[day.weekday()]


@lru_cache(maxsize=256)
def _spans(time_zone: str, year: int) -> list[tuple[int, int, int]]:
    """The runs of a UTC year in which a zone keeps one distance from UTC: start, end, distance."""
    zone = ZoneInfo(time_zone)
    start, end = _moment(datetime(year, 1, 1, tzinfo=UTC)), _moment(datetime(year + 1, 1, 1, tzinfo=UTC))
    spans = []
    for probe in range(start + _PROBE, end + _PROBE, _PROBE):
        before, upto = _offset(zone, start), min(probe, end)
        if _offset(zone, upto) != before:
            change = _change(zone, max(start, upto - _PROBE), upto)
            spans.append((start, change, before))
            start = change
    return [*spans, (start, end, _offset(zone, end - _SECOND))]


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """The first second of another distance, somewhere after ``before`` and not after ``after``."""
    distance = _offset(zone, before)
    while after - before > _SECOND:
        middle = (before + after) // (2 * _SECOND) * _SECOND
        if _offset(zone, middle) == distance:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, moment: int) -> int:
    offset = datetime.fromtimestamp(moment // _SECOND, zone).utcoffset()
    assert offset is not None, "a zone always has an offset"
    return offset // _MILLISECOND


def _moment(time: datetime) -> int:
    return (time - _EPOCH) // _MILLISECOND
