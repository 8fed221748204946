"""Counting events: the transactions that add them to their buckets, each event once.

A batch is folded first: whatever its events add to one item is one ADD. It is one transaction, and so is each half of
what is more than a transaction takes. One transaction holds

- the gate, which demands that the generations are the ones that it writes;
- for each event and generation the mark that it was counted, which must not be there yet;
- for each item what is to be added. An item that others are writing is hot: from then on this process adds to a shard
  of it that stands beside it, taken at random. Readers add shards up.

What stands in the way (some of the events were counted before, the generations have changed, an item is in use) is told
by the transaction that failed, so that nothing is read before. Whoever tries again without an answer finds the marks.
"""

import random
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from uuid import uuid4

from analytics.domain.explaining import Measured
from analytics.store import keys, marks
from analytics.store.generations import GATE, Gate
from backoffice.dynamodb import ATTEMPTS, Item, Table, back_off
from backoffice.errors import Conflict, Contended
from backoffice.transactions import Transaction

SHARDS = 8
"""How many shards an item has when it is hot; the item itself is one of them."""

_MOST_ITEMS = 100
_LONGEST_EXPRESSION = 4_096
_MOST_HOT = 1_000

_Key = tuple[str, str]
_Entry = tuple[Measured, str]
"""An event, and a generation that it is to be counted into."""


@lru_cache(maxsize=1)
def _counter_of(table: Table) -> "Counter":
    return Counter(table)


def counter_of_process() -> "Counter":
    """The counter of the function's table, the same one for as long as the process lives: it learns what is hot."""
    return _counter_of(Table.from_env())


class NotWritten(Exception):
    """The generation that was to be counted into is not, or no longer, among those that are written."""


class Counter:
    """Adds events to what has been counted. It learns what is hot: one serves a process for as long as it lives.

    ``only`` names the one generation to count into, for whoever fills it; else it is all that are written.
    """

    def __init__(self, table: Table | None = None, only: str | None = None) -> None:
        self._table = table or Table.from_env()
        self._only = only
        self._gate = Gate()
        self._shards: dict[_Key, int] = {}

    def count(self, events: Iterable[Measured]) -> set[str]:
        """Count events, in as few transactions as they need; answers the ids of those that had been counted before.

        If it raises, some of them may have been counted: whoever tries again loses and doubles nothing.

        Raises:
            Contended: others kept hold of the items through all attempts.
            NotWritten: the only generation to count into has been stopped.
        """
        by_id = {event.event_id: event for event in events}
        counted: set[str] = set()
        settled: set[str] = set()
        while entries := self._entries(by_id.values(), settled):
            part = self._fitting(entries)
            try:
                self._commit(part)
            except Conflict as conflict:
                settled |= self._learned(conflict)
            else:
                settled |= {_name(*entry) for entry in part}
                counted |= {event.event_id for event, _ in part}
        return by_id.keys() - counted

    def _entries(self, events: Iterable[Measured], settled: Collection[str]) -> list[_Entry]:
        generations = self._gate.written if self._only is None else [self._only]
        every = ((event, generation) for event in events for generation in generations)
        return [entry for entry in every if _name(*entry) not in settled]

    def _fitting(self, entries: Sequence[_Entry]) -> Sequence[_Entry]:
        """As many of the first entries as one transaction takes; one of them at least."""
        while len(entries) > 1:
            items = self._additions(entries)
            marked = sum(len(marks.items(*entry)) for entry in entries)
            longest = max((len(_expression(sk, amounts)) for (_, sk), amounts in items.items()), default=0)
            if 1 + marked + len(items) <= _MOST_ITEMS and longest <= _LONGEST_EXPRESSION:
                break
            entries = entries[: _middle(entries)]
        return entries

    def _commit(self, entries: Sequence[_Entry]) -> None:
        """Write all entries or none. Raises Conflict with the names of those that have been counted, or with GATE."""
        for attempt in range(ATTEMPTS):
            if attempt:
                back_off(attempt - 1)
            try:
                self._transaction(entries).commit(attempts=1)
            except Contended as contended:
                self._avoid(contended.keys)
            else:
                return
        raise Contended("the items are being written by others")

    def _transaction(self, entries: Sequence[_Entry]) -> Transaction:
        transaction = Transaction(self._table)
        if self._only is None:
            self._gate.demand(transaction)
        else:
            self._gate.demand_one(transaction, self._only)
        for entry in entries:
            mark, *further = marks.items(*entry)
            transaction.add(mark, _name(*entry))
            for item in further:
                transaction.put(item)
        for (pk, sk), amounts in self._additions(entries).items():
            values: Item = {f":{number}": amount for number, amount in enumerate(amounts.values())}
            names = {}
            if sk.startswith(keys.DAY):
                values |= {":born": uuid4().hex, ":one": 1}
                names = {"#version": "version"}
            transaction.update(pk, sk, _expression(sk, amounts), values=values, names=names)
        return transaction

    def _additions(self, entries: Iterable[_Entry]) -> dict[_Key, dict[str, Decimal]]:
        """What to add to which attributes; a transaction must not name an item twice."""
        items: dict[_Key, dict[str, Decimal]] = {}
        for event, generation in entries:
            for change in event.changes:
                for pk, sk, attribute in keys.places(change, generation):
                    amounts = items.setdefault(keys.shard(pk, sk, self._shards.get((pk, sk), 0)), {})
                    amounts[attribute] = amounts.get(attribute, Decimal(0)) + change.amount
        return items

    def _learned(self, conflict: Conflict) -> set[str]:
        """The names of entries that have been counted before; a gate that has changed is taken as it is now."""
        if GATE in conflict:
            if self._only is not None:
                raise NotWritten(f"generation {self._only}") from conflict
            self._gate = self._gate.seen_as(conflict.items[GATE])
        return conflict.items.keys() - {GATE}

    def _avoid(self, in_use: Iterable[_Key]) -> None:
        """Take another gate, or other shards of items, than those that others are writing."""
        for key in in_use:
            if key == self._gate.key:
                self._gate = self._gate.another()
            elif (hot := keys.unsharded(*key)) is not None:
                if len(self._shards) >= _MOST_HOT:
                    self._shards.clear()
                self._shards[hot] = random.randrange(SHARDS)


def _middle(entries: Sequence[_Entry]) -> int:
    """Where to halve them: between two events, as long as there are two."""
    middle = len(entries) // 2
    return next((place for place in range(middle, 0, -1) if entries[place][0] is not entries[place - 1][0]), middle)


def _expression(sk: str, amounts: Iterable[str]) -> str:
    """Days are absorbed, see ``store.compacting``: they tell their birth, and whether anything has been added since."""
    additions = "ADD " + ", ".join(f"{attribute} :{number}" for number, attribute in enumerate(amounts))
    if not sk.startswith(keys.DAY):
        return additions
    return f"SET born = if_not_exists(born, :born) {additions}, #version :one"


def _name(event: Measured, generation: str) -> str:
    """What the condition of an event's mark is called."""
    return f"{generation}#{event.event_id}"
