"""Credit notes, each written with what it changes: its number, the invoice, and the payments that come free."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backoffice.transactions import Transaction
from invoicing.domain.credit_notes import CreditNote
from invoicing.domain.invoice import Invoice
from invoicing.domain.numbering import DEFAULT_SERIES, Documents, Series
from invoicing.domain.payments import Payment
from invoicing.store import keys
from invoicing.store.base import Base, Listed, found, listed, series_of
from invoicing.store.writing import write_credit_note

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt


class CreditNoteStore(Base):
    """Credit notes are written once and never change."""

    def credit_note(self, credit_note_id: str) -> CreditNote:
        """Raises NotFound."""
        item = self._table.get(*keys.credit_note(credit_note_id))
        return found(CreditNote, item, credit_note_id, "credit_note")

    def credit_notes(self, account_id: str | None, invoice_id: str | None, page: "Paging") -> Listed[CreditNote]:
        """Credit notes of an account, of an invoice or all, newest first, and where the next page starts."""
        if account_id:
            return listed(CreditNote, self._list(keys.credit_notes_of(account_id), "gsi1", page))
        if invoice_id:
            return listed(CreditNote, self._list(keys.credit_notes_for(invoice_id), "gsi2", page))
        return listed(CreditNote, self._list(keys.CREDIT_NOTES, "gsi3", page))

    def creditable(self, invoice_id: str, series_id: str | None) -> tuple[Invoice, Series]:
        """An invoice and the series that numbers its credit note, read in one call. Raises NotFound."""
        series_id = series_id or DEFAULT_SERIES[Documents.CREDIT_NOTES]
        items = self._table.get_all([keys.invoice(invoice_id), keys.series(series_id)])
        invoice = found(Invoice, items.get(keys.invoice(invoice_id)), invoice_id)
        return invoice, series_of(series_id, items.get(keys.series(series_id)))

    def freed_by(self, note: CreditNote) -> list[Payment]:
        """The payments that get back what they have paid of the invoice, with that given back."""
        ids = [share.payment_id for share in note.freed]
        items = self._table.get_all(keys.payment(id) for id in ids)
        payments = [found(Payment, items.get(keys.payment(id)), id) for id in dict.fromkeys(ids)]
        note.release(payments)
        return payments

    def add_credit_note(
        self,
        note: CreditNote,
        series: Series,
        changed: tuple[Invoice, Sequence[Payment]],
        receipt: "Receipt | None",
    ) -> None:
        """Write a credit note with the invoice that it credits and the payments that came free.

        Raises StaleVersion (the invoice or a payment was changed), Conflict ``counter`` (the number was taken).
        """
        transaction = Transaction(self._table)
        write_credit_note(transaction, note, series, changed)
        transaction.remember(receipt, about=note.account_id)
        transaction.commit()
