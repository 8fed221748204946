"""Which generation is read and which ones are written, and how that is changed without missing an event.

    pk PROJECTION#metrics   sk GENERATIONS   version, read, written, latest
                            sk GATE#<0..9>   version, written

``GENERATIONS`` decides, and readers read it. Whoever counts passes a gate: its transaction demands that the gate still
names the generations it writes. So an event counted before a gate was changed is in the old generations alone, one
counted afterwards in all of the new ones, and none in between; once all gates have been changed, every event to come
is. There are ten, so that workers do not meet at one: transactions that only check an item conflict like others.
"""

import random
from dataclasses import dataclass, field, replace
from typing import Any

from analytics.domain.generations import FIRST, Generations
from backoffice.dynamodb import Item, Table
from backoffice.errors import Conflict
from backoffice.transactions import Transaction

GATES = 10
GATE = "gate"
"""The name of a gate's condition."""

_PROJECTION = "PROJECTION#metrics"
_DECIDED = "GENERATIONS"


class GenerationStore:
    """The generations of the metrics."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def current(self) -> Generations:
        """What has been decided last: one consistent read."""
        item = self._table.get(_PROJECTION, _DECIDED)
        return _decided(item) if item else Generations()

    def save(self, generations: Generations) -> Generations:
        """Write a change at the version that was read, and let every gate follow.

        When it returns, whatever is counted from now on goes into the generations that are written. If it is cut short,
        ``settle`` completes it. Raises StaleVersion if others have changed them since, Contended as ``settle``.
        """
        transaction = Transaction(self._table)
        self.decide(transaction, generations)
        transaction.commit()
        saved = replace(generations, version=generations.version + 1)
        self._open_gates(saved)
        return saved

    def decide(self, transaction: Transaction, generations: Generations) -> None:
        """Let a transaction write a change at the version that was read; once it is committed, ``settle`` is due."""
        saved = replace(generations, version=generations.version + 1)
        transaction.replace(_item(saved), version=generations.version)

    def settle(self) -> Generations:
        """Let every gate follow what has been decided; may be called at any time, by several at once.

        Raises Contended if a gate stays in use; those before it have been changed.
        """
        generations = self.current()
        self._open_gates(generations)
        return generations

    def _open_gates(self, generations: Generations) -> None:
        passed = self._table.get_all((_PROJECTION, _gate(number)) for number in range(GATES))
        for number in range(GATES):
            gate = passed.get((_PROJECTION, _gate(number)), {"version": 0})
            if gate["version"] < generations.version:
                self._open(number, generations)

    def _open(self, number: int, generations: Generations) -> None:
        transaction = Transaction(self._table)
        transaction.update(
            _PROJECTION,
            _gate(number),
            "SET #version = :version, written = :written",
            values={":version": generations.version, ":written": list(generations.written)},
            names={"#version": "version"},
            condition="attribute_not_exists(pk) OR #version < :version",
        )
        try:
            transaction.commit()
        except Conflict:
            # Somebody has opened it to this or to a later decision.
            return


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate as it was seen last; nothing need be read before one is tried."""

    number: int = field(default_factory=lambda: random.randrange(GATES))
    version: int = 0
    written: tuple[str, ...] = (FIRST,)

    @property
    def key(self) -> tuple[str, str]:
        return _PROJECTION, _gate(self.number)

    def demand(self, transaction: Transaction) -> None:
        """Demand that the gate be as it was seen; ``commit`` raises Conflict with ``GATE`` in it, if it is not."""
        if not self.version:
            transaction.check(*self.key, conflict=GATE, condition="attribute_not_exists(pk)")
            return
        values, names = {":version": self.version}, {"#version": "version"}
        transaction.check(*self.key, conflict=GATE, condition="#version = :version", values=values, names=names)

    def demand_one(self, transaction: Transaction, generation: str) -> None:
        """Demand no more than that the gate name one generation; ``commit`` raises Conflict as ``demand`` does."""
        values = {":generation": generation}
        transaction.check(*self.key, conflict=GATE, condition="contains(written, :generation)", values=values)

    def seen_as(self, item: Item | None) -> "Gate":
        """The same gate as the item that stood in the way tells it."""
        assert item or self.version, "a gate that is not there stands in nobody's way"
        return (
            replace(self, version=int(item["version"]), written=tuple(item["written"])) if item else Gate(self.number)
        )

    def another(self) -> "Gate":
        """Another gate, which is taken to be as this one until it is tried."""
        return replace(self, number=(self.number + random.randrange(1, GATES)) % GATES)


def _gate(number: int) -> str:
    return f"GATE#{number}"


def _item(generations: Generations) -> Item:
    return {
        "pk": _PROJECTION,
        "sk": _DECIDED,
        "version": generations.version,
        "read": generations.read,
        "written": list(generations.written),
        "latest": generations.latest,
    }


def _decided(item: dict[str, Any]) -> Generations:
    return Generations(int(item["version"]), item["read"], tuple(item["written"]), int(item["latest"]))
