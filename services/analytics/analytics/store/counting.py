"""Counting an event: the one transaction that adds it to its buckets."""

from collections.abc import Iterable
from decimal import Decimal

from analytics.domain.buckets import Change
from analytics.store import keys
from backoffice.dynamodb import Table
from backoffice.transactions import Transaction

_Key = tuple[str, str]


class Counter:
    """Adds events to what has been counted. An event's changes to an item are one ADD: their order does not matter."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def count(self, event_id: str, changes: Iterable[Change]) -> None:
        """Add an event's changes to their buckets and mark it as seen, in one transaction.

        Raises AlreadySeen, and changes nothing, if the event was counted before.
        """
        transaction = Transaction(self._table)
        transaction.once(event_id)
        for (pk, sk), amounts in _by_item(changes).items():
            additions = ", ".join(f"{attribute} :{attribute}" for attribute in amounts)
            values = {f":{attribute}": amount for attribute, amount in amounts.items()}
            transaction.update(pk, sk, f"ADD {additions}", values=values)
        transaction.commit()


def _by_item(changes: Iterable[Change]) -> dict[_Key, dict[str, Decimal]]:
    """What to add to which attributes; a transaction must not name an item twice."""
    items: dict[_Key, dict[str, Decimal]] = {}
    for change in changes:
        for pk, sk, attribute in keys.places(change, keys.FIRST_GENERATION):
            amounts = items.setdefault((pk, sk), {})
            amounts[attribute] = amounts.get(attribute, Decimal(0)) + change.amount
    return items
