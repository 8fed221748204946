"""The work shop in DynamoDB.

| item       | pk              | sk         | indexes                              |
| ---------- | --------------- | ---------- | ------------------------------------ |
| spare part | SPARE_PART#<id> | SPARE_PART | gsi1 all, gsi2 those of one customer |
| customer   | CUSTOMER#<id>   | CUSTOMER   |                                      |
"""

from typing import TYPE_CHECKING

from backoffice.codec import read, stored
from backoffice.dynamodb import Item, Table
from backoffice.errors import NotFound
from backoffice.transactions import Transaction
from work_shop.domain.customer import Customer
from work_shop.domain.spare_part import SparePart

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt

_ALL = "SPARE_PARTS"


class Store:
    """What the work shop knows. A write is one transaction."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def save(self, spare_part: SparePart, receipt: "Receipt | None" = None) -> None:
        """Write a spare part with its facts. Raises StaleVersion, Remembered."""
        transaction = Transaction(self._table)
        transaction.replace(_spare_part_item(spare_part), version=spare_part.version)
        transaction.emit(spare_part)
        transaction.remember(receipt)
        transaction.commit()

    def spare_part(self, spare_part_id: str) -> SparePart:
        """Raises NotFound."""
        item = self._table.get(f"SPARE_PART#{spare_part_id}", "SPARE_PART")
        if item is None:
            raise NotFound("spare_part", spare_part_id)
        return read(SparePart, item)

    def spare_parts(self, customer_id: str | None, page: "Paging") -> tuple[list[SparePart], dict[str, str] | None]:
        """Spare parts of one customer or all, newest first, and where the next page starts."""
        partition, index = (_of_customer(customer_id), "gsi2") if customer_id else (_ALL, "gsi1")
        found = self._table.query(partition, index=index, newest_first=True, limit=page.limit, start=page.start)
        return [read(SparePart, item) for item in found.items], found.last_key

    def customer(self, customer_id: str) -> Customer:
        """Raises NotFound."""
        customer = self.known_customer(customer_id)
        if customer is None:
            raise NotFound("customer", customer_id)
        return customer

    def known_customer(self, customer_id: str) -> Customer | None:
        """A customer, if it has been heard of."""
        item = self._table.get(f"CUSTOMER#{customer_id}", "CUSTOMER")
        return read(Customer, item) if item else None

    def save_customer(self, customer: Customer, event_id: str) -> None:
        """Write what an event has told of a customer, once. Raises StaleVersion, AlreadySeen."""
        transaction = Transaction(self._table)
        transaction.replace(stored(customer, (f"CUSTOMER#{customer.id}", "CUSTOMER")), version=customer.version)
        transaction.once(event_id)
        transaction.commit()


def _spare_part_item(spare_part: SparePart) -> Item:
    lists = {
        "gsi1pk": _ALL,
        "gsi1sk": spare_part.id,
        "gsi2pk": _of_customer(spare_part.customer_id),
        "gsi2sk": spare_part.id,
    }
    return {**stored(spare_part, (f"SPARE_PART#{spare_part.id}", "SPARE_PART")), **lists}


def _of_customer(customer_id: str) -> str:
    return f"CUSTOMER#{customer_id}#SPARE_PARTS"
