"""Invoicing in DynamoDB: transactions and lists. The shape of the table is told in ``keys``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import HTTPClientError

from backoffice.domain import RuleBroken
from backoffice.dynamodb import Item, Page, Table
from backoffice.errors import Conflict, NotFound
from backoffice.transactions import Transaction
from invoicing.domain.account import Account
from invoicing.domain.balance import AccountBalance
from invoicing.domain.billable_time import OpenDrafts
from invoicing.domain.invoice import Invoice, State
from invoicing.domain.numbering import DEFAULT_SERIES, Series
from invoicing.domain.payments import Payment
from invoicing.domain.rates import Rate
from invoicing.domain.seller import Seller
from invoicing.domain.time_billing import WorkedTime
from invoicing.store import keys
from invoicing.store.items import (
    account_item,
    add_to_balance,
    balance_of,
    draft_pointer,
    invoice_item,
    keyed,
    load,
    number_item,
    payment_item,
    payment_of,
    reference_item,
    stored,
)

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging
    from backoffice.http.idempotency import Receipt

T = TypeVar("T")
Listed = tuple[list[T], dict[str, str] | None]


@dataclass(frozen=True)
class Finalizable:
    """What it takes to finalize an invoice."""

    invoice: Invoice
    seller: Seller | None
    series: Series


@dataclass(frozen=True)
class Payable:
    """What it takes to record a payment: what came before under its reference, and the invoice that it is for."""

    earlier: Payment | None
    invoice: Invoice | None


@dataclass(frozen=True)
class Billable:
    """What it takes to bill time: the entries that never were, their prices, and the drafts where lines gather.

    ``gathering`` is the id of the draft that gathered last, by currency; it may have been finalized since.
    """

    account: Account
    unbilled: list[WorkedTime]
    rates: dict[str, Rate]
    drafts: OpenDrafts
    gathering: dict[str, str]


class Store:
    """What invoicing knows. Reads are one call; a write is one transaction, after one read at most."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def seller(self) -> Seller | None:
        """Who issues the invoices; None until somebody has said so."""
        return _optional(Seller, self._table.get(*keys.SELLER))

    def save_seller(self, seller: Seller) -> None:
        """Write who issues the invoices. Raises StaleVersion."""
        self._replace(stored(seller, keys.SELLER), seller.version)

    def rate(self, rate_code: str) -> Rate | None:
        """The price of an hour under that code."""
        return _optional(Rate, self._table.get(*keys.rate(rate_code)))

    def save_rate(self, rate: Rate) -> None:
        """Write a price. Raises StaleVersion."""
        self._replace(stored(rate, keys.rate(rate.id)), rate.version)

    def series(self, series_id: str) -> Series:
        """A run of numbers; the default one is there from the start. Raises NotFound."""
        return _series(series_id, self._table.get(*keys.series(series_id)))

    def add_series(self, series: Series) -> Series:
        """Write a new series, unless there is one under its id: return the one that stands.

        Raises RuleBroken if the prefix belongs to another series.
        """
        transaction = Transaction(self._table)
        transaction.add(stored(series, keys.series(series.id)))
        transaction.add({**keyed(keys.prefix(series.prefix)), "series_id": series.id}, "prefix_taken")
        try:
            transaction.commit()
        except Conflict as conflict:
            if earlier := conflict.items.get("exists"):
                return load(Series, earlier)
            raise RuleBroken("prefix_taken", f"Another series writes its numbers with {series.prefix}.") from None
        return series

    def account(self, account_id: str) -> Account:
        """Raises NotFound."""
        return _found(Account, self._table.get(*keys.account(account_id)), account_id)

    def known_account(self, account_id: str) -> Account | None:
        """An account, if anything is known of it."""
        return _optional(Account, self._table.get(*keys.account(account_id)))

    def accounts(self, page: "Paging") -> Listed[Account]:
        """All accounts, newest first, and where the next page starts."""
        return _listed(Account, self._list(keys.ACCOUNTS, "gsi1", page))

    def save_account(self, account: Account, event_id: str | None = None) -> None:
        """Write an account; once, if an event is the cause. Raises StaleVersion, AlreadySeen."""
        transaction = Transaction(self._table)
        transaction.replace(account_item(account), version=account.version)
        if event_id:
            transaction.once(event_id)
        transaction.commit()

    def balance(self, account_id: str) -> AccountBalance:
        """What an account owes in each currency. Raises NotFound."""
        items = self._side_by_side(account_id)
        _found(Account, items.get("ACCOUNT"), account_id)
        balances = [balance_of(item) for sk, item in items.items() if sk.startswith(keys.BALANCE)]
        return AccountBalance(account_id, tuple(balances))

    def invoice(self, invoice_id: str) -> Invoice:
        """Raises NotFound."""
        return _found(Invoice, self._table.get(*keys.invoice(invoice_id)), invoice_id)

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
        return _listed(Invoice, found)

    def add_draft(self, invoice: Invoice, receipt: "Receipt | None") -> None:
        """Write a new draft."""
        transaction = Transaction(self._table)
        self._write_invoice(transaction, invoice)
        transaction.remember(receipt)
        transaction.commit()

    def save_draft(self, invoice: Invoice) -> None:
        """Write a changed draft. Raises StaleVersion."""
        transaction = Transaction(self._table)
        self._write_invoice(transaction, invoice)
        transaction.commit()

    def delete_draft(self, invoice: Invoice) -> None:
        """Remove a draft. Raises StaleVersion."""
        transaction = Transaction(self._table)
        transaction.delete(*keys.invoice(invoice.id), version=invoice.version)
        transaction.commit()

    def finalizable(self, invoice_id: str, series_id: str | None, account_id: str | None) -> Finalizable:
        """An invoice with its seller and its series, read in one call.

        The buyer is as the draft knows it or, if ``account_id`` is given, as the account is now. Raises NotFound.
        """
        series_id = series_id or DEFAULT_SERIES
        wanted = [keys.invoice(invoice_id), keys.SELLER, keys.series(series_id)]
        found = self._table.get_all(wanted + ([keys.account(account_id)] if account_id else []))
        invoice = _found(Invoice, found.get(keys.invoice(invoice_id)), invoice_id)
        if account_id:
            invoice.buyer = _found(Account, found.get(keys.account(account_id)), account_id).as_buyer()
        series = _series(series_id, found.get(keys.series(series_id)))
        return Finalizable(invoice, _optional(Seller, found.get(keys.SELLER)), series)

    def save_finalized(self, invoice: Invoice, series: Series, receipt: "Receipt | None") -> None:
        """Use up the number and issue the invoice, both or neither.

        Raises StaleVersion (the draft was changed), Conflict ``counter`` (the number was taken) or ``buyer`` (the
        account is no longer what the draft knows).
        """
        transaction = Transaction(self._table)
        self._write_invoice(transaction, invoice)
        transaction.replace(stored(series, keys.series(series.id)), version=series.version, conflict="counter")
        transaction.add(number_item(invoice, series), "counter")
        transaction.check(
            *keys.account(invoice.account_id),
            conflict="buyer",
            condition="#version = :version",
            values={":version": invoice.buyer.account_version},
            names={"#version": "version"},
        )
        add_to_balance(transaction, invoice.account_id, invoice.currency, outstanding=invoice.remaining)
        transaction.remember(receipt)
        try:
            transaction.commit()
        except HTTPClientError:
            # Nobody answered in time; it may have gone through all the same.
            if self.invoice(invoice.id).issue != invoice.issue:
                raise

    def payment(self, payment_id: str) -> Payment:
        """Raises NotFound."""
        return _found(Payment, self._table.get(*keys.payment(payment_id)), payment_id)

    def payments(self, account_id: str | None, page: "Paging") -> Listed[Payment]:
        """Payments of one account or all, newest first, and where the next page starts."""
        if account_id:
            return _listed(Payment, self._list(keys.payments_of(account_id), "gsi1", page))
        return _listed(Payment, self._list(keys.PAYMENTS, "gsi3", page))

    def payable(self, external_ref: str, account_id: str, invoice_id: str | None) -> Payable:
        """What a payment meets, read in one call. Raises NotFound for an unknown account or invoice."""
        wanted = [keys.reference(external_ref), keys.account(account_id)]
        found = self._table.get_all(wanted + ([keys.invoice(invoice_id)] if invoice_id else []))
        _found(Account, found.get(keys.account(account_id)), account_id)
        invoice = _found(Invoice, found.get(keys.invoice(invoice_id)), invoice_id) if invoice_id else None
        reference = found.get(keys.reference(external_ref))
        return Payable(payment_of(reference) if reference else None, invoice)

    def add_payment(self, payment: Payment, invoice: Invoice | None, receipt: "Receipt | None") -> None:
        """Write a payment with what it pays.

        Raises StaleVersion (the invoice was changed), Conflict ``external_ref`` (the reference was used before).
        """
        transaction = Transaction(self._table)
        transaction.add(payment_item(payment))
        transaction.add(reference_item(payment), "external_ref")
        transaction.emit(payment)
        if invoice:
            self._write_invoice(transaction, invoice)
        add_to_balance(
            transaction,
            payment.account_id,
            payment.currency,
            outstanding=-payment.allocated,
            unapplied=payment.unapplied,
        )
        transaction.remember(receipt)
        transaction.commit()

    def billable(self, account_id: str, worked: Sequence[WorkedTime]) -> Billable:
        """What it takes to bill time. Two reads: only the account tells which drafts gather its time.

        An account that nobody has told of yet is a placeholder, to be written with the first line.
        """
        beside = self._side_by_side(account_id)
        account = _optional(Account, beside.get("ACCOUNT")) or Account(id=account_id)
        gathering = {
            item["currency"]: item["invoice_id"] for sk, item in beside.items() if sk.startswith(keys.GATHERING)
        }
        draft_keys = [keys.invoice(invoice_id) for invoice_id in gathering.values()]
        entry_keys = [keys.time_entry(entry.time_entry.time_entry_id) for entry in worked]
        rate_keys = {entry.rate_code: keys.rate(entry.rate_code) for entry in worked}
        found = self._table.get_all([*draft_keys, *entry_keys, *rate_keys.values()])
        drafts = [load(Invoice, found[key]) for key in draft_keys]
        return Billable(
            account,
            [entry for entry, key in zip(worked, entry_keys, strict=True) if key not in found],
            {code: load(Rate, found[key]) for code, key in rate_keys.items() if key in found},
            OpenDrafts(account.as_buyer(), {draft.currency: draft for draft in drafts if draft.state is State.DRAFT}),
            gathering,
        )

    def save_billed(self, billable: Billable, entries: Sequence[WorkedTime], event_id: str | None) -> None:
        """Write the drafts that were touched, and a mark for each time entry: it is billed once and for all.

        ``event_id`` is given with the last entries of its message. Raises AlreadySeen, StaleVersion, Conflict: somebody
        else was billing or finalizing at the same time.
        """
        transaction = Transaction(self._table)
        account, drafts = billable.account, billable.drafts.touched.values()
        if account.version == 0:
            transaction.add(account_item(account), "account")
        for draft in drafts:
            self._write_invoice(transaction, draft)
            if draft.version == 0:
                draft_pointer(transaction, draft, billable.gathering.get(draft.currency))
        billed_on = {entry: draft.id for draft in drafts for entry in draft.content.time_entries}
        for worked in entries:
            key = keys.time_entry(worked.time_entry.time_entry_id)
            transaction.add({**keyed(key), "invoice_id": billed_on[worked.time_entry]}, "time_entry")
        if event_id:
            transaction.once(event_id)
        transaction.commit()

    def _replace(self, item: Item, version: int) -> None:
        transaction = Transaction(self._table)
        transaction.replace(item, version=version)
        transaction.commit()

    def _write_invoice(self, transaction: Transaction, invoice: Invoice) -> None:
        transaction.replace(invoice_item(invoice), version=invoice.version)
        transaction.emit(invoice)

    def _list(self, partition: str, index: str, page: "Paging", *, newest_first: bool = True) -> Page:
        return self._table.query(partition, index=index, newest_first=newest_first, limit=page.limit, start=page.start)

    def _side_by_side(self, account_id: str) -> dict[str, Item]:
        """An account with its balances and the pointers to its open drafts: few items, one call."""
        pk, sk = keys.account(account_id)
        return {item["sk"]: item for item in self._table.query_all(pk, sk_prefix=sk)}


def _found(kind: type[T], item: Item | None, id: str) -> T:
    if item is None:
        raise NotFound(kind.__name__.lower(), id)
    return load(kind, item)


def _optional(kind: type[T], item: Item | None) -> T | None:
    return load(kind, item) if item else None


def _series(series_id: str, item: Item | None) -> Series:
    if item is None and series_id == DEFAULT_SERIES:
        return Series.default()
    return _found(Series, item, series_id)


def _listed(kind: type[T], page: Page) -> Listed[T]:
    return [load(kind, item) for item in page.items], page.last_key
