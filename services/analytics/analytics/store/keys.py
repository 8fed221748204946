"""Where a change is kept: keys and attributes of the metrics' items.

One item holds a UTC day of a series, with an attribute for each quarter hour in which something happened; a
month of full quarters is 30 items. A level has one item more for each year, with the sum of each month: its
opening balance is read from those, and from the days of its first month, however long its history is.

    pk METRIC#<generation>#<metric>[#<dimension>...]   sk DAY#<date>[#<value>...]     t0000 ... t2345
                                                       sk YEAR#<year>[#<value>...]    m01 ... m12

What is kept can be rebuilt: a generation is one whole set of these items, beside others.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import quote, unquote

from analytics.domain.buckets import Change, Dimensions
from analytics.domain.catalogue import Kind, Metric
from backoffice.dynamodb import Item

FIRST_GENERATION = "1"
AFTER_ALL_VALUES = "~"
QUARTERS = {
    f"t{hour:02}{minute:02}": timedelta(hours=hour, minutes=minute) for hour in range(24) for minute in range(0, 60, 15)
}


class Place(NamedTuple):
    """An attribute of an item."""

    pk: str
    sk: str
    attribute: str


def places(change: Change, generation: str) -> Iterator[Place]:
    """All attributes that a change is added to."""
    pk = partition(change.metric, generation)
    values = "".join(f"#{quote(value, safe='')}" for value in change.dimensions)
    yield Place(pk, f"DAY#{change.quarter.date()}{values}", f"t{change.quarter:%H%M}")
    if change.metric.kind is Kind.LEVEL:
        yield Place(pk, f"YEAR#{change.quarter.year:04}{values}", f"m{change.quarter.month:02}")


def partition(metric: Metric, generation: str) -> str:
    """The partition of all series of a metric."""
    return "#".join(["METRIC", generation, metric.name, *metric.dimensions])


def period_and_dimensions(item: Item) -> tuple[str, Dimensions]:
    """The period and the dimensions that an item is about."""
    _, period, *values = item["sk"].split("#")
    return period, tuple(unquote(value) for value in values)
