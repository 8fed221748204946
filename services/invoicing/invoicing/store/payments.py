"""Payments, what they pay, and how they go back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backoffice.transactions import Transaction
from invoicing.domain.account import Account
from invoicing.domain.invoice import Invoice
from invoicing.domain.payments import Payment
from invoicing.domain.refunds import Refund
from invoicing.store import keys
from invoicing.store.base import Base, Listed, found, listed
from invoicing.store.items import payment_item, payment_of, reference_item, refund_of, refund_reference_item
from invoicing.store.writing import book, write_invoice

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt


@dataclass(frozen=True)
class Payable:
    """What it takes to record a payment: what came before under its reference, and the invoices that it is for."""

    earlier: Payment | None
    invoices: list[Invoice]


@dataclass(frozen=True)
class Refundable:
    """What it takes to refund: the payment, and what came before under the same reference, with its payment's id."""

    payment: Payment
    earlier: tuple[str, Refund] | None


class PaymentStore(Base):
    """Each change of a payment is one transaction, with the invoices that it touches."""

    def payment(self, payment_id: str) -> Payment:
        """Raises NotFound."""
        return found(Payment, self._table.get(*keys.payment(payment_id)), payment_id)

    def payments(self, account_id: str | None, page: "Paging") -> Listed[Payment]:
        """Payments of one account or all, newest first, and where the next page starts."""
        if account_id:
            return listed(Payment, self._list(keys.payments_of(account_id), "gsi1", page))
        return listed(Payment, self._list(keys.PAYMENTS, "gsi3", page))

    def payable(self, external_ref: str, account_id: str, invoice_ids: Sequence[str]) -> Payable:
        """What a payment meets, read in one call. Raises NotFound for an unknown account or invoice."""
        invoice_keys = {id: keys.invoice(id) for id in invoice_ids}
        items = self._table.get_all([keys.reference(external_ref), keys.account(account_id), *invoice_keys.values()])
        found(Account, items.get(keys.account(account_id)), account_id)
        invoices = [found(Invoice, items.get(key), id) for id, key in invoice_keys.items()]
        reference = items.get(keys.reference(external_ref))
        return Payable(payment_of(reference) if reference else None, invoices)

    def add_payment(self, payment: Payment, invoices: Sequence[Invoice], receipt: "Receipt | None") -> None:
        """Write a payment with what it pays.

        Raises StaleVersion (an invoice was changed), Conflict ``external_ref`` (the reference was used before).
        """
        transaction = Transaction(self._table)
        transaction.add(reference_item(payment), "external_ref")
        self._save(transaction, payment, invoices, receipt)

    def allocatable(self, payment_id: str, invoice_ids: Sequence[str]) -> tuple[Payment, list[Invoice]]:
        """A payment and invoices, read in one call. Raises NotFound."""
        items = self._table.get_all([keys.payment(payment_id), *map(keys.invoice, invoice_ids)])
        payment = found(Payment, items.get(keys.payment(payment_id)), payment_id)
        return payment, [found(Invoice, items.get(keys.invoice(id)), id) for id in invoice_ids]

    def paid_by(self, payment: Payment) -> list[Invoice]:
        """The invoices that a payment pays."""
        ids = dict.fromkeys(share.invoice_id for share in payment.allocations)
        items = self._table.get_all(keys.invoice(id) for id in ids)
        return [found(Invoice, items.get(keys.invoice(id)), id) for id in ids]

    def save_payment(self, payment: Payment, invoices: Sequence[Invoice], receipt: "Receipt | None") -> None:
        """Write a payment that has changed together with invoices. Raises StaleVersion."""
        self._save(Transaction(self._table), payment, invoices, receipt)

    def refundable(self, payment_id: str, external_ref: str) -> Refundable:
        """What a refund meets, read in one call. Raises NotFound."""
        reference = keys.refund_reference(external_ref)
        items = self._table.get_all([keys.payment(payment_id), reference])
        payment = found(Payment, items.get(keys.payment(payment_id)), payment_id)
        return Refundable(payment, refund_of(items[reference]) if reference in items else None)

    def add_refund(self, payment: Payment, refund: Refund, receipt: "Receipt | None") -> None:
        """Write a payment with a refund that is new. Raises StaleVersion, Conflict ``external_ref``."""
        transaction = Transaction(self._table)
        transaction.add(refund_reference_item(payment, refund), "external_ref")
        self._save(transaction, payment, [], receipt)

    def _save(
        self, transaction: Transaction, payment: Payment, invoices: Sequence[Invoice], receipt: "Receipt | None"
    ) -> None:
        transaction.replace(payment_item(payment), version=payment.version)
        transaction.emit(payment)
        for invoice in invoices:
            write_invoice(transaction, invoice)
        book(transaction, payment.account_id, payment.currency, payment, *invoices)
        transaction.remember(receipt, about=payment.account_id)
        transaction.commit()
