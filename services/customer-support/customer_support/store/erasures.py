"""Erasures in DynamoDB, and what is left of a customer's things."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from backoffice.clock import rfc3339
from backoffice.codec import plain, stored
from backoffice.dynamodb import Item
from backoffice.transactions import Transaction, forget_receipts
from customer_support.domain.conversation import Message
from customer_support.domain.customers import Customer
from customer_support.domain.erasure import Erasure, ErasureState
from customer_support.domain.forgetting import Forgetting, forgotten_entry, forgotten_message
from customer_support.domain.history import Entry
from customer_support.store import keys
from customer_support.store.items import customer_item, erasure_item, load
from customer_support.store.mails import header_key
from customer_support.store.part import Listed, Part, found, listed

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt


class Erasures(Part):
    """What is asked of all contexts, and what is done about it here."""

    def begin_erasure(
        self, erasure: Erasure, customer: Customer, forgetting: Forgetting, email: str, receipt: "Receipt | None"
    ) -> None:
        """Write an erasure; in that moment the customer, its address and its names are gone. Raises StaleVersion."""
        key = keys.customer(customer.id)
        transaction = Transaction(self._table)
        transaction.replace(customer_item(customer), version=customer.version)
        transaction.delete(*keys.email(email))
        self._write_pointers(transaction, key, {})
        self._tell(transaction, customer, key)
        transaction.add(stored(forgetting, keys.forgetting(customer.id)))
        transaction.add(erasure_item(erasure))
        transaction.emit(erasure)
        transaction.remember(receipt)
        transaction.commit()

    def erasure(self, erasure_id: str) -> Erasure:
        """Raises NotFound."""
        return found(Erasure, self._table.get(*keys.erasure(erasure_id)), erasure_id)

    def erasures(self, state: ErasureState | None, page: "Paging") -> Listed[Erasure]:
        """Erasures of a state or all, newest first, and where the next page starts."""
        partition, index = (keys.erasures_in(state), "gsi3") if state else (keys.ERASURES, "gsi2")
        return listed(Erasure, self._list(partition, index, page))

    def save_erasure(self, erasure: Erasure, event_id: str | None = None) -> None:
        """Write an erasure with what it asks and tells. Raises StaleVersion, AlreadySeen."""
        transaction = Transaction(self._table)
        transaction.replace(erasure_item(erasure), version=erasure.version)
        transaction.emit(erasure)
        transaction.once(event_id)
        transaction.commit()

    def erasures_due(self, at: datetime) -> Iterator[str]:
        """Ids of the erasures that should have been woken by ``at``, the longest overdue first."""
        due = ("0", keys.waking_at(at, "~"))
        for item in self._table.query_all(keys.ERASURES_WAKING, index="gsi1", sk_between=due):
            yield str(item["id"])

    def forgetting(self, customer_id: str) -> Forgetting:
        """How far the forgetting of a customer has got. Raises NotFound."""
        return found(Forgetting, self._table.get(*keys.forgetting(customer_id)), customer_id)

    def save_forgetting(self, forgetting: Forgetting, event_id: str) -> None:
        """Write how far it has got, with the message that goes on.

        Raises AlreadySeen: this message was taken before; StaleVersion: another one was faster.
        """
        transaction = Transaction(self._table)
        transaction.once(event_id)
        transaction.replace(stored(forgetting, keys.forgetting(forgetting.id)), version=forgetting.version)
        transaction.emit(forgetting)
        transaction.commit()

    def next_ticket_of(self, customer_id: str, after: str | None) -> str | None:
        """The id of the customer's first ticket after that one."""
        between = (f"{after}~" if after else "tkt_", "tkt_~")
        page = self._table.query(keys.listed("customer_id", customer_id), index="gsi2", sk_between=between, limit=1)
        return page.items[0]["id"] if page.items else None

    def customer_parts(self, customer_id: str, after: str | None = None, limit: int | None = None) -> list[Item]:
        """The lines of a customer's history: all of them, or the next so many."""
        return self._parts_between(keys.customer(customer_id), after, keys.HISTORY, limit)

    def ticket_parts(self, ticket_id: str, after: str | None, limit: int | None = None) -> list[Item]:
        """What lies beside a ticket, history, messages and time entries among it: all of it, or the next so many."""
        return self._parts_between(keys.ticket(ticket_id), after, keys.TIME, limit)

    def forget_parts(self, items: list[Item]) -> None:
        """Put what is left of them in the place of parts. Who bills a time entry meanwhile loses nothing."""
        items = [item for item in items if item["sk"].startswith((keys.HISTORY, keys.MESSAGE, keys.TIME))]
        if not items:
            return
        transaction = Transaction(self._table)
        for item in items:
            if item["sk"].startswith(keys.HISTORY):
                transaction.put(item | plain(forgotten_entry(load(Entry, item))))
            elif item["sk"].startswith(keys.MESSAGE):
                transaction.put(item | plain(forgotten_message(load(Message, item))))
            else:
                transaction.update(item["pk"], item["sk"], "REMOVE note", values={})
        transaction.commit()

    def mail_in_bucket(self, key: str, received_at: datetime) -> Item | None:
        """The mail that was received at that time and lies in the bucket under that key."""
        time = rfc3339(received_at)
        found = self._table.query_all(keys.MAILS, index="gsi1", sk_between=(f"{time}#", f"{time}#~"))
        return next((item for item in found if item.get("key") == key), None)

    def mails_from(self, mark: str, until: datetime) -> Iterator[Item]:
        """The mails from an address, of which only the mark is known, that were received until then."""
        return self._table.query_all(keys.mails_from(mark), index="gsi3", sk_between=("0", f"{rfc3339(until)}~"))

    def forget_mail(self, mail: Item) -> None:
        """Forget how a mail is called, where it lay and who sent it; that it came, and when, stays."""
        transaction = Transaction(self._table)
        if header_id := mail.get("header_id"):
            transaction.delete(*header_key(header_id))
        kept = {name: value for name, value in mail.items() if name not in {"header_id", "gsi3pk", "gsi3sk"}}
        transaction.put(kept | {"key": ""})
        transaction.commit()

    def forget_receipts(self, customer_id: str) -> int:
        """Delete the answers that wait for repeated requests and tell of the customer. Returns how many there were."""
        return forget_receipts(self._table, customer_id)

    def _parts_between(self, key: keys.Key, after: str | None, last: str, limit: int | None) -> list[Item]:
        between = (f"{after}~" if after else keys.HISTORY, f"{last}~")
        if limit is None:
            return list(self._table.query_all(key[0], sk_between=between))
        return self._table.query(key[0], sk_between=between, limit=limit).items
