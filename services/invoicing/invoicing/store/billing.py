"""Billable time: which entries were never billed, and the drafts that gather them."""

from collections.abc import Sequence
from dataclasses import dataclass

from backoffice.codec import keyed
from backoffice.transactions import Transaction
from invoicing.domain.account import Account
from invoicing.domain.billable_time import OpenDrafts
from invoicing.domain.invoice import Invoice, State
from invoicing.domain.rates import Rate
from invoicing.domain.time_billing import WorkedTime
from invoicing.store import keys
from invoicing.store.accounts import AccountStore
from invoicing.store.base import optional
from invoicing.store.items import account_item, draft_pointer, load
from invoicing.store.writing import demand_account, write_invoice


@dataclass(frozen=True)
class Billable:
    """What it takes to bill time: the entries that never were, their prices, and the drafts where lines gather.

    ``gathering`` is the id of the draft that gathered last, by currency; it may have been finalized since.
    ``billed_in`` is the account's billing currency as it was read.
    """

    account: Account
    unbilled: list[WorkedTime]
    rates: dict[str, Rate]
    drafts: OpenDrafts
    gathering: dict[str, str]
    billed_in: str | None


class BillingStore(AccountStore):
    """Each time entry has a mark of its own, written with its line."""

    def billable(self, account_id: str, worked: Sequence[WorkedTime]) -> Billable:
        """What it takes to bill time. Two reads: only the account tells which drafts gather its time.

        An account that nobody has told of yet is a placeholder, to be written with the first line.
        """
        beside = self._side_by_side(account_id)
        account = optional(Account, beside.get("ACCOUNT")) or Account(id=account_id)
        gathering = {
            item["currency"]: item["invoice_id"] for sk, item in beside.items() if sk.startswith(keys.GATHERING)
        }
        draft_keys = [keys.invoice(invoice_id) for invoice_id in gathering.values()]
        entry_keys = [keys.time_entry(entry.time_entry.time_entry_id) for entry in worked]
        codes = dict.fromkeys(entry.rate_code for entry in worked)
        rate_keys = {code: (keys.account_rate(account_id, code), keys.rate(code)) for code in codes}
        found = self._table.get_all([*draft_keys, *entry_keys, *(key for pair in rate_keys.values() for key in pair)])
        drafts = [load(Invoice, found[key]) for key in draft_keys]
        rates = {code: found.get(own) or found.get(general) for code, (own, general) in rate_keys.items()}
        return Billable(
            account,
            [entry for entry, key in zip(worked, entry_keys, strict=True) if key not in found],
            {code: load(Rate, item) for code, item in rates.items() if item},
            OpenDrafts(account, {draft.currency: draft for draft in drafts if draft.state is State.DRAFT}),
            gathering,
            account.billing_currency,
        )

    def save_billed(self, billable: Billable, entries: Sequence[WorkedTime], event_id: str | None) -> None:
        """Write the drafts that were touched, and a mark for each time entry: it is billed once and for all.

        ``event_id`` is given with the last entries of its message. Raises AlreadySeen, StaleVersion, Conflict: somebody
        else was billing or finalizing at the same time.
        """
        transaction = Transaction(self._table)
        account, drafts = billable.account, billable.drafts.touched.values()
        if account.version == 0 or account.billing_currency != billable.billed_in:
            transaction.replace(account_item(account), version=account.version, conflict="account")
        elif account.erased_at is None:
            demand_account(transaction, account.id, "account")
        for draft in drafts:
            write_invoice(transaction, draft)
            if draft.version == 0:
                draft_pointer(transaction, draft, billable.gathering.get(draft.currency))
        billed_on = {entry: draft.id for draft in drafts for entry in draft.content.time_entries}
        for worked in entries:
            key = keys.time_entry(worked.time_entry.time_entry_id)
            transaction.add({**keyed(key), "invoice_id": billed_on[worked.time_entry]}, "time_entry")
        transaction.once(event_id)
        transaction.commit()
