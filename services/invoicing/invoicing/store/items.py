"""What lies in the table: the items that domain objects become, and back."""

import json
from decimal import Decimal
from typing import TypeVar

from backoffice.domain import Aggregate
from backoffice.dynamodb import Item
from backoffice.transactions import Transaction
from invoicing.domain.account import Account
from invoicing.domain.balance import Balance
from invoicing.domain.invoice import Invoice
from invoicing.domain.money import ZERO, rounded
from invoicing.domain.numbering import Series
from invoicing.domain.payments import Payment
from invoicing.store import keys
from invoicing.store.codec import plain, read
from invoicing.store.keys import Key

T = TypeVar("T")


def keyed(key: Key) -> Item:
    """A key as an item has it."""
    return {"pk": key[0], "sk": key[1]}


def stored(aggregate: Aggregate, key: Key) -> Item:
    """An aggregate at the version that it is going to have."""
    return {**plain(aggregate), **keyed(key), "version": aggregate.next_version}


def load(kind: type[T], item: Item) -> T:
    """An aggregate as it was stored."""
    return read(kind, item | {"content": json.loads(item["content"])} if "content" in item else item)


def account_item(account: Account) -> Item:
    return {**stored(account, keys.account(account.id)), "gsi1pk": keys.ACCOUNTS, "gsi1sk": account.id}


def invoice_item(invoice: Invoice) -> Item:
    """Lines lie in the item as JSON: a thousand of them as attributes would cost more to read than all the rest."""
    content = json.dumps(plain(invoice.content), ensure_ascii=False, separators=(",", ":"))
    return {**stored(invoice, keys.invoice(invoice.id)), **keys.invoice_indexes(invoice), "content": content}


def number_item(invoice: Invoice, series: Series) -> Item:
    """What keeps a number from being given twice, and what an audit of the series reads."""
    assert invoice.issue is not None, "only finalized invoices have a number"
    return {
        **keyed(keys.number(series.id, series.last_number)),
        "number": invoice.issue.number,
        "invoice_id": invoice.id,
        "issue_date": invoice.issue.issue_date.isoformat(),
    }


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
    return {**keyed(keys.reference(payment.external_ref)), "payment": json.dumps(first, ensure_ascii=False)}


def payment_of(reference: Item) -> Payment:
    """The payment that was first recorded under a reference, as it was then."""
    return read(Payment, json.loads(reference["payment"]))


def balance_of(item: Item) -> Balance:
    currency = item["currency"]
    return Balance(currency, rounded(item["outstanding"], currency), rounded(item["unapplied"], currency))


def add_to_balance(
    transaction: Transaction,
    account_id: str,
    currency: str,
    *,
    outstanding: Decimal = ZERO,
    unapplied: Decimal = ZERO,
) -> None:
    """Move an account's running sums; DynamoDB adds decimals exactly, in whatever order the additions come."""
    transaction.update(
        *keys.balance(account_id, currency),
        "SET #currency = :currency ADD outstanding :outstanding, unapplied :unapplied",
        values={":currency": currency, ":outstanding": outstanding, ":unapplied": unapplied},
        names={"#currency": "currency"},
    )


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
