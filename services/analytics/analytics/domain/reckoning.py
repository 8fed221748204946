"""From what is on record of measures to the values of a metric, one for each interval."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate

from analytics.domain.buckets import QUARTER, Addition, Record
from analytics.domain.sketch import quantile

SALES_PERIOD = timedelta(days=90)
"""How far back days sales outstanding look for sales."""

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Intervals without gaps, by the numbers of the quarters at which they start and the last one ends.

    ``days`` are the local dates on which they end, as ordinals.
    """

    starts: Sequence[int]
    end: int
    days: Sequence[int]

    @property
    def ends(self) -> list[int]:
        """Where each interval ends."""
        return [*self.starts[1:], self.end]


Value = Decimal | None
"""None: nothing was measured."""

Formula = Callable[[Sequence[Record], Timeline], list[Value]]
"""What records, one for each measure of a metric, come to in each interval."""


def flow(records: Sequence[Record], timeline: Timeline) -> list[Value]:
    """What was added within each interval."""
    return list(_sums(records[0], timeline))


def level(records: Sequence[Record], timeline: Timeline) -> list[Value]:
    """What has come together by the end of each interval."""
    return list(_levels(records[0], timeline))


def percentage(records: Sequence[Record], timeline: Timeline) -> list[Value]:
    """How many percent the first measure is of both together."""
    parts, others = (_sums(record, timeline) for record in records)
    return [_divided(100 * part, part + other) for part, other in zip(parts, others, strict=True)]


def mean(records: Sequence[Record], timeline: Timeline) -> list[Value]:
    """The first measure for each one of the second."""
    sums, numbers = (_sums(record, timeline) for record in records)
    return [_divided(total, number) for total, number in zip(sums, numbers, strict=True)]


def percentile(percent: int) -> Formula:
    """The seconds that so many percent of the durations do not exceed."""
    share = Decimal(percent) / 100

    def formula(records: Sequence[Record], timeline: Timeline) -> list[Value]:
        sketches: list[dict[int, Decimal]] = [{} for _ in timeline.starts]
        for place, addition in _placed(records[0], timeline):
            assert addition.bin is not None, "durations are kept by bin"
            sketches[place][addition.bin] = sketches[place].get(addition.bin, _NOTHING) + addition.amount
        return [quantile(sketch, share) for sketch in sketches]

    return formula


def overdue(first: int | None, last: int | None) -> Formula:
    """What is owed at the end of each interval, from the ``first`` to the ``last`` day after its due date."""

    def formula(records: Sequence[Record], timeline: Timeline) -> list[Value]:
        (record,) = records
        owed = {due: amount for due, amount in record.opening.items() if due is not None}
        added: list[list[Addition]] = [[] for _ in timeline.starts]
        for addition in record.additions:
            place = bisect_right(timeline.starts, addition.number) - 1
            if addition.number < timeline.end:
                added[max(place, 0)].append(addition)
        values: list[Value] = []
        today, value = None, _NOTHING
        for additions, day in zip(added, timeline.days, strict=True):
            for _, due, amount in additions:
                assert due is not None, "debts are kept by due date"
                owed[due] = owed.get(due, _NOTHING) + amount
                value += amount if _is_within(day - due, first, last) else 0
            if day != today:
                today = day
                owed = {due: amount for due, amount in owed.items() if amount}
                value = sum((amount for due, amount in owed.items() if _is_within(day - due, first, last)), _NOTHING)
            values.append(value)
        return values

    return formula


def days_of_sales(records: Sequence[Record], timeline: Timeline) -> list[Value]:
    """How many days of sales are outstanding; records: outstanding, invoiced, credited, voided."""
    outstanding, invoiced, credited, voided = records
    sales = sorted(
        [(number, amount) for number, _, amount in invoiced.additions]
        + [(number, -amount) for record in (credited, voided) for number, _, amount in record.additions]
    )
    numbers = [number for number, _ in sales]
    until = list(accumulate((amount for _, amount in sales), initial=_NOTHING))
    values = []
    for owed, end in zip(_levels(outstanding, timeline), timeline.ends, strict=True):
        sold = until[bisect_left(numbers, end)] - until[bisect_left(numbers, end - SALES_PERIOD // QUARTER)]
        values.append(_divided(owed * SALES_PERIOD.days, sold))
    return values


def _is_within(days: int, first: int | None, last: int | None) -> bool:
    return (first is None or first <= days) and (last is None or days <= last)


def _divided(amount: Decimal, by: Decimal) -> Value:
    return amount / by if by > 0 else None


def _placed(record: Record, timeline: Timeline) -> Iterator[tuple[int, Addition]]:
    """The additions within the intervals, each with the place of its interval."""
    starts, first, end = timeline.starts, timeline.starts[0], timeline.end
    for addition in record.additions:
        if first <= addition.number < end:
            yield bisect_right(starts, addition.number) - 1, addition


def _sums(record: Record, timeline: Timeline) -> list[Decimal]:
    sums = [_NOTHING] * len(timeline.starts)
    for place, addition in _placed(record, timeline):
        sums[place] += addition.amount
    return sums


def _levels(record: Record, timeline: Timeline) -> list[Decimal]:
    before = (addition.amount for addition in record.additions if addition.number < timeline.starts[0])
    opening = sum(before, sum(record.opening.values(), _NOTHING))
    return list(accumulate(_sums(record, timeline), initial=opening))[1:]
