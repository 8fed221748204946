"""Customers and tickets in DynamoDB: keys, transactions, lists.

| item         | pk             | sk           | indexes                                                           |
| ------------ | -------------- | ------------ | ----------------------------------------------------------------- |
| customer     | CUSTOMER#<id>  | CUSTOMER     | gsi1 all customers                                                |
| its e-mail   | EMAIL#<normal> | EMAIL        |                                                                   |
| ticket       | TICKET#<id>    | TICKET       | gsi1 all tickets, gsi2 by customer, gsi3 by status, gsi4 by agent |
| its messages | TICKET#<id>    | MESSAGE#<id> |                                                                   |
| its time     | TICKET#<id>    | TIME#<id>    |                                                                   |

Ids sort by time, so lists by id are lists by age. A ticket and its time lie side by side: solving reads both at once.
"""

from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from backoffice.clock import parse_time, rfc3339
from backoffice.domain import Invalid, RuleBroken
from backoffice.dynamodb import Item, Page, Table
from backoffice.errors import Conflict, NotFound
from backoffice.transactions import Transaction
from customer_support.domain.customers import Customer, normal_email
from customer_support.domain.tickets import (
    Author,
    Message,
    Priority,
    Status,
    Ticket,
    TimeEntry,
    Visibility,
)

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt

T = TypeVar("T")

_ENUMS: dict[str, Any] = {"status": Status, "priority": Priority, "visibility": Visibility, "author": Author}
_INTEGERS = {"version", "minutes", "time_entry_count"}
_TICKET_AND_TIME = ("TICKET", "TIME~")


class Store:
    """What customer support knows. Reads are one call, writes one transaction."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def add_customer(self, customer: Customer, receipt: "Receipt | None") -> None:
        """Write a new customer. Raises RuleBroken if the e-mail address is taken."""
        transaction = Transaction(self._table)
        transaction.add(_customer_item(customer))
        transaction.add(_email_item(customer), "email_taken")
        transaction.emit(customer)
        transaction.remember(receipt)
        _commit(transaction, email_taken=_email_taken())

    def save_customer(self, customer: Customer, previous_email: str) -> None:
        """Write a changed customer. Raises RuleBroken if the new e-mail address is taken, StaleVersion."""
        transaction = Transaction(self._table)
        transaction.replace(_customer_item(customer), version=customer.version)
        if normal_email(customer.email) != normal_email(previous_email):
            transaction.delete(_email_key(previous_email), "EMAIL")
            transaction.add(_email_item(customer), "email_taken")
        transaction.emit(customer)
        _commit(transaction, email_taken=_email_taken())

    def customer(self, customer_id: str) -> Customer:
        """Raises NotFound."""
        item = self._table.get(_customer_key(customer_id), "CUSTOMER")
        if item is None:
            raise NotFound("customer", customer_id)
        return _load(Customer, item)

    def customers(self, page: "Paging") -> tuple[list[Customer], dict[str, str] | None]:
        """All customers, newest first, and where the next page starts."""
        return _listed(Customer, self._list("CUSTOMER", "gsi1", page))

    def add_ticket(self, ticket: Ticket, first_message: Message, receipt: "Receipt | None") -> None:
        """Write a new ticket with its first message. Raises Invalid if there is no such customer."""
        transaction = Transaction(self._table)
        transaction.check(_customer_key(ticket.customer_id), "CUSTOMER", conflict="no_customer")
        transaction.add(_ticket_item(ticket))
        transaction.add(_message_item(ticket, first_message))
        transaction.emit(ticket)
        transaction.remember(receipt)
        _commit(transaction, no_customer=Invalid.one("customer_id", "There is no such customer."))

    def ticket(self, ticket_id: str) -> Ticket:
        """Raises NotFound."""
        item = self._table.get(_ticket_key(ticket_id), "TICKET")
        if item is None:
            raise NotFound("ticket", ticket_id)
        return _load(Ticket, item)

    def ticket_and_time(self, ticket_id: str) -> tuple[Ticket, list[TimeEntry]]:
        """A ticket with all its time entries. Raises NotFound."""
        items = list(self._table.query_all(_ticket_key(ticket_id), sk_between=_TICKET_AND_TIME))
        if not items:
            raise NotFound("ticket", ticket_id)
        return _load(Ticket, items[0]), [_load(TimeEntry, item) for item in items[1:]]

    def tickets(self, filter: dict[str, Any], page: "Paging") -> tuple[list[Ticket], dict[str, str] | None]:
        """Tickets of one status, customer or agent, or all; newest first, and where the next page starts."""
        match filter:
            case {"customer_id": customer_id}:
                found = self._list(_customer_key(customer_id), "gsi2", page)
            case {"status": status}:
                found = self._list(_status_key(status), "gsi3", page)
            case {"assignee": assignee}:
                found = self._list(_assignee_key(assignee), "gsi4", page)
            case _:
                found = self._list("TICKET", "gsi1", page)
        return _listed(Ticket, found)

    def save_ticket(self, ticket: Ticket, receipt: "Receipt | None" = None) -> None:
        """Write a changed ticket with its facts. Raises StaleVersion."""
        transaction = Transaction(self._table)
        self._replace(transaction, ticket)
        transaction.remember(receipt)
        transaction.commit()

    def add_message(self, ticket: Ticket, message: Message, receipt: "Receipt | None") -> None:
        """Write a message with what it changed of its ticket. Raises StaleVersion."""
        self._add_part(ticket, _message_item(ticket, message), receipt)

    def add_time_entry(self, ticket: Ticket, entry: TimeEntry, receipt: "Receipt | None") -> None:
        """Write a time entry with what it changed of its ticket. Raises StaleVersion."""
        self._add_part(ticket, _time_item(ticket, entry), receipt)

    def messages(self, ticket_id: str, page: "Paging") -> tuple[list[Message], dict[str, str] | None]:
        """The conversation, oldest first, and where the next page starts. Raises NotFound."""
        found = self._table.query(_ticket_key(ticket_id), sk_prefix="MESSAGE#", limit=page.limit, start=page.start)
        # Every ticket begins with a message, so an empty first page means that there is no ticket.
        if not found.items and page.start is None:
            raise NotFound("ticket", ticket_id)
        return _listed(Message, found)

    def time_entries(self, ticket_id: str, page: "Paging") -> tuple[list[TimeEntry], dict[str, str] | None]:
        """Time that was worked, oldest first, and where the next page starts. Raises NotFound."""
        first = page.start is None
        found = self._table.query(
            _ticket_key(ticket_id), sk_between=_TICKET_AND_TIME, limit=page.limit + first, start=page.start
        )
        if first and not found.items:
            raise NotFound("ticket", ticket_id)
        return _listed(TimeEntry, Page(found.items[first:], found.last_key))

    def mark_billed(self, event_id: str, billed: dict[str, str]) -> None:
        """Note on which invoice a time entry stands, once for each event.

        Raises AlreadySeen; Conflict if there is no such entry, or if it stands on another invoice: nobody pays for
        the same time twice, so people must look at it.
        """
        transaction = Transaction(self._table)
        transaction.once(event_id)
        transaction.update(
            _ticket_key(billed["ticket_id"]),
            f"TIME#{billed['time_entry_id']}",
            "SET invoice_id = :invoice",
            values={":invoice": billed["invoice_id"]},
            condition="attribute_exists(pk) AND (attribute_not_exists(invoice_id) OR invoice_id = :invoice)",
            conflict="time_entry_unknown_or_billed_elsewhere",
        )
        transaction.commit()

    def _add_part(self, ticket: Ticket, part: Item, receipt: "Receipt | None") -> None:
        transaction = Transaction(self._table)
        self._replace(transaction, ticket)
        transaction.add(part)
        transaction.remember(receipt)
        transaction.commit()

    def _replace(self, transaction: Transaction, ticket: Ticket) -> None:
        transaction.replace(_ticket_item(ticket), version=ticket.version)
        transaction.emit(ticket)

    def _list(self, partition: str, index: str, page: "Paging") -> Page:
        return self._table.query(partition, index=index, newest_first=True, limit=page.limit, start=page.start)


def _email_taken() -> RuleBroken:
    return RuleBroken("email_taken", "Another customer has this e-mail address.")


def _commit(transaction: Transaction, **meanings: Exception) -> None:
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


def _customer_key(customer_id: str) -> str:
    return f"CUSTOMER#{customer_id}"


def _email_key(email: str) -> str:
    return f"EMAIL#{normal_email(email)}"


def _ticket_key(ticket_id: str) -> str:
    return f"TICKET#{ticket_id}"


def _status_key(status: Status) -> str:
    return f"STATUS#{status.value}"


def _assignee_key(assignee: str) -> str:
    return f"ASSIGNEE#{assignee}"


def _customer_item(customer: Customer) -> Item:
    keys = {"pk": _customer_key(customer.id), "sk": "CUSTOMER", "gsi1pk": "CUSTOMER", "gsi1sk": customer.id}
    return {**_dump(customer), **keys, "version": customer.next_version}


def _email_item(customer: Customer) -> Item:
    return {"pk": _email_key(customer.email), "sk": "EMAIL", "customer_id": customer.id}


def _ticket_item(ticket: Ticket) -> Item:
    keys = {"pk": _ticket_key(ticket.id), "sk": "TICKET", "gsi1pk": "TICKET", "gsi1sk": ticket.id}
    lists = {
        "gsi2pk": _customer_key(ticket.customer_id),
        "gsi2sk": ticket.id,
        "gsi3pk": _status_key(ticket.status),
        "gsi3sk": ticket.id,
    }
    if ticket.assignee:
        lists |= {"gsi4pk": _assignee_key(ticket.assignee), "gsi4sk": ticket.id}
    return {**_dump(ticket), **keys, **lists, "version": ticket.next_version}


def _message_item(ticket: Ticket, message: Message) -> Item:
    return {**_dump(message), "pk": _ticket_key(ticket.id), "sk": f"MESSAGE#{message.id}"}


def _time_item(ticket: Ticket, entry: TimeEntry) -> Item:
    return {**_dump(entry), "pk": _ticket_key(ticket.id), "sk": f"TIME#{entry.id}"}


def _dump(thing: Any) -> Item:
    plain = {name: value for name, value in vars(thing).items() if name != "facts"}
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in plain.items()}


def _load(kind: type[T], item: Item) -> T:
    names = {field.name for field in fields(kind)} & item.keys()  # type: ignore[arg-type]
    return kind(**{name: _value(name, item[name]) for name in names})


def _value(name: str, stored: Any) -> Any:
    if name in _ENUMS:
        return _ENUMS[name](stored)
    if name in _INTEGERS:
        return int(stored)
    return parse_time(stored) if name.endswith("_at") else stored


def _listed(kind: type[T], page: Page) -> tuple[list[T], dict[str, str] | None]:
    return [_load(kind, item) for item in page.items], page.last_key
