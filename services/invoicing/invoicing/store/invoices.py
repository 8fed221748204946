"""Invoices from draft to due, and their lists."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import HTTPClientError

from backoffice.codec import stored
from backoffice.domain import RuleBroken
from backoffice.errors import Conflict
from backoffice.transactions import Transaction
from invoicing.domain.account import Account
from invoicing.domain.invoice import Invoice, State
from invoicing.domain.numbering import DEFAULT_SERIES, Documents, Series
from invoicing.domain.seller import Seller
from invoicing.store import keys
from invoicing.store.base import Base, Listed, found, listed, optional, series_of
from invoicing.store.items import number_item
from invoicing.store.writing import ACCOUNT_ERASED, book, demand_account, write_invoice

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt


@dataclass(frozen=True)
class Finalizable:
    """What it takes to finalize an invoice."""

    invoice: Invoice
    seller: Seller | None
    series: Series


class InvoiceStore(Base):
    """Each invoice is one item; its lists are indexes."""

    def invoice(self, invoice_id: str) -> Invoice:
        """Raises NotFound."""
        return found(Invoice, self._table.get(*keys.invoice(invoice_id)), invoice_id)

    def invoices(self, account_id: str | None, state: State | None, page: "Paging") -> Listed[Invoice]:
        """Invoices of an account, of a state, of both or all; open ones by due date, the others newest first."""
        if account_id and state:
            found = self._list(keys.invoices_of(account_id, state), "gsi4", page)
        elif account_id:
            found = self._list(keys.invoices_of(account_id), "gsi1", page)
        elif state:
            found = self._list(keys.invoices_in(state), "gsi2", page, newest_first=state is not State.OPEN)
        else:
            found = self._list(keys.INVOICES, "gsi3", page)
        return listed(Invoice, found)

    def save_invoice(self, invoice: Invoice, receipt: "Receipt | None" = None) -> None:
        """Write an invoice, a new draft or a changed one, with what its change means for the account.

        Raises StaleVersion, RuleBroken ``account_erased`` for a new one whose customer was erased meanwhile.
        """
        transaction = Transaction(self._table)
        if invoice.version == 0:
            demand_account(transaction, invoice.account_id)
        write_invoice(transaction, invoice)
        book(transaction, invoice.account_id, invoice.currency, invoice)
        transaction.remember(receipt, about=invoice.account_id)
        try:
            transaction.commit()
        except Conflict as conflict:
            if conflict.items.keys() == {ACCOUNT_ERASED}:
                raise RuleBroken(ACCOUNT_ERASED, "The customer was erased in this moment.") from None
            raise

    def delete_draft(self, invoice: Invoice) -> None:
        """Remove a draft. Raises StaleVersion."""
        transaction = Transaction(self._table)
        transaction.delete(*keys.invoice(invoice.id), version=invoice.version)
        transaction.commit()

    def finalizable(self, invoice_id: str, series_id: str | None, account_id: str | None) -> Finalizable:
        """An invoice with its seller and its series, read in one call.

        The buyer is as the draft knows it or, if ``account_id`` is given, as the account is now. Raises NotFound.
        """
        series_id = series_id or DEFAULT_SERIES[Documents.INVOICES]
        wanted = [keys.invoice(invoice_id), keys.SELLER, keys.series(series_id)]
        items = self._table.get_all(wanted + ([keys.account(account_id)] if account_id else []))
        invoice = found(Invoice, items.get(keys.invoice(invoice_id)), invoice_id)
        if account_id:
            invoice.buyer = found(Account, items.get(keys.account(account_id)), account_id).as_buyer()
        series = series_of(series_id, items.get(keys.series(series_id)))
        return Finalizable(invoice, optional(Seller, items.get(keys.SELLER)), series)

    def save_finalized(self, invoice: Invoice, series: Series, receipt: "Receipt | None") -> None:
        """Use up the number and issue the invoice, both or neither.

        Raises StaleVersion (the draft was changed), Conflict ``counter`` (the number was taken) or ``buyer`` (the
        account is no longer what the draft knows).
        """
        transaction = Transaction(self._table)
        write_invoice(transaction, invoice)
        transaction.replace(stored(series, keys.series(series.id)), version=series.version, conflict="counter")
        transaction.add(number_item(invoice.id, invoice.issued, series), "counter")
        transaction.check(
            *keys.account(invoice.account_id),
            conflict="buyer",
            condition="#version = :version",
            values={":version": invoice.buyer.account_version},
            names={"#version": "version"},
        )
        book(transaction, invoice.account_id, invoice.currency, invoice)
        transaction.remember(receipt, about=invoice.account_id)
        try:
            transaction.commit()
        except HTTPClientError:
            # Nobody answered in time; it may have gone through all the same.
            if self.invoice(invoice.id).issue != invoice.issue:
                raise
