"""All that is kept of one customer, read for a request for access (GDPR, article 15)."""

import json
from dataclasses import dataclass, field
from datetime import datetime

from backoffice.dynamodb import Item
from backoffice.errors import NotFound
from customer_support.domain.conversation import Message, TimeEntry
from customer_support.domain.customers import Customer
from customer_support.domain.history import Entry
from customer_support.domain.tickets import Ticket
from customer_support.store import keys
from customer_support.store.customers import must_not_be_erased
from customer_support.store.items import load
from customer_support.store.part import Part

# Lambda answers 6 MB at most; what is stored is about as long as what is answered.
LARGEST_EXPORT = 4 * 1024 * 1024


@dataclass(kw_only=True)
class ExportedTicket:
    """A ticket with all that belongs to it; not complete if that alone is more than one export takes."""

    ticket: Ticket
    messages: list[Message] = field(default_factory=list)
    time_entries: list[TimeEntry] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)
    is_complete: bool = True


@dataclass(kw_only=True)
class Export:
    """What is kept of a customer; more tickets follow after ``next_after``."""

    exported_at: datetime
    customer: Customer
    history: list[Entry]
    tickets: list[ExportedTicket] = field(default_factory=list)
    next_after: str | None = None


class Exports(Part):
    """Everything about one customer."""

    def export(self, customer_id: str, after: str | None, at: datetime) -> Export:
        """What is kept of a customer, from the ticket after that one on. Raises NotFound, Gone."""
        items = list(self._table.query_all(keys.customer(customer_id)[0]))
        if not items:
            raise NotFound("customer", customer_id)
        of_customer = [item for item in items if item["sk"] == "CUSTOMER"]
        history = [load(Entry, item) for item in items if item["sk"].startswith(keys.HISTORY)]
        customer = load(Customer, of_customer[0])
        must_not_be_erased(customer)
        export = Export(exported_at=at, customer=customer, history=history)
        left = LARGEST_EXPORT
        for ticket_item in self._table.query_all(
            keys.listed("customer_id", customer_id),
            index="gsi2",
            sk_between=(f"{after}~" if after else "tkt_", "tkt_~"),
        ):
            exported, size = self._exported(ticket_item, LARGEST_EXPORT)
            if size > left and export.tickets:
                export.next_after = export.tickets[-1].ticket.id
                break
            export.tickets.append(exported)
            left -= size
        return export

    def _exported(self, item: Item, most: int) -> tuple[ExportedTicket, int]:
        """A ticket with its parts, and how long they are."""
        exported = ExportedTicket(ticket=load(Ticket, item))
        size = _length(item)
        for part in self._table.query_all(item["pk"]):
            size += _length(part)
            if size > most:
                exported.is_complete = False
                break
            if part["sk"].startswith(keys.MESSAGE):
                exported.messages.append(load(Message, part))
            elif part["sk"].startswith(keys.TIME):
                exported.time_entries.append(load(TimeEntry, part))
            elif part["sk"].startswith(keys.HISTORY):
                exported.history.append(load(Entry, part))
        return exported, size


def _length(item: Item) -> int:
    return len(json.dumps(item, default=str, ensure_ascii=False).encode(errors="surrogatepass"))
