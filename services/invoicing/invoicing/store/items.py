"""What lies in the table: the items that domain objects become, and back."""

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from backoffice.clock import now
from backoffice.codec import keyed, plain, read, stored
from backoffice.dynamodb import Item
from backoffice.transactions import Transaction
from invoicing.domain.account import Account
from invoicing.domain.ageing import Ageing, OpenItem
from invoicing.domain.auditing import UsedNumber
from invoicing.domain.balance import Balance
from invoicing.domain.credit_notes import CreditNote
from invoicing.domain.disputes import Dispute
from invoicing.domain.invoice import Invoice
from invoicing.domain.issue import Issue
from invoicing.domain.ledger import Entry
from invoicing.domain.money import rounded
from invoicing.domain.numbering import Series
from invoicing.domain.payments import Payment
from invoicing.domain.refunds import Refund
from invoicing.store import keys

T = TypeVar("T")

# Lines lie in their item as JSON: a thousand of them as attributes would cost more to read than all the rest.
_AS_JSON = ("content", "credits")


def load(kind: type[T], item: Item) -> T:
    """An aggregate as it was stored."""
    return read(kind, item | {name: json.loads(item[name]) for name in _AS_JSON if item.get(name)})


def account_item(account: Account) -> Item:
    return {**stored(account, keys.account(account.id)), "gsi1pk": keys.ACCOUNTS, "gsi1sk": account.id}


def invoice_item(invoice: Invoice) -> Item:
    parts = {"content": _json(plain(invoice.content)), "credits": _json(plain(invoice.credits))}
    return {**stored(invoice, keys.invoice(invoice.id)), **keys.invoice_indexes(invoice), **parts}


def credit_note_item(note: CreditNote) -> Item:
    lists = {
        "gsi1pk": keys.credit_notes_of(note.account_id),
        "gsi1sk": note.id,
        "gsi2pk": keys.credit_notes_for(note.invoice_id),
        "gsi2sk": note.id,
        "gsi3pk": keys.CREDIT_NOTES,
        "gsi3sk": note.id,
    }
    return {**stored(note, keys.credit_note(note.id)), **lists, "content": _json(plain(note.content))}


def dispute_item(dispute: Dispute) -> Item:
    lists = {
        "gsi1pk": keys.disputes_in(dispute.state),
        "gsi1sk": dispute.id,
        "gsi2pk": keys.DISPUTES,
        "gsi2sk": dispute.id,
        "gsi3pk": keys.disputes_of(dispute.account_id),
        "gsi3sk": dispute.id,
    }
    return {**stored(dispute, keys.dispute(dispute.id)), **lists}


def escalation_item(dispute: Dispute, day: date) -> Item:
    return {
        **keyed(keys.escalation(day, dispute.id)),
        "day": day.isoformat(),
        "dispute_id": dispute.id,
        "invoice_id": dispute.invoice_id,
    }


def number_item(document_id: str, issue: Issue, series: Series) -> Item:
    """What keeps a number from being given twice, and what an audit of the series reads."""
    return {
        **keyed(keys.number(series.id, series.last_number)),
        "number": issue.number,
        "document_id": document_id,
        "issue_date": issue.issue_date.isoformat(),
    }


def used_number(item: Item) -> UsedNumber:
    count = int(item["sk"].removeprefix(keys.NUMBER))
    document_id = item.get("document_id") or item["invoice_id"]
    return UsedNumber(count, document_id, date.fromisoformat(item["issue_date"]))


def open_item(invoice: Invoice) -> Item:
    """What remains of an open invoice, beside its account: to be aged without reading invoices."""
    return {
        **keyed(keys.open_item(invoice.account_id, invoice.id)),
        "invoice_id": invoice.id,
        "currency": invoice.currency,
        "due_date": invoice.issued.due_date.isoformat(),
        "remaining": plain(invoice.remaining),
    }


def open_item_of(item: Item) -> OpenItem:
    return read(OpenItem, item)


def agenda_item(invoice: Invoice, day: date) -> Item:
    """That time itself concerns the invoice on that day."""
    return {
        **keyed(keys.reminder(day, invoice.id)),
        "day": day.isoformat(),
        "invoice_id": invoice.id,
        "policy_id": invoice.issued.dunning_policy,
    }


def entry_item(account_id: str, currency: str, position: int, entry: Entry) -> Item:
    return {**plain(entry), **keyed(keys.entry(account_id, currency, position, entry))}


def entry_of(item: Item) -> Entry:
    return read(Entry, item)


def payment_item(payment: Payment) -> Item:
    lists = {
        "gsi1pk": keys.payments_of(payment.account_id),
        "gsi1sk": payment.id,
        "gsi3pk": keys.PAYMENTS,
        "gsi3sk": payment.id,
    }
    return {**stored(payment, keys.payment(payment.id)), **lists}


def reference_item(payment: Payment) -> Item:
    """Makes the external reference unique and keeps the first answer for its repeats."""
    first = plain(payment) | {"version": payment.next_version}
    return {**keyed(keys.reference(payment.external_ref)), "payment": _json(first)}


def payment_of(reference: Item) -> Payment:
    """The payment that was first recorded under a reference, as it was then."""
    return read(Payment, json.loads(reference["payment"]))


def refund_reference_item(payment: Payment, refund: Refund) -> Item:
    """Makes the external reference of a refund unique."""
    return {
        **keyed(keys.refund_reference(refund.external_ref)),
        "payment_id": payment.id,
        "refund": _json(plain(refund)),
    }


def refund_of(reference: Item) -> tuple[str, Refund]:
    """The refund that was recorded under a reference, and of which payment."""
    return reference["payment_id"], read(Refund, json.loads(reference["refund"]))


def balance_of(item: Item, open_items: Iterable[OpenItem]) -> Balance:
    currency = item["currency"]
    ageing = Ageing.of(open_items, currency, now().date())
    return Balance(currency, _amount(item, "outstanding"), _amount(item, "unapplied"), ageing)


def draft_pointer(transaction: Transaction, draft: Invoice, previous: str | None) -> None:
    """Let a new draft gather the account's time from now on, unless another has taken over since."""
    transaction.update(
        *keys.gathering(draft.account_id, draft.currency),
        "SET invoice_id = :new, #currency = :currency",
        values={":new": draft.id, ":currency": draft.currency, ":previous": previous or ""},
        names={"#currency": "currency"},
        condition="attribute_not_exists(pk) OR invoice_id = :previous",
        conflict="gathering",
    )


def _amount(item: Item, name: str) -> Decimal:
    return rounded(item[name], item["currency"])


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
