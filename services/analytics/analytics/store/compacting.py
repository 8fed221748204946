"""Compacting: what events have added to a day, number by number, becomes a rollup of it.

Counting needs a number of its own for each bin of each quarter hour, since it only adds. A question would read them one
by one, and a day of durations has thousands. So when a day is over, or its item has become large, the item is absorbed:
one transaction writes ``QUARTERS`` and what there is by the hour, and deletes the item, if nothing has been added in
the meantime. What is added later makes a new item, which is absorbed in its turn.

Readers read the items first and the rollups second. Whatever is absorbed in between they would see twice, were it not
for the item's birth: a rollup tells the births that it has absorbed for longer than any reader takes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from analytics.domain.catalogue import CATALOGUE
from analytics.store import keys
from analytics.store.generations import GenerationStore
from analytics.store.packing import EXACT, packed, unpacked
from backoffice.dynamodb import Item, Table
from backoffice.errors import Conflict, Contended
from backoffice.transactions import Transaction

LARGE = 500
"""How many numbers an item may have before it is absorbed although its day is not over."""

# What has just happened is still on its way here.
_OVER_AFTER = timedelta(hours=1)
_BIRTHS_KEPT = timedelta(minutes=15)
_HOUR = 4

_Amounts = dict[int | None, Decimal]
_Quarters = dict[int, _Amounts]


@dataclass(frozen=True)
class Compactor:
    """Absorbs the days of the generation that is read."""

    table: Table = field(default_factory=Table.from_env)

    def compact(self, at: datetime, is_time_up: Callable[[], bool]) -> int:
        """Absorb what is due at a time, until there is nothing left or the time is up; how many items there were.

        Items that others are writing meanwhile are left for the next time.
        """
        absorbed = 0
        for item in self._due(GenerationStore(self.table).current().read, at):
            if is_time_up():
                break
            absorbed += self.absorb(item, at)
        return absorbed

    def absorb(self, item: Item, at: datetime) -> bool:
        """Absorb an item, or a shard of one, in one transaction; False if others have written it since it was read."""
        pk, sk = item["pk"], item["sk"]
        quarters_sk = keys.of_kind(sk, keys.QUARTERS_OF_DAY)
        before = self.table.get(pk, quarters_sk) or {"version": 0}
        births = {birth: time for birth, time in before.get("absorbed", {}).items() if time > _epoch(at - _BIRTHS_KEPT)}
        births[item["born"]] = _epoch(at)
        quarters, *hours = rollups([before, item])
        transaction = Transaction(self.table)
        rollup = {"pk": pk, "sk": quarters_sk, "version": before["version"] + 1, "absorbed": births, **quarters}
        transaction.replace(rollup, version=int(before["version"]))
        for kind, rolled in zip(keys.HOURS.values(), hours, strict=True):
            transaction.put({"pk": pk, "sk": keys.of_kind(sk, kind), "absorbed": births, **rolled})
        transaction.delete(pk, sk, version=int(item["version"]))
        try:
            transaction.commit(attempts=1)
        except (Conflict, Contended):
            return False
        return True

    def _due(self, generation: str, at: datetime) -> Iterator[Item]:
        """The items that are to be absorbed."""
        over = (at - _OVER_AFTER).date()
        for pk in _partitions(generation):
            items = self.table.query_all(pk, sk_prefix=f"{keys.DAY}#")
            yield from (item for item in items if _is_due(item, over))


def rollups(items: Iterable[Item]) -> list[Item]:
    """The attributes of some items added up by the quarter hour, and then for each kind of ``keys.HOURS`` by the hour.

    Numbers that come to nothing are kept: events have made them so, and are found by them.
    """
    quarters: _Quarters = defaultdict(dict)
    with localcontext(EXACT):
        for item in items:
            for quarter, bin, amount in numbers(item):
                quarters[quarter][bin] = quarters[quarter].get(bin, Decimal(0)) + amount
        by_the_hour = (_hours(quarters, begin) for begin in keys.HOURS)
        return [_attributes(quarters), *(_attributes(hours, running=True) for hours in by_the_hour)]


def _hours(quarters: _Quarters, begin: int) -> _Quarters:
    """Quarters added up by hours that begin at one of their quarters, none beyond the day."""
    hours: _Quarters = defaultdict(dict)
    for quarter, amounts in quarters.items():
        hour = hours[max(0, quarter - (quarter - begin) % _HOUR)]
        for bin, amount in amounts.items():
            hour[bin] = hour.get(bin, Decimal(0)) + amount
    return hours


def numbers(item: Item) -> Iterator[tuple[int, int | None, Decimal]]:
    """All that an item of a day, or a rollup of it, has: number of the quarter hour, bin, and amount."""
    for attribute, value in item.items():
        quarter, bin = keys.quarter_and_bin(attribute)
        if quarter is None:
            continue
        if isinstance(value, Decimal):
            yield quarter, bin, value
            continue
        bins = unpacked(bytes(value))
        for bin, units in zip(bins.bins, bins.amounts, strict=True):
            yield quarter, bin, Decimal(units).scaleb(-bins.decimals)


def _attributes(rollup: _Quarters, *, running: bool = False) -> Item:
    return {keys.attribute(number): _value(amounts, running) for number, amounts in rollup.items()}


def _value(amounts: _Amounts, running: bool) -> Any:
    bins = {bin: amount for bin, amount in amounts.items() if bin is not None}
    return packed(bins, running=running) if bins else amounts[None]


def _partitions(generation: str) -> Iterator[str]:
    measures = dict.fromkeys(measure for metric in CATALOGUE.values() for measure in metric.measures)
    for measure in measures:
        for dimensions in dict.fromkeys((measure.summary, measure.dimensions)):
            if keys.is_rolled_up(measure, dimensions):
                yield keys.partition(measure, generation, dimensions)


def _is_due(item: Item, over: date) -> bool:
    period, _ = keys.period_and_values(item["sk"])
    return "born" in item and (date.fromisoformat(period) < over or len(item) > LARGE)


def _epoch(at: datetime) -> int:
    return int(at.timestamp())
