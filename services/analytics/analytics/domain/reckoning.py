"""From what is on record of measures to the values of a metric, one for each interval."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from decimal import Decimal
from functools import cached_property
from itertools import accumulate, chain, groupby
from operator import attrgetter, sub

from analytics.domain.buckets import QUARTER, Bins, Record, quarter_at
from analytics.domain.sketch import Sketch
from analytics.domain.web.visitors import together

SALES_PERIOD = timedelta(days=90)
"""How far back days sales outstanding look for sales."""

OLDEST = (0, 30, 60, 90)
"""The last days of the ranges of ages, in days after the due date; the last range has no end."""

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Intervals of a zone without gaps, by the numbers of the quarters at which they start and the last one ends."""

    starts: Sequence[int]
    end: int
    zone: tzinfo

    @property
    def ends(self) -> list[int]:
        """Where each interval ends."""
        return [*self.starts[1:], self.end]

    @property
    def days(self) -> list[int]:
        """The local dates on which they end, as ordinals."""
        return [quarter_at(end - 1).astimezone(self.zone).toordinal() for end in self.ends]


@dataclass(frozen=True)
class Ledger:
    """What is on record of one series of a measure, laid along the intervals; each reckoning of it is made once."""

    record: Record
    timeline: Timeline

    @cached_property
    def sums(self) -> list[Decimal]:
        """What was added within each interval."""
        starts, first, end = self.timeline.starts, self.timeline.starts[0], self.timeline.end
        sums = [_NOTHING] * len(starts)
        for number, _, amount in self.record.additions:
            if first <= number < end:
                sums[bisect_right(starts, number) - 1] += amount
        return sums

    @cached_property
    def levels(self) -> list[Decimal]:
        """What has come together by the end of each interval."""
        first = self.timeline.starts[0]
        before = (amount for number, _, amount in self.record.additions if number < first)
        opening = sum(before, sum(self.record.opening.values(), _NOTHING))
        return list(accumulate(self.sums, initial=opening))[1:]

    @cached_property
    def bins(self) -> list[dict[int, Decimal]]:
        """What was added to each bin within each interval."""
        return [_together(added, rollups) for added, rollups in zip(self._added, self._rollups, strict=True)]

    @cached_property
    def sketches(self) -> list[Sketch]:
        """The durations of each interval."""
        return [
            Sketch(rollups[0])
            if len(rollups) == 1 and not added
            else Sketch.of(_added_up({bin: int(count) for bin, count in added.items()}, rollups))
            for added, rollups in zip(self._added, self._rollups, strict=True)
        ]

    @cached_property
    def ages(self) -> list[tuple[Decimal, ...]]:
        """What is owed at the end of each interval, by the ranges of ages on that day. Bins are due dates."""
        owed = self._owed_before
        by_age: list[tuple[Decimal, ...]] = []
        today, sums = None, [_NOTHING] * (len(OLDEST) + 1)
        for added, day in zip(self.bins, self.timeline.days, strict=True):
            for due, amount in added.items():
                owed[due] = owed.get(due, _NOTHING) + amount
                sums[bisect_left(OLDEST, day - due)] += amount
            if day != today:
                today = day
                owed = {due: amount for due, amount in owed.items() if amount}
                sums = [_NOTHING] * len(sums)
                for due, amount in owed.items():
                    sums[bisect_left(OLDEST, day - due)] += amount
            by_age.append(tuple(sums))
        return by_age

    @cached_property
    def distinct(self) -> list[int]:
        """About how many different ones the sketches of each interval have seen."""
        starts = self.timeline.starts
        sketches: list[list[bytes]] = [[] for _ in starts]
        for number, sketch in self.record.sketches:
            sketches[bisect_right(starts, number) - 1].append(sketch)
        return [together(found) if found else 0 for found in sketches]

    @property
    def _added(self) -> list[dict[int, Decimal]]:
        """What was added to each bin within each interval, but for the rollups."""
        starts, first, end = self.timeline.starts, self.timeline.starts[0], self.timeline.end
        bins: list[dict[int, Decimal]] = [{} for _ in starts]
        for number, bin, amount in self.record.additions:
            if first <= number < end:
                assert bin is not None, "the measure has bins"
                within = bins[bisect_right(starts, number) - 1]
                within[bin] = within.get(bin, _NOTHING) + amount
        return bins

    @property
    def _rollups(self) -> list[list[Bins]]:
        """The rollups of each interval."""
        starts, first, end = self.timeline.starts, self.timeline.starts[0], self.timeline.end
        rollups: list[list[Bins]] = [[] for _ in starts]
        for number, rollup in self.record.rollups:
            if first <= number < end:
                rollups[bisect_right(starts, number) - 1].append(rollup)
        return rollups

    @property
    def _owed_before(self) -> dict[int, Decimal]:
        owed = {due: amount for due, amount in self.record.opening.items() if due is not None}
        for number, due, amount in self.record.additions:
            if due is not None and number < self.timeline.starts[0]:
                owed[due] = owed.get(due, _NOTHING) + amount
        before = [rollup for number, rollup in self.record.rollups if number < self.timeline.starts[0]]
        return _together(owed, before)


def _together(added: dict[int, Decimal], rollups: Iterable[Bins]) -> dict[int, Decimal]:
    """What was added to each bin, with what is in some rollups."""
    for decimals, alike in groupby(rollups, attrgetter("decimals")):
        unit = Decimal(1).scaleb(-decimals)
        for bin, amount in _added_up({}, alike).items():
            added[bin] = added.get(bin, _NOTHING) + amount * unit
    return added


def _added_up(counts: dict[int, int], rollups: Iterable[Bins]) -> dict[int, int]:
    """Whole numbers, by bin: Decimals would take three times as long."""
    for bins, amounts, _, running in rollups:
        # Of running sums, each less the one before it.
        each = map(sub, amounts, chain((0,), amounts)) if running else amounts
        for bin, amount in zip(bins, each, strict=True):
            counts[bin] = counts.get(bin, 0) + amount
    return counts


Value = Decimal | None
"""None: nothing was measured."""

Formula = Callable[[Sequence[Ledger]], Sequence[Value]]
"""What ledgers, one for each measure of a metric, come to in each interval."""


def flow(ledgers: Sequence[Ledger]) -> Sequence[Value]:
    """What was added within each interval."""
    return ledgers[0].sums


def level(ledgers: Sequence[Ledger]) -> Sequence[Value]:
    """What has come together by the end of each interval."""
    return ledgers[0].levels


def percentage(ledgers: Sequence[Ledger]) -> Sequence[Value]:
    """How many percent the first measure is of both together."""
    parts, others = (ledger.sums for ledger in ledgers)
    return [_divided(100 * part, part + other) for part, other in zip(parts, others, strict=True)]


def mean(ledgers: Sequence[Ledger]) -> Sequence[Value]:
    """The first measure for each one of the second."""
    sums, numbers = (ledger.sums for ledger in ledgers)
    return [_divided(total, number) for total, number in zip(sums, numbers, strict=True)]


def percentile(percent: int) -> Formula:
    """The seconds that so many percent of the durations do not exceed."""
    return lambda ledgers: [sketch.percentile(percent) for sketch in ledgers[0].sketches]


def overdue(age: int) -> Formula:
    """What is owed at the end of each interval, of one of the ranges of ages."""
    return lambda ledgers: [sums[age] for sums in ledgers[0].ages]


def distinct(ledgers: Sequence[Ledger]) -> Sequence[Value]:
    """How many different ones there were within each interval, about."""
    return [Decimal(number) for number in ledgers[0].distinct]


def days_of_sales(ledgers: Sequence[Ledger]) -> Sequence[Value]:
    """How many days of sales are outstanding; ledgers: outstanding, invoiced, credited, voided."""
    outstanding, invoiced, credited, voided = ledgers
    sales = sorted(
        [(number, amount) for number, _, amount in invoiced.record.additions]
        + [(number, -amount) for ledger in (credited, voided) for number, _, amount in ledger.record.additions]
    )
    numbers = [number for number, _ in sales]
    until = list(accumulate((amount for _, amount in sales), initial=_NOTHING))
    values = []
    for owed, end in zip(outstanding.levels, outstanding.timeline.ends, strict=True):
        sold = until[bisect_left(numbers, end)] - until[bisect_left(numbers, end - SALES_PERIOD // QUARTER)]
        values.append(_divided(owed * SALES_PERIOD.days, sold))
    return values


def _divided(amount: Decimal, by: Decimal) -> Value:
    return amount / by if by > 0 else None
