"""Comparing two generations, item by item, while events go on being counted into both.

The table is scanned once. Each item that belongs to one generation is held against its twin in the other, each with
what has been absorbed of it; what is not equal at once is read again, with all its shards and its twin's, as of one
moment: a difference that is left is none of the counting that goes on. A number that comes to nothing is equal to none.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

from analytics.domain.rebuilds import Comparison
from analytics.store import keys
from analytics.store.compacting import numbers
from analytics.store.counting import SHARDS
from analytics.store.packing import EXACT
from analytics.store.rebuilds import Difference, Kind
from backoffice.dynamodb import Item, Table, from_dynamodb, to_dynamodb

_AT_ONCE = 100
# A page of 1 MB is some 50 MB of objects with its twins.
_PAGE = 250
_METRIC, _SEEN = "METRIC", "SEEN"
_HOURS = tuple(keys.HOURS.values())

_Key = tuple[str, str]
_Sums = dict[str, Decimal]


class _Place(NamedTuple):
    """Where an item stands, whatever its generation: ``rest`` is its partition without it, ``sk`` without a shard."""

    rest: str
    sk: str

    @property
    def name(self) -> str:
        return f"{self.rest} {self.sk}"

    @property
    def parts(self) -> list[str]:
        """The sort keys of the item itself and of what has been absorbed of it."""
        is_day = self.sk.startswith(f"{keys.DAY}#")
        return [self.sk, keys.of_kind(self.sk, keys.QUARTERS_OF_DAY)] if is_day else [self.sk]


@dataclass(frozen=True)
class Comparer:
    """Compares the generation ``before`` with ``after``; of events, those of the given types."""

    table: Table
    before: str
    after: str
    types: Collection[str]

    def steps(self, begun: Comparison) -> Iterator[tuple[Comparison, list[Difference]]]:
        """Go on from where a comparison stands: after each page, what has been found in all, and what is new."""
        for items, position in scan(self.table, [self.before, self.after], begun.position):
            found, differences = self._compare(items)
            begun = Comparison(
                items=begun.items + found.items,
                different=begun.different + found.different,
                events=begun.events + found.events,
                missing=begun.missing + found.missing,
                surplus=begun.surplus + found.surplus,
                position=position,
            )
            yield begun, differences

    def _compare(self, items: list[Item]) -> tuple[Comparison, list[Difference]]:
        sums = [item for item in items if item["pk"].startswith(_METRIC) and not item["sk"].startswith(_HOURS)]
        told = [item for item in items if item["pk"].startswith(_SEEN) and item.get("type") in self.types]
        of_events, events = self._compare_marks([item for item in told if item["sk"] == _SEEN])
        buckets = list(self._compare_sums(sums))
        found = replace(of_events, items=len(sums), different=len(buckets))
        return found, [*events, *buckets]

    def _compare_marks(self, found: list[Item]) -> tuple[Comparison, list[Difference]]:
        twins = self._read_all(self._twin(_key(item)) for item in found)
        both, missing, surplus = 0, [], []
        for item in found:
            _, generation, event_id = item["pk"].split("#")
            if self._twin(_key(item)) in twins:
                both += generation == self.before
            elif generation == self.before:
                missing.append(Difference(Kind.MISSING_EVENT, event_id, reason=f"a {item['type']} not in the archive"))
            else:
                surplus.append(Difference(Kind.SURPLUS_EVENT, event_id, reason=f"a {item['type']} never counted"))
        return Comparison(events=both, missing=len(missing), surplus=len(surplus)), [*missing, *surplus]

    def _compare_sums(self, found: list[Item]) -> Iterator[Difference]:
        places = {self._place(item) for item in found}
        parts = self._read_all(key for place in places for key in self._parts(place))
        for item in found:
            place = self._place(item)
            if keys.SHARD not in item["sk"] and self._is_equal(place, parts):
                continue
            first, before, after = self._snapshot(place)
            # What differs shows in each of its shards, and from both sides: it counts where it shows first.
            if before != after and first == _key(item):
                changed = {name for name in before | after if before.get(name) != after.get(name)}
                yield Difference(Kind.BUCKET, place.name, _told(before, changed), _told(after, changed))

    def _is_equal(self, place: _Place, parts: Mapping[_Key, Item]) -> bool:
        """Whether both generations come to the same there, as far as these parts tell."""
        before, after = (
            _sums(parts[key] for key in self._parts(place) if key in parts and key[0] == self._pk(generation, place))
            for generation in (self.before, self.after)
        )
        return before == after

    def _parts(self, place: _Place) -> list[_Key]:
        return [(self._pk(generation, place), sk) for generation in (self.before, self.after) for sk in place.parts]

    @staticmethod
    def _pk(generation: str, place: _Place) -> str:
        return f"{_METRIC}#{generation}#{place.rest}"

    def _snapshot(self, place: _Place) -> tuple[_Key | None, _Sums, _Sums]:
        """The sums of an item in both generations, as of one moment, and the key at which it is found first."""
        read = [
            (generation, (self._pk(generation, place), sk))
            for generation in (self.before, self.after)
            for sk in [*place.parts, *(keys.shard("", place.sk, number)[1] for number in range(1, SHARDS))]
        ]
        request = [{"Get": {"TableName": self.table.name, "Key": _dynamodb_key(key)}} for _, key in read]
        answers = self.table.client.transact_get_items(TransactItems=request)["Responses"]
        found = [
            (generation, from_dynamodb(answer["Item"]))
            for (generation, _), answer in zip(read, answers, strict=True)
            if "Item" in answer
        ]
        before = _sums(item for generation, item in found if generation == self.before)
        after = _sums(item for generation, item in found if generation == self.after)
        return (_key(found[0][1]) if found else None), before, after

    def _read_all(self, wanted: Iterator[_Key]) -> dict[_Key, Item]:
        keys_wanted = list(dict.fromkeys(wanted))
        found: dict[_Key, Item] = {}
        for start in range(0, len(keys_wanted), _AT_ONCE):
            found |= self.table.get_all(keys_wanted[start : start + _AT_ONCE])
        return found

    def _twin(self, key: _Key) -> _Key:
        pk, sk = key
        kind, generation, rest = pk.split("#", 2)
        other = self.after if generation == self.before else self.before
        return f"{kind}#{other}#{rest}", sk

    @staticmethod
    def _place(item: Item) -> _Place:
        _, _, rest = item["pk"].split("#", 2)
        is_rollup = item["sk"].startswith(keys.QUARTERS_OF_DAY)
        return _Place(rest, keys.of_kind(item["sk"], keys.DAY if is_rollup else item["sk"].partition("#")[0]))


def scan(
    table: Table, generations: Collection[str], start: dict[str, str] | None = None
) -> Iterator[tuple[list[Item], dict[str, str] | None]]:
    """All that is kept of some generations, a page at a time, each with where the next one starts."""
    prefixes = {
        f":{kind.lower()}{number}": f"{kind}#{generation}#"
        for number, generation in enumerate(generations)
        for kind in (_METRIC, _SEEN)
    }
    request: dict[str, Any] = {
        "TableName": table.name,
        "ConsistentRead": True,
        "Limit": _PAGE,
        "FilterExpression": " OR ".join(f"begins_with(pk, {name})" for name in prefixes),
        "ExpressionAttributeValues": to_dynamodb(prefixes),
    }
    while True:
        answer = table.client.scan(**request, **({"ExclusiveStartKey": to_dynamodb(start)} if start else {}))
        last = answer.get("LastEvaluatedKey")
        start = from_dynamodb(last) if last else None
        yield [from_dynamodb(item) for item in answer["Items"]], start
        if start is None:
            return


def clear(table: Table, generation: str) -> Iterator[int]:
    """Delete all that is kept of a generation that is no longer written, page by page; how many items at each."""
    for items, _ in scan(table, [generation]):
        table.delete_all(_key(item) for item in items)
        yield len(items)


def _sums(items: Iterable[Item]) -> _Sums:
    """What items of a place add up to: of days by quarter hour and bin, of years by attribute."""
    sums: _Sums = {}
    with localcontext(EXACT):
        for item in items:
            for name, amount in _numbers(item):
                sums[name] = sums.get(name, Decimal(0)) + amount
    return {name: amount for name, amount in sums.items() if amount}


def _numbers(item: Item) -> Iterator[tuple[str, Decimal]]:
    if item["sk"].startswith(keys.YEAR):
        return ((name, amount) for name, amount in item.items() if name not in ("pk", "sk"))
    return ((keys.attribute(quarter, bin), amount) for quarter, bin, amount in numbers(item))


def _told(sums: _Sums, names: Collection[str]) -> dict[str, str]:
    return {name: f"{sums.get(name, Decimal(0)):f}" for name in sorted(names)}


def _key(item: Item) -> _Key:
    return item["pk"], item["sk"]


def _dynamodb_key(key: _Key) -> dict[str, Any]:
    return to_dynamodb({"pk": key[0], "sk": key[1]})
