"""Rebuilds in the service's table.

| item                     | pk                      | sk                              |
| ------------------------ | ----------------------- | ------------------------------- |
| rebuild                  | REBUILDS#<projection>   | <rebuild id>                    |
| the one that is open     | REBUILDS#<projection>   | OPEN                            |
| a difference it found    | REBUILD#<rebuild id>    | DIFFERENCE#<kind>#<what>        |

A rebuild and the generations are written in one transaction: what is read changes together with who has changed it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from analytics.domain.generations import Generations
from analytics.domain.rebuilds import OPEN, PROJECTIONS, Rebuild
from analytics.store.generations import GenerationStore
from backoffice.clock import now
from backoffice.codec import plain, read
from backoffice.domain import RuleBroken
from backoffice.dynamodb import Item, Table
from backoffice.errors import Conflict, NotFound, StaleVersion
from backoffice.transactions import Transaction

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt

_RUNNING = "running"
_KEPT = timedelta(days=90)


class Kind(StrEnum):
    """What differs: an item of the numbers, an event that only one side knows, or one that cannot be read."""

    BUCKET = "bucket"
    MISSING_EVENT = "missing_event"
    SURPLUS_EVENT = "surplus_event"
    REFUSED_EVENT = "refused_event"


@dataclass(frozen=True)
class Difference:
    """Something that is not the same in both generations: ``before`` in the one that is read, ``after`` in the new one.

    ``what`` names a series and its period, or an event.
    """

    kind: Kind
    what: str
    before: dict[str, str] | None = None
    after: dict[str, str] | None = None
    reason: str | None = None


class RebuildStore:
    """What is known of rebuilds."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()
        self._generations = GenerationStore(self._table)

    def rebuild(self, projection: str, rebuild_id: str) -> Rebuild:
        """Raises NotFound."""
        item = self._table.get(_partition(projection), rebuild_id)
        if item is None:
            raise NotFound("rebuild", rebuild_id)
        return _rebuild(item)

    def rebuilds(self, projection: str, page: "Paging") -> tuple[list[Rebuild], dict[str, str] | None]:
        """Rebuilds, newest first, and where the next page starts."""
        found = self._table.query(
            _partition(projection), sk_prefix="rbd_", newest_first=True, limit=page.limit, start=page.start
        )
        return [_rebuild(item) for item in found.items], found.last_key

    def unattended(self, longer_than: timedelta) -> Iterator[Rebuild]:
        """Rebuilds of which nobody has heard for a while, although there is something to do that nobody may do yet."""
        for projection in PROJECTIONS:
            for item in self._table.query_all(_partition(projection), sk_prefix="rbd_"):
                rebuild = _rebuild(item)
                waits = rebuild.started_at is None or bool(rebuild.clearing)
                if rebuild.is_under_way and waits and now() - rebuild.touched_at > longer_than:
                    yield rebuild

    def add(self, rebuild: Rebuild, generations: Generations, receipt: "Receipt | None") -> None:
        """Write a new rebuild and the generations with its own among them.

        Raises RuleBroken if another one is open, StaleVersion if the generations have changed since.
        """
        transaction = self._transaction(rebuild, generations)
        transaction.add({"pk": _partition(rebuild.projection), "sk": "OPEN", "rebuild_id": rebuild.id}, _RUNNING)
        transaction.remember(receipt)
        try:
            transaction.commit()
        except StaleVersion:
            raise
        except Conflict as conflict:
            if _RUNNING not in conflict:
                raise
            running = (conflict.items[_RUNNING] or {}).get("rebuild_id")
            detail = f"{running} is not finished: wait for it, or switch or discard it."
            raise RuleBroken("rebuild_running", detail, rebuild_id=running) from conflict

    def save(
        self, rebuild: Rebuild, generations: Generations | None = None, receipt: "Receipt | None" = None
    ) -> Rebuild:
        """Write a rebuild, with what it tells and the generations it has changed. Raises StaleVersion.

        Returns it as it stands now, to go on with.
        """
        was_open = self._table.get(_partition(rebuild.projection), "OPEN") if rebuild.phase not in OPEN else None
        transaction = self._transaction(rebuild, generations)
        if was_open and was_open["rebuild_id"] == rebuild.id:
            transaction.delete(_partition(rebuild.projection), "OPEN")
        transaction.remember(receipt)
        transaction.commit()
        rebuild.version += 1
        rebuild.facts.clear()
        return rebuild

    def note(self, rebuild_id: str, differences: Iterable[Difference]) -> None:
        """Keep differences, for a quarter of a year; the same ones again change nothing."""
        expires_at = int((now() + _KEPT).timestamp())
        self._table.put_all(
            {
                "pk": f"REBUILD#{rebuild_id}",
                "sk": f"DIFFERENCE#{difference.kind}#{difference.what}",
                "expires_at": expires_at,
                **plain(difference),
            }
            for difference in differences
        )

    def differences(self, rebuild_id: str, page: "Paging") -> tuple[list[Difference], dict[str, str] | None]:
        """What differed, by kind, and where the next page starts."""
        found = self._table.query(f"REBUILD#{rebuild_id}", sk_prefix="DIFFERENCE#", limit=page.limit, start=page.start)
        return [read(Difference, item) for item in found.items], found.last_key

    def forget_comparison(self, rebuild_id: str) -> None:
        """Drop the differences of an earlier comparison."""
        for kind in (Kind.BUCKET, Kind.MISSING_EVENT, Kind.SURPLUS_EVENT):
            kept = self._table.query_all(f"REBUILD#{rebuild_id}", sk_prefix=f"DIFFERENCE#{kind}#")
            self._table.delete_all((item["pk"], item["sk"]) for item in list(kept))

    def _transaction(self, rebuild: Rebuild, generations: Generations | None) -> Transaction:
        transaction = Transaction(self._table)
        rebuild.touched_at = now()
        item = {"pk": _partition(rebuild.projection), "sk": rebuild.id, **_item(rebuild)}
        transaction.replace(item, version=rebuild.version)
        transaction.emit(rebuild)
        if generations:
            self._generations.decide(transaction, generations)
        return transaction


def _partition(projection: str) -> str:
    return f"REBUILDS#{projection}"


def _item(rebuild: Rebuild) -> Item:
    item: dict[str, Any] = plain(rebuild)
    return {**item, "version": rebuild.next_version}


def _rebuild(item: Item) -> Rebuild:
    return read(Rebuild, {**item, "version": int(item["version"])})
