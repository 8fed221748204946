"""Cases, written with the tickets that they bring."""

import time
from collections.abc import Sequence
from datetime import timedelta

from backoffice.codec import stored
from backoffice.domain import Invalid
from backoffice.dynamodb import Item
from backoffice.transactions import Transaction
from customer_support.domain.cases import Case
from customer_support.domain.conversation import Message
from customer_support.domain.tickets import Ticket
from customer_support.store import keys
from customer_support.store.items import load, message_item
from customer_support.store.part import commit
from customer_support.store.tickets import THERE_AND_NOT_ERASED, Tickets

# That an invoice was paid matters to a reminder that comes late. No message comes later than a queue keeps it.
_KEPT_WITHOUT_TICKETS = timedelta(days=30)


class Cases(Tickets):
    """What other contexts pursue with us."""

    def case(self, case_id: str) -> Case:
        """A case, empty if nobody has told of it yet."""
        item = self._table.get(*keys.case(case_id))
        return load(Case, item) if item else Case(id=case_id)

    def save_case(self, case: Case, event_id: str | None) -> None:
        """Write a case with its messages and, unless more of it is to come, that the event was taken.

        Raises StaleVersion, AlreadySeen.
        """
        transaction = Transaction(self._table)
        self._write_case(transaction, case, event_id)
        transaction.commit()

    def add_ticket_of_case(self, case: Case, ticket: Ticket, messages: Sequence[Message], event_id: str) -> None:
        """Write a ticket that a case has brought. Raises Invalid without such a customer, and as ``save_case``."""
        transaction = Transaction(self._table)
        self._write_case(transaction, case, event_id)
        transaction.check(*keys.customer(ticket.customer_id), conflict="no_customer", condition=THERE_AND_NOT_ERASED)
        self._write(transaction, ticket)
        for message in messages:
            transaction.add(message_item(message))
        commit(transaction, no_customer=Invalid.one("customer_id", "There is no such customer."))

    def save_told(self, ticket: Ticket, event_id: str, note: Message | None = None) -> None:
        """Write what an event has changed of a ticket, with a note that says so. Raises StaleVersion, AlreadySeen."""
        transaction = Transaction(self._table)
        transaction.once(event_id)
        self._write(transaction, ticket)
        if note:
            transaction.add(message_item(note))
        transaction.commit()

    def _write_case(self, transaction: Transaction, case: Case, event_id: str | None) -> None:
        transaction.once(event_id)
        transaction.replace(_case_item(case), version=case.version)
        transaction.emit(case)


def _case_item(case: Case) -> Item:
    passing = {} if case.tickets else {"expires_at": int(time.time() + _KEPT_WITHOUT_TICKETS.total_seconds())}
    return {**stored(case, keys.case(case.id)), **passing}
