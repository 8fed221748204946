"""Buckets of a quarter of an hour, in UTC.

The offset of every time zone in use is a whole number of quarter hours (India +5:30, Nepal +5:45), so
quarters add up to the local hours and days of all of them without a remainder. Whole UTC hours would not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from analytics.domain.measures import Measure
from analytics.domain.web.visitors import Packed

QUARTER = timedelta(minutes=15)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Dimensions = tuple[str, ...]
"""Values of dimensions, in the order in which a measure, or a question, names them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an event adds to one bucket; ``quarter`` is the UTC time at which the bucket starts.

    ``dimensions`` has a value for each of the measure's dimensions, ``bin`` is given if the measure has bins.
    """

    measure: Measure
    dimensions: Dimensions
    quarter: datetime
    amount: Decimal
    bin: int | None = None

    @property
    def named(self) -> dict[str, str]:
        """The values by the names of the dimensions."""
        return dict(zip(self.measure.dimensions, self.dimensions, strict=True))


Addition = tuple[int, int | None, Decimal]
"""What was added in one quarter hour: its number since 1970, the bin (as in a change), the amount.

A plain tuple, since a question meets tens of thousands of them.
"""


class Bins(NamedTuple):
    """What was added to bins, in their order: a whole number each, of units of that many ``decimals``.

    Columns, since a question adds up or skips through some hundred thousand of them. If they are ``running``, each
    amount is that of its bin and all before it, and none of them is below zero.
    """

    bins: Sequence[int]
    amounts: Sequence[int]
    decimals: int = 0
    running: bool = False


Rollup = tuple[int, Bins]
"""What was added to bins from the quarter hour of that number on, for a time that lies within one interval."""

Sketched = tuple[int, Packed]
"""Who was counted from the quarter hour of that number on, for a time that lies within one interval."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is on record of one series around a span of time, in no order.

    ``opening`` is the sum of all that was added before, by bin. ``rollups`` are what was added to bins beside the
    ``additions``. ``sketches`` are those of a measure that has them, in place of both.
    """

    additions: Sequence[Addition] = ()
    opening: Mapping[int | None, Decimal] = field(default_factory=dict)
    sketches: Sequence[Sketched] = ()
    rollups: Sequence[Rollup] = ()

    @property
    def numbers(self) -> set[int]:
        """The numbers of the quarter hours from which on something was added."""
        return {number for number, _, _ in self.additions} | {number for number, _ in self.rollups}


def quarter_of(time: datetime) -> datetime:
    """The start of the bucket that a time falls into, in UTC."""
    return time.astimezone(UTC) - (time - _EPOCH) % QUARTER


def number_of(quarter: datetime) -> int:
    """The number of the quarter that starts then, since 1970: arithmetic with numbers is quicker than with times."""
    return (quarter - _EPOCH) // QUARTER


def quarter_at(number: int) -> datetime:
    """When the quarter of that number starts."""
    return _EPOCH + number * QUARTER


def starts_quarter(time: datetime) -> bool:
    """Whether buckets can be split at this time."""
    return quarter_of(time) == time


def quarters(start: datetime, end: datetime) -> Iterator[datetime]:
    """The quarters from ``start`` (itself one) until before ``end``."""
    while start < end:
        yield start
        start += QUARTER


def fold(changes: Iterable[Change]) -> list[Change]:
    """Add up changes to the same bucket; what comes to nothing is left out."""
    sums: dict[tuple[Measure, Dimensions, datetime, int | None], Decimal] = {}
    for change in changes:
        bucket = (change.measure, change.dimensions, change.quarter, change.bin)
        sums[bucket] = sums.get(bucket, Decimal(0)) + change.amount
    return [
        Change(measure, dimensions, quarter, amount, bin)
        for (measure, dimensions, quarter, bin), amount in sums.items()
        if amount
    ]
