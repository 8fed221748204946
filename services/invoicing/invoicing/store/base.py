"""What all parts of the store have in common."""

from typing import TYPE_CHECKING, TypeVar

from backoffice.dynamodb import Item, Page, Table
from backoffice.errors import NotFound
from backoffice.transactions import Transaction
from invoicing.domain.numbering import Series
from invoicing.store.items import load

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging

T = TypeVar("T")
Listed = tuple[list[T], dict[str, str] | None]


class Base:
    """A table, and the ways in which it is read and written again and again."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def _replace(self, item: Item, version: int) -> None:
        transaction = Transaction(self._table)
        transaction.replace(item, version=version)
        transaction.commit()

    def _list(self, partition: str, index: str, page: "Paging", *, newest_first: bool = True) -> Page:
        return self._table.query(partition, index=index, newest_first=newest_first, limit=page.limit, start=page.start)


def found(kind: type[T], item: Item | None, id: str, name: str = "") -> T:
    """An aggregate that must be there. Raises NotFound, under the kind's own name if no other is given."""
    if item is None:
        raise NotFound(name or kind.__name__.lower(), id)
    return load(kind, item)


def optional(kind: type[T], item: Item | None) -> T | None:
    """An aggregate that may be there."""
    return load(kind, item) if item else None


def series_of(series_id: str, item: Item | None) -> Series:
    """A series; the default ones are there from the start. Raises NotFound."""
    if item is None and (default := Series.default_of(series_id)):
        return default
    return found(Series, item, series_id)


def listed(kind: type[T], page: Page) -> Listed[T]:
    """A page of aggregates, and where the next one starts."""
    return [load(kind, item) for item in page.items], page.last_key
