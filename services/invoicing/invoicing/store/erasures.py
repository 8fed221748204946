"""Erasures of accounts, and what is left of their documents."""

from collections.abc import Iterator
from datetime import date
from itertools import islice

from backoffice.codec import keyed, stored
from backoffice.transactions import Transaction, forget_receipts
from invoicing.domain.account import Account
from invoicing.domain.credit_notes import CreditNote
from invoicing.domain.disputes import Dispute
from invoicing.domain.erasure import AccountErasure
from invoicing.domain.invoice import Invoice
from invoicing.domain.lines import ERASED
from invoicing.domain.payments import Payment
from invoicing.store import keys
from invoicing.store.base import Base, optional
from invoicing.store.items import account_item, credit_note_item, load, payment_item
from invoicing.store.writing import write_dispute, write_invoice


class ErasureStore(Base):
    """What is kept by law is on an agenda of its own, by the day on which it may go."""

    def account_erasure(self, account_id: str) -> AccountErasure | None:
        """How far the erasure of an account has got, if one was asked for."""
        return optional(AccountErasure, self._table.get(*keys.account_erasure(account_id)))

    def begin_erasure(self, account: Account, erasure: AccountErasure, event_id: str) -> None:
        """Write an erasure; in that moment the account is gone, known or not. Raises AlreadySeen, StaleVersion."""
        transaction = Transaction(self._table)
        transaction.once(event_id)
        transaction.replace(account_item(account), version=account.version)
        transaction.add(stored(erasure, keys.account_erasure(erasure.id)), "stale")
        transaction.emit(erasure)
        transaction.commit()

    def save_account_erasure(
        self, erasure: AccountErasure, looked_on: date | None, event_id: str | None = None
    ) -> None:
        """Write how far it has got, with what it says, and when to look again instead of ``looked_on``.

        Raises AlreadySeen: the message was taken before; StaleVersion: another was faster.
        """
        transaction = Transaction(self._table)
        transaction.once(event_id)
        transaction.replace(stored(erasure, keys.account_erasure(erasure.id)), version=erasure.version)
        transaction.emit(erasure)
        if looked_on and looked_on != erasure.looks_on:
            transaction.delete(*keys.retention(looked_on, erasure.id))
        if erasure.looks_on:
            transaction.put({**keyed(keys.retention(erasure.looks_on, erasure.id)), "account_id": erasure.id})
        transaction.commit()

    def retentions_over(self, today: date, most: int) -> Iterator[str]:
        """Ids of the accounts of which something is not kept any more by today, the longest due first."""
        items = self._table.query_all(keys.RETENTIONS, sk_between=("0", f"{today}#~"), limit=most)
        for item in islice(items, most):
            yield item["account_id"]

    def next_invoices(self, account_id: str, after: str | None, limit: int) -> list[str]:
        """Ids of an account's next invoices."""
        return self._next(keys.invoices_of(account_id), "gsi1", after, limit)

    def next_credit_notes(self, account_id: str, after: str | None, limit: int) -> list[str]:
        """Ids of an account's next credit notes."""
        return self._next(keys.credit_notes_of(account_id), "gsi1", after, limit)

    def next_payments(self, account_id: str, after: str | None, limit: int) -> list[str]:
        """Ids of an account's next payments."""
        return self._next(keys.payments_of(account_id), "gsi1", after, limit)

    def next_disputes(self, account_id: str, after: str | None, limit: int) -> list[str]:
        """Ids of an account's next disputes."""
        return self._next(keys.disputes_of(account_id), "gsi3", after, limit)

    def save_forgotten(self, thing: Invoice | CreditNote | Dispute) -> None:
        """Write what is left of a document. Raises StaleVersion."""
        transaction = Transaction(self._table)
        if isinstance(thing, Invoice):
            write_invoice(transaction, thing)
        elif isinstance(thing, Dispute):
            write_dispute(transaction, thing)
        else:
            transaction.replace(credit_note_item(thing), version=thing.version)
        transaction.commit()

    def save_forgotten_payment(self, payment: Payment) -> None:
        """Write what is left of a payment, whose references are free from now on. Raises StaleVersion."""
        standing = load(Payment, self._table.get(*keys.payment(payment.id)) or {})
        transaction = Transaction(self._table)
        transaction.delete(*keys.reference(standing.external_ref))
        for refund in standing.refunds:
            transaction.delete(*keys.refund_reference(refund.external_ref))
        transaction.replace(payment_item(payment), version=payment.version)
        for item in self._table.query_all(keys.account(payment.account_id)[0], sk_prefix=keys.ENTRIES):
            if item["document_id"] in {payment.id, *(refund.id for refund in payment.refunds)}:
                transaction.put(item | {"reference": ERASED})
        transaction.commit()

    def forget_account_receipts(self, account_id: str) -> None:
        """Delete the answers that wait for repeated requests and tell of the account."""
        forget_receipts(self._table, account_id)

    def _next(self, partition: str, index: str, after: str | None, limit: int) -> list[str]:
        between = (f"{after}~" if after else "0", "~")
        return [item["id"] for item in self._table.query(partition, index=index, sk_between=between, limit=limit).items]
