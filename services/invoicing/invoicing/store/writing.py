"""What a transaction writes of an invoice and of an account's book, whatever the occasion."""

from backoffice.transactions import Transaction
from invoicing.domain.invoice import Invoice, State
from invoicing.domain.ledger import Booked
from invoicing.domain.money import ZERO
from invoicing.store import keys
from invoicing.store.items import agenda_item, entry_item, invoice_item, open_item


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
