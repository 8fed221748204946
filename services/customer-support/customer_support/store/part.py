"""What the parts of the store have in common."""

from typing import TYPE_CHECKING, TypeVar

from backoffice.dynamodb import Item, Page, Table
from backoffice.errors import Conflict, NotFound
from backoffice.transactions import Transaction
from customer_support.domain.history import Entry, Remembering
from customer_support.store import keys
from customer_support.store.items import history_items, load
from customer_support.store.keys import Key

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging

T = TypeVar("T")
Listed = tuple[list[T], dict[str, str] | None]


class Part:
    """A part of the store, over the context's table."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()
        # Where the things that were read stand in lists: what has not changed is not written again.
        self._pointers: dict[Key, dict[str, Item]] = {}

    def _list(self, partition: str, index: str, page: "Paging", prefix: str | None = None) -> Page:
        newest_first = prefix is None
        return self._table.query(
            partition, index=index, sk_prefix=prefix, newest_first=newest_first, limit=page.limit, start=page.start
        )

    def _history(self, key: Key, page: "Paging") -> Listed[Entry]:
        """Who did what, oldest first. Raises NotFound: everything begins with a line of its history."""
        found = self._table.query(key[0], sk_prefix=keys.HISTORY, limit=page.limit, start=page.start)
        if not found.items and page.start is None:
            kind, _, id = key[0].partition("#")
            raise NotFound(kind.lower(), id)
        return listed(Entry, found)

    def _write_pointers(self, transaction: Transaction, key: Key, pointers: dict[str, Item]) -> None:
        """Bring the items that put a thing into lists up to date."""
        before = self._pointers.get(key, {})
        for sk, item in pointers.items():
            if item != before.get(sk):
                transaction.put(item)
        for sk in before.keys() - pointers.keys():
            transaction.delete(key[0], sk)

    def _tell(self, transaction: Transaction, aggregate: Remembering, key: Key) -> None:
        """Write what is new of an aggregate's history, and its facts."""
        for item in history_items(aggregate, key):
            transaction.put(item)
        transaction.emit(aggregate)


def found(kind: type[T], item: Item | None, id: str) -> T:
    """A thing that must be there. Raises NotFound, under the kind's own name."""
    if item is None:
        raise NotFound(kind.__name__.lower(), id)
    return load(kind, item)


def listed(kind: type[T], page: Page) -> Listed[T]:
    """The objects of a page, and where the next one starts."""
    return [load(kind, item) for item in page.items], page.last_key


def commit(transaction: Transaction, **meanings: Exception) -> None:
    """Commit; a condition that did not hold raises what it means, by its name.

    A repeated request or a stale version stays what it is, whatever else did not hold.
    """
    try:
        transaction.commit()
    except Conflict as conflict:
        for name, meaning in meanings.items():
            if type(conflict) is Conflict and name in conflict:
                raise meaning from None
        raise
