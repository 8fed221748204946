"""What time itself causes: the agenda of days on which to look at an invoice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from backoffice.transactions import Transaction
from invoicing.domain.dunning import DunningPolicy
from invoicing.domain.invoice import Invoice
from invoicing.store import keys
from invoicing.store.base import Base, found, optional
from invoicing.store.writing import write_invoice


@dataclass(frozen=True)
class Reminder:
    """That an invoice is to be looked at on a day, and the policy by which it is pursued."""

    day: date
    invoice_id: str
    policy_id: str


class DunningStore(Base):
    """The agenda is a partition of its own, sorted by day: what is due is found without a look at any invoice."""

    def reminders(self, today: date, most: int) -> Iterator[Reminder]:
        """What is to be looked at by today, the longest overdue first."""
        items = self._table.query_all(keys.AGENDA, sk_between=("0", f"{today}#~"), limit=most)
        for item in islice(items, most):
            yield Reminder(date.fromisoformat(item["day"]), item["invoice_id"], item["policy_id"])

    def pursuable(self, reminder: Reminder) -> tuple[Invoice, DunningPolicy | None]:
        """An invoice and the policy of its dunning, read in one call."""
        invoice_key, policy_key = keys.invoice(reminder.invoice_id), keys.dunning_policy(reminder.policy_id)
        items = self._table.get_all([invoice_key, policy_key])
        invoice = found(Invoice, items.get(invoice_key), reminder.invoice_id)
        return invoice, optional(DunningPolicy, items.get(policy_key))

    def save_pursued(self, invoice: Invoice, reminder: Reminder) -> None:
        """Write what time has brought, and the next day to look instead of this one. Raises StaleVersion."""
        transaction = Transaction(self._table)
        if invoice.dunning.reminder != reminder.day:
            transaction.delete(*keys.reminder(reminder.day, invoice.id))
        write_invoice(transaction, invoice)
        transaction.commit()

    def forget_reminder(self, invoice: Invoice, reminder: Reminder) -> None:
        """Take a day off the agenda that the invoice does not wait for any more. Raises StaleVersion."""
        transaction = Transaction(self._table)
        transaction.delete(*keys.reminder(reminder.day, invoice.id))
        transaction.check(
            *keys.invoice(invoice.id),
            conflict="stale",
            condition="#version = :version",
            values={":version": invoice.version},
            names={"#version": "version"},
        )
        transaction.commit()
