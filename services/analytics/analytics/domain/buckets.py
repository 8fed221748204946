"""Buckets of a quarter of an hour, in UTC.

The offset of every time zone in use is a whole number of quarter hours (India +5:30, Nepal +5:45), so
quarters add up to the local hours and days of all of them without a remainder. Whole UTC hours would not.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from analytics.domain.catalogue import Metric

QUARTER = timedelta(minutes=15)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Dimensions = tuple[str, ...]
"""Values of a metric's dimensions, in the order in which the metric names them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an event adds to one bucket; ``quarter`` is the UTC time at which the bucket starts."""

    metric: Metric
    dimensions: Dimensions
    quarter: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Record:
    """What is on record of one series around a span of time.

    ``quarters`` maps the start of a bucket to its sum; ``opening`` is the sum of all changes before those.
    """

    quarters: Mapping[datetime, Decimal]
    opening: Decimal = Decimal(0)


def quarter_of(time: datetime) -> datetime:
    """The start of the bucket that a time falls into, in UTC."""
    return time.astimezone(UTC) - (time - _EPOCH) % QUARTER


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
    sums: dict[tuple[Metric, Dimensions, datetime], Decimal] = {}
    for change in changes:
        bucket = (change.metric, change.dimensions, change.quarter)
        sums[bucket] = sums.get(bucket, Decimal(0)) + change.amount
    return [Change(*bucket, amount) for bucket, amount in sums.items() if amount]
