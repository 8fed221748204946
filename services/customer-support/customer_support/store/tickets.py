"""Tickets in DynamoDB, with their lists, their conversations and the time that was worked on them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from backoffice.codec import keyed
from backoffice.domain import Invalid, RuleBroken
from backoffice.dynamodb import Item
from backoffice.errors import Conflict
from backoffice.transactions import Transaction
from customer_support.domain.conversation import Message, TimeEntry
from customer_support.domain.history import Entry
from customer_support.domain.mail import ReceivedMail
from customer_support.domain.replies import Reply
from customer_support.domain.service_levels import ServiceLevels
from customer_support.domain.tickets import Ticket
from customer_support.store import keys
from customer_support.store.items import load, message_item, ticket_item, ticket_pointers, time_item
from customer_support.store.mails import write_mail
from customer_support.store.part import Listed, Part, found

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt


class Tickets(Part):
    """Tickets as they are written; lists and conversations are read in ``lists`` and ``conversations``."""

    def ticket(self, ticket_id: str) -> Ticket:
        """Raises NotFound."""
        item = self._table.get(*keys.ticket(ticket_id))
        return self._found(ticket_id, item)

    def ticket_and_levels(self, ticket_id: str) -> tuple[Ticket, ServiceLevels]:
        """A ticket and what is promised in this house, in one read. Raises NotFound."""
        found = self._table.get_all([keys.ticket(ticket_id), keys.SERVICE_LEVELS])
        ticket = self._found(ticket_id, found.get(keys.ticket(ticket_id)))
        return ticket, service_levels(found.get(keys.SERVICE_LEVELS))

    def tickets_and_levels(self, ticket_ids: Iterable[str]) -> tuple[list[Ticket], ServiceLevels]:
        """Those of up to 99 tickets that there are, and what is promised in this house, in one read."""
        wanted = [keys.ticket(ticket_id) for ticket_id in ticket_ids]
        found = self._table.get_all([*wanted, keys.SERVICE_LEVELS])
        tickets = [self._found(key[0], found[key]) for key in wanted if key in found]
        return tickets, service_levels(found.get(keys.SERVICE_LEVELS))

    def replied_to(self, ticket_id: str) -> tuple[Ticket, ServiceLevels]:
        """The ticket that takes a reply to this one: itself, or whatever it was merged into or followed up by.

        One read, and one more for each step. Raises NotFound.
        """
        ticket, levels = self.ticket_and_levels(ticket_id)
        while ticket.heir:
            ticket, levels = self.ticket_and_levels(ticket.heir)
        return ticket, levels

    def ticket_and_time(self, ticket_id: str) -> tuple[Ticket, list[TimeEntry]]:
        """A ticket with all its time entries, those of the tickets merged into it too. Raises NotFound."""
        pk, sk = keys.ticket(ticket_id)
        items = list(self._table.query_all(pk, sk_between=(sk, f"{keys.TIME}~")))
        ticket = self._found(ticket_id, items[0] if items else None)
        worked = [load(TimeEntry, item) for item in items[1:]]
        for absorbed in ticket.absorbed:
            more = self._table.query_all(keys.ticket(absorbed)[0], sk_prefix=keys.TIME)
            worked += [load(TimeEntry, item) for item in more]
        return ticket, worked

    def add_ticket(
        self,
        ticket: Ticket,
        first_message: Message,
        receipt: "Receipt | None" = None,
        *,
        mail: ReceivedMail | None = None,
    ) -> None:
        """Write a new ticket with its first message, and the mail that it came by.

        Raises Invalid if there is no such customer, RuleBroken ``customer_erased``, Conflict ``known_mail`` if the mail
        was taken before.
        """
        transaction = Transaction(self._table)
        transaction.check(*keys.customer(ticket.customer_id), conflict="no_customer", condition=THERE_AND_NOT_ERASED)
        self._write(transaction, ticket)
        transaction.add(message_item(first_message))
        if mail:
            write_mail(transaction, mail)
        transaction.remember(receipt, about=ticket.customer_id)
        try:
            transaction.commit()
        except Conflict as conflict:
            if type(conflict) is Conflict and "no_customer" in conflict:
                raise _no_customer(conflict.items["no_customer"]) from None
            raise

    def save_ticket(self, ticket: Ticket, receipt: "Receipt | None" = None) -> None:
        """Write a changed ticket with its facts. Raises StaleVersion."""
        transaction = Transaction(self._table)
        self._write(transaction, ticket)
        transaction.remember(receipt, about=ticket.customer_id)
        transaction.commit()

    def save_merged(self, ticket: Ticket, heir: Ticket, receipt: "Receipt | None") -> None:
        """Write a ticket that was merged into another, and that one. Raises StaleVersion."""
        transaction = Transaction(self._table)
        self._write(transaction, ticket)
        self._write(transaction, heir)
        transaction.put({**keyed(keys.absorbed(heir.id)), "absorbed": heir.absorbed})
        transaction.remember(receipt, about=ticket.customer_id)
        transaction.commit()

    def add_reply(self, reply: Reply, receipt: "Receipt | None" = None, *, mail: ReceivedMail | None = None) -> None:
        """Write a message with what it changed of its ticket, or with the follow-up that it opened.

        Raises StaleVersion, Conflict ``known_mail`` if the mail that it came by was taken before.
        """
        transaction = Transaction(self._table)
        self._write(transaction, reply.ticket)
        if reply.following:
            self._write(transaction, reply.following)
        transaction.add(message_item(reply.message))
        if mail:
            write_mail(transaction, mail)
        transaction.remember(receipt, about=reply.ticket.customer_id)
        transaction.commit()

    def add_time_entry(self, ticket: Ticket, entry: TimeEntry, receipt: "Receipt | None") -> None:
        """Write a time entry with what it changed of its ticket. Raises StaleVersion."""
        transaction = Transaction(self._table)
        self._write(transaction, ticket)
        transaction.add(time_item(entry))
        transaction.remember(receipt, about=ticket.customer_id)
        transaction.commit()

    def ticket_history(self, ticket_id: str, page: "Paging") -> Listed[Entry]:
        """Who did what on a ticket, oldest first. Raises NotFound."""
        return self._history(keys.ticket(ticket_id), page)

    def _found(self, ticket_id: str, item: Item | None) -> Ticket:
        ticket = found(Ticket, item, ticket_id)
        self._pointers[keys.ticket(ticket.id)] = ticket_pointers(ticket)
        return ticket

    def _write(self, transaction: Transaction, ticket: Ticket) -> None:
        key = keys.ticket(ticket.id)
        transaction.replace(ticket_item(ticket), version=ticket.version)
        self._write_pointers(transaction, key, ticket_pointers(ticket))
        self._tell(transaction, ticket, key)


THERE_AND_NOT_ERASED = "attribute_exists(pk) AND attribute_not_exists(erasure_id)"


def _no_customer(customer: Item | None) -> Exception:
    if customer is None:
        return Invalid.one("customer_id", "There is no such customer.")
    erasure_id = customer["erasure_id"]
    return RuleBroken("customer_erased", "The customer was erased and takes no tickets.", erasure_id=erasure_id)


def service_levels(item: Item | None) -> ServiceLevels:
    """All calendars and policies; none where nobody has set one up."""
    return load(ServiceLevels, item) if item else ServiceLevels(id="service-levels")
