"""Where a change is kept: keys and attributes of the measures' items.

One item holds a UTC day of a series, with an attribute for each quarter hour in which something happened; a
month of full quarters is 30 items. A level has one item more for each year, with the sum of each month: its
opening balance is read from those, and from the days of its first month, however long its history is. A measure with
bins has an attribute for each bin of each quarter hour, or month.

    pk METRIC#<generation>#<measure>[#<dimension>...][#<account>]
    sk DAY#<date>[#<value>...]        version, born, t0000 ... t2345, or t0000_<bin> ...
       YEAR#<year>[#<value>...]       m01 ... m12, or m01_<bin> ...
       QUARTERS#<date>[#<value>...]   version, absorbed, t0000 ... t2345
       HOURS<minute>#<date>[#<value>...]   absorbed, t0000 ... t2300, or t0000, t0030, ... t2330

A change is kept twice, in the totals and under its full dimensions; both are partitions, with all their series in them,
but for accounts: each is a partition of its own. An item that is hot has shards beside it, whose sort keys go on with
``~`` and a number. What is kept can be rebuilt: a generation is one whole set of these items, beside others.

Events are only ever added to ``DAY`` and ``YEAR``. When a day is over, or has become large, its items are absorbed by
``QUARTERS``, and ``HOURS00`` has the same by the hour, see ``store.compacting``; there, all bins are one attribute.
``HOURS30`` and ``HOURS45`` have hours that begin then, as those of India and Nepal do, and what is left at either end
of the day by itself.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

from analytics.domain.buckets import Change, Dimensions
from analytics.domain.measures import ACCOUNT, Measure

NEVER_REBUILT = "0"
"""In place of the generation of what is not rebuilt."""

DAY, QUARTERS_OF_DAY, YEAR = "DAY", "QUARTERS", "YEAR"
"""What the sort key of an item begins with."""

HOURS = {0: "HOURS00", 2: "HOURS30", 3: "HOURS45"}
"""The same, by the quarter of an hour of UTC at which the hours of zones begin. No zone's begin at a quarter past."""

SHARD = "~"
AFTER_ALL_VALUES = SHARD * 2
QUARTERS = {f"t{hour:02}{minute:02}": hour * 4 + minute // 15 for hour in range(24) for minute in range(0, 60, 15)}
"""The number of each quarter of a day, by the first characters of its attributes."""

MONTHS = [f"m{number:02}" for number in range(1, 13)]
"""The first characters of the attributes of each month."""


class Place(NamedTuple):
    """An attribute of an item."""

    pk: str
    sk: str
    attribute: str


def places(change: Change, generation: str) -> Iterator[Place]:
    """All attributes that a change is added to."""
    measure, quarter = change.measure, change.quarter
    bin = "" if change.bin is None else f"_{change.bin}"
    for kept in dict.fromkeys((measure.summary, measure.dimensions)):
        named = {name: value for name, value in zip(measure.dimensions, change.dimensions, strict=True) if name in kept}
        pk = partition(measure, generation, kept, named.pop(ACCOUNT, None))
        values = "".join(f"#{_escaped(value)}" for value in named.values())
        yield Place(pk, f"{DAY}#{quarter.date()}{values}", f"t{quarter:%H%M}{bin}")
        if measure.is_level:
            yield Place(pk, f"{YEAR}#{quarter.year:04}{values}", f"m{quarter.month:02}{bin}")


def partition(measure: Measure, generation: str, dimensions: Dimensions, account: str | None = None) -> str:
    """The partition of all series of a measure with these dimensions; ``account`` is given if that is one of them."""
    own = [] if account is None else [_escaped(account)]
    if not measure.is_rebuilt:
        generation = NEVER_REBUILT
    return "#".join(["METRIC", generation, measure.name, *dimensions, *own])


def shard(pk: str, sk: str, number: int) -> tuple[str, str]:
    """The key of a shard of an item; shard 0 is the item itself."""
    return pk, f"{sk}{SHARD}{number}" if number else sk


def unsharded(pk: str, sk: str) -> tuple[str, str] | None:
    """The key of the item that this is, or is a shard of; None of what is no item of a measure."""
    return (pk, sk.partition(SHARD)[0]) if pk.startswith("METRIC#") else None


def attribute(quarter: int, bin: int | None = None) -> str:
    """The attribute of a quarter of the day, by its number, and of a bin if there is one."""
    period = f"t{quarter // 4:02}{quarter % 4 * 15:02}"
    return period if bin is None else f"{period}_{bin}"


def of_kind(sk: str, kind: str) -> str:
    """The sort key of the item of another kind about the same day: what absorbs a ``DAY``, or is absorbed."""
    return kind + sk[sk.index("#") :].partition(SHARD)[0]


def rollup_for(hours_begin: int | None) -> str:
    """The kind to read for intervals of whole hours that begin at this quarter, or of anything else."""
    return QUARTERS_OF_DAY if hours_begin is None else HOURS.get(hours_begin, QUARTERS_OF_DAY)


def is_rolled_up(measure: Measure, dimensions: Dimensions) -> bool:
    """Whether days are ever absorbed in these partitions. Accounts are too many to look through, and small."""
    return measure.is_rebuilt and ACCOUNT not in dimensions


def period_and_values(sk: str) -> tuple[str, Dimensions]:
    """The period and the values of the dimensions, but for the account, that an item is about."""
    _, period, *values = sk.partition(SHARD)[0].split("#")
    return period, tuple(unquote(value) for value in values)


@lru_cache(maxsize=96 * 400)
def quarter_and_bin(attribute: str) -> tuple[int | None, int | None]:
    """The quarter of the day that an attribute is about, if it is about one, and the bin, if it has one.

    Attributes are the same day by day, so that most of a question's have been seen before.
    """
    period, _, bin = attribute.partition("_")
    return QUARTERS.get(period), int(bin) if bin.isdigit() else None


def _escaped(value: str) -> str:
    return quote(value, safe="").replace(SHARD, "%7E")
