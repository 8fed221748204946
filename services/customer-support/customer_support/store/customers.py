"""Customers in DynamoDB."""

from typing import TYPE_CHECKING

from backoffice.domain import RuleBroken
from backoffice.errors import Gone
from backoffice.transactions import Transaction
from customer_support.domain.customers import Customer, normal_email
from customer_support.domain.history import Entry
from customer_support.domain.searching import beginning, matches
from customer_support.store import keys
from customer_support.store.items import customer_item, customer_pointers, email_item, load
from customer_support.store.part import Listed, Part, commit, found, listed

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt


class Customers(Part):
    """Customers, their addresses and their history."""

    def add_customer(self, customer: Customer, receipt: "Receipt | None" = None) -> None:
        """Write a new customer. Raises RuleBroken if the e-mail address is taken."""
        transaction = Transaction(self._table)
        transaction.add(customer_item(customer))
        transaction.add(email_item(customer), "email_taken")
        self._write_pointers(transaction, keys.customer(customer.id), customer_pointers(customer))
        self._tell(transaction, customer, keys.customer(customer.id))
        transaction.remember(receipt, about=customer.id)
        commit(transaction, email_taken=_email_taken())

    def save_customer(self, customer: Customer, previous_email: str) -> None:
        """Write a changed customer. Raises RuleBroken if the new e-mail address is taken, StaleVersion."""
        transaction = Transaction(self._table)
        transaction.replace(customer_item(customer), version=customer.version)
        if normal_email(customer.email) != normal_email(previous_email):
            transaction.delete(*keys.email(previous_email))
            transaction.add(email_item(customer), "email_taken")
        self._write_pointers(transaction, keys.customer(customer.id), customer_pointers(customer))
        self._tell(transaction, customer, keys.customer(customer.id))
        commit(transaction, email_taken=_email_taken())

    def customer(self, customer_id: str) -> Customer:
        """Raises NotFound, Gone."""
        customer = found(Customer, self._table.get(*keys.customer(customer_id)), customer_id)
        must_not_be_erased(customer)
        self._pointers[keys.customer(customer_id)] = customer_pointers(customer)
        return customer

    def customers(self, page: "Paging") -> Listed[Customer]:
        """All customers, newest first, and where the next page starts."""
        return listed(Customer, self._list(keys.CUSTOMERS, "gsi1", page))

    def customer_with(self, email: str) -> Customer | None:
        """The customer who has that address, in whatever capitals."""
        found = self._table.get(*keys.email(email))
        item = self._table.get(*keys.customer(found["customer_id"])) if found else None
        return load(Customer, item) if item else None

    def customers_called(self, kind: str, prefix: str, page: "Paging") -> Listed[Customer]:
        """Customers whose ``name`` (from any of its first words on) or ``company`` begins so.

        They are in the order of what begins so.
        """
        prefix = beginning(prefix)
        if not prefix:
            return [], None
        found = self._list(keys.called(kind, prefix), "gsi1", page, prefix)
        read = self._table.get_all(keys.customer(item["customer_id"]) for item in found.items)
        customers = []
        for item in found.items:
            customer = load(Customer, read[keys.customer(item["customer_id"])])
            if customer.erasure_id:
                continue  # the index lags behind
            # A name may begin so from two of its words on; it is shown at the first of them.
            if kind == "company" or item["sk"] == f"NAME#{next(matches(customer.name, prefix), None)}":
                customers.append(customer)
        return customers, found.last_key

    def customer_history(self, customer_id: str, page: "Paging") -> Listed[Entry]:
        """Who changed what of a customer, oldest first. Raises NotFound."""
        return self._history(keys.customer(customer_id), page)


def must_not_be_erased(customer: Customer) -> None:
    """Raise Gone, which names the erasure, for a customer who was erased."""
    if customer.erasure_id:
        raise Gone("customer", customer.id, erasure_id=customer.erasure_id)


def _email_taken() -> RuleBroken:
    return RuleBroken("email_taken", "Another customer has this e-mail address.")
