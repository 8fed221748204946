"""What a transaction writes of an invoice, a credit note, a dispute and an account's book, whatever the occasion."""

from collections.abc import Sequence

from backoffice.codec import stored
from backoffice.transactions import Transaction
from invoicing.domain.credit_notes import CreditNote
from invoicing.domain.disputes import Dispute, DisputeState
from invoicing.domain.invoice import Invoice, State
from invoicing.domain.ledger import Booked
from invoicing.domain.money import ZERO
from invoicing.domain.numbering import Series
from invoicing.domain.payments import Payment
from invoicing.store import keys
from invoicing.store.items import (
    agenda_item,
    credit_note_item,
    dispute_item,
    entry_item,
    escalation_item,
    invoice_item,
    number_item,
    open_item,
    payment_item,
)


def write_invoice(transaction: Transaction, invoice: Invoice) -> None:
    """Write an invoice with its events; once it is issued, also what is due of it and when to look at it again.

    Raises StaleVersion at commit if it was changed since it was read.
    """
    transaction.replace(invoice_item(invoice), version=invoice.version)
    transaction.emit(invoice)
    if invoice.issue is None:
        return
    if invoice.state is State.OPEN:
        transaction.put(open_item(invoice))
        if invoice.dunning.reminder:
            transaction.put(agenda_item(invoice, invoice.dunning.reminder))
    else:
        transaction.delete(*keys.open_item(invoice.account_id, invoice.id))


ACCOUNT_ERASED = "account_erased"


def demand_account(transaction: Transaction, account_id: str, conflict: str = ACCOUNT_ERASED) -> None:
    """Demand that the account was not erased since it was read: a new draft would name its buyer."""
    account = keys.account(account_id)
    transaction.check(*account, conflict=conflict, condition="attribute_not_exists(erased_at)")


def write_credit_note(
    transaction: Transaction, note: CreditNote, series: Series, changed: tuple[Invoice, Sequence[Payment]]
) -> None:
    """Write a credit note with its number, the invoice that it credits and the payments that came free.

    Raises at commit StaleVersion (the invoice or a payment was changed), Conflict ``counter`` (the number was taken).
    """
    invoice, payments = changed
    transaction.add(credit_note_item(note))
    transaction.emit(note)
    transaction.replace(stored(series, keys.series(series.id)), version=series.version, conflict="counter")
    transaction.add(number_item(note.id, note.issue, series), "counter")
    write_invoice(transaction, invoice)
    for payment in payments:
        transaction.replace(payment_item(payment), version=payment.version)
    book(transaction, note.account_id, note.currency, note, invoice)


def write_dispute(transaction: Transaction, dispute: Dispute) -> None:
    """Write a dispute with its events and, while customer support has not answered, until when it should have.

    Raises StaleVersion at commit if it was changed since it was read.
    """
    transaction.replace(dispute_item(dispute), version=dispute.version)
    transaction.emit(dispute)
    if dispute.escalates_on is None:
        return
    if dispute.state is DisputeState.OPEN:
        transaction.put(escalation_item(dispute, dispute.escalates_on))
    else:
        transaction.delete(*keys.escalation(dispute.escalates_on, dispute.id))


def book(transaction: Transaction, account_id: str, currency: str, *changed: Booked) -> None:
    """Enter what has changed into the account's book, and move its running sums.

    DynamoDB adds decimals exactly, in whatever order the additions come.
    """
    entries = [entry for one in changed for entry in one.entries]
    if not entries:
        return
    for number, entry in enumerate(entries):
        transaction.put(entry_item(account_id, currency, number, entry))
    transaction.update(
        *keys.balance(account_id, currency),
        "SET #currency = :currency ADD outstanding :outstanding, unapplied :unapplied",
        values={
            ":currency": currency,
            ":outstanding": sum((entry.outstanding for entry in entries), ZERO),
            ":unapplied": sum((entry.unapplied for entry in entries), ZERO),
        },
        names={"#currency": "currency"},
    )
