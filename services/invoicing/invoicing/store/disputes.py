"""Disputes, each written with the invoice that it concerns; and when they are escalated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from backoffice.transactions import Transaction
from invoicing.domain.credit_notes import CreditNote
from invoicing.domain.disputes import Dispute, DisputeState
from invoicing.domain.invoice import Invoice
from invoicing.domain.numbering import DEFAULT_SERIES, Documents, Series
from invoicing.domain.payments import Payment
from invoicing.store import keys
from invoicing.store.base import Base, Listed, found, listed, series_of
from invoicing.store.writing import write_credit_note, write_dispute, write_invoice

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt

_CREDIT_NOTES = DEFAULT_SERIES[Documents.CREDIT_NOTES]


@dataclass(frozen=True)
class Overdue:
    """That customer support should have answered about a dispute by a day."""

    day: date
    dispute_id: str
    invoice_id: str


@dataclass(frozen=True)
class Credited:
    """A credit note, the series that numbers it, and the payments that came free by it."""

    note: CreditNote
    series: Series
    payments: Sequence[Payment]


class DisputeStore(Base):
    """Time-outs are a partition of their own, sorted by day, as the agenda of invoices is."""

    def dispute(self, dispute_id: str) -> Dispute:
        """Raises NotFound."""
        return found(Dispute, self._table.get(*keys.dispute(dispute_id)), dispute_id)

    def disputes(self, state: DisputeState | None, page: "Paging") -> Listed[Dispute]:
        """Disputes of a state or all, newest first, and where the next page starts."""
        if state:
            return listed(Dispute, self._list(keys.disputes_in(state), "gsi1", page))
        return listed(Dispute, self._list(keys.DISPUTES, "gsi2", page))

    def settleable(self, invoice_id: str) -> tuple[Invoice, Series]:
        """A disputed invoice, and the series of credit notes, read in one call. Raises NotFound."""
        items = self._table.get_all([keys.invoice(invoice_id), keys.series(_CREDIT_NOTES)])
        invoice = found(Invoice, items.get(keys.invoice(invoice_id)), invoice_id)
        return invoice, series_of(_CREDIT_NOTES, items.get(keys.series(_CREDIT_NOTES)))

    def save_dispute(
        self, dispute: Dispute, invoice: Invoice, receipt: "Receipt | None" = None, *, event_id: str | None = None
    ) -> None:
        """Write a dispute with the invoice that it concerns. Raises StaleVersion, AlreadySeen."""
        transaction = Transaction(self._table)
        transaction.once(event_id)
        write_dispute(transaction, dispute)
        write_invoice(transaction, invoice)
        transaction.remember(receipt, about=invoice.account_id)
        transaction.commit()

    def save_credited(self, dispute: Dispute, invoice: Invoice, credited: Credited, event_id: str) -> None:
        """Write a dispute that ends with a credit note, and all that the note changes.

        Raises StaleVersion, AlreadySeen, Conflict ``counter`` (the note's number was taken).
        """
        transaction = Transaction(self._table)
        transaction.once(event_id)
        write_dispute(transaction, dispute)
        write_credit_note(transaction, credited.note, credited.series, (invoice, credited.payments))
        transaction.commit()

    def save_escalated(self, dispute: Dispute, event_id: str | None = None) -> None:
        """Write a dispute that is the accountants' now. Raises StaleVersion, AlreadySeen."""
        transaction = Transaction(self._table)
        transaction.once(event_id)
        write_dispute(transaction, dispute)
        transaction.commit()

    def unanswered(self, today: date, most: int) -> Iterator[Overdue]:
        """The disputes about which customer support should have answered by today, the longest overdue first."""
        items = self._table.query_all(keys.ESCALATIONS, sk_between=("0", f"{today}#~"), limit=most)
        for item in islice(items, most):
            yield Overdue(date.fromisoformat(item["day"]), item["dispute_id"], item["invoice_id"])

    def remindable(self, overdue: Overdue) -> tuple[Dispute, Invoice]:
        """A dispute and its invoice, read in one call. Raises NotFound."""
        dispute_key, invoice_key = keys.dispute(overdue.dispute_id), keys.invoice(overdue.invoice_id)
        items = self._table.get_all([dispute_key, invoice_key])
        dispute = found(Dispute, items.get(dispute_key), overdue.dispute_id)
        return dispute, found(Invoice, items.get(invoice_key), overdue.invoice_id)
