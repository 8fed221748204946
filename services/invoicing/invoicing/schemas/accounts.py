"""Accounts: who they are, what they owe, and how that came about."""

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, pre_dump, validates_schema

from backoffice.schemas import Changes, Day, DecimalString, Id, Pattern, Strict, Text, Utc
from invoicing.domain import money, statement
from invoicing.domain.balance import Balance
from invoicing.domain.ledger import Kind
from invoicing.schemas.parts import POLICY_ID, Address, Currency, ElectronicAddress, Money, Terms, as_money


class AccountChange(Changes):
    address = fields.Nested(Address, allow_none=True)
    vat_id = Text(30, allow_none=True)
    payment_terms = fields.Nested(Terms, attribute="terms")
    dunning_policy = fields.String(validate=Pattern(rf"^{POLICY_ID}$"))
    electronic_address = fields.Nested(ElectronicAddress, allow_none=True)


class Account(Strict):
    id = Id("cus")
    name = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    company = fields.String(allow_none=True)
    locale = fields.String(allow_none=True)
    time_zone = fields.String(allow_none=True)
    address = fields.Nested(Address, allow_none=True)
    vat_id = fields.String(allow_none=True)
    payment_terms = fields.Nested(Terms, attribute="terms")
    dunning_policy = fields.String()
    electronic_address = fields.Nested(ElectronicAddress, allow_none=True)
    billing_currency = Currency(
        allow_none=True, metadata={"description": "The currency in which its billable time is charged; null: none yet."}
    )
    erased_at = Utc(allow_none=True, metadata={"description": "When the customer was erased, with all names."})


class Ageing(Strict):
    """What is outstanding by how many days it is overdue."""

    current = fields.Nested(Money)
    days_1_30 = fields.Nested(Money)
    days_31_60 = fields.Nested(Money)
    days_61_90 = fields.Nested(Money)
    over_90 = fields.Nested(Money)


class CurrencyBalance(Strict):
    currency = Currency()
    outstanding = fields.Nested(Money, metadata={"description": "What remains of finalized invoices."})
    unapplied = fields.Nested(Money, metadata={"description": "Paid, and not allocated to an invoice yet."})
    balance = fields.Nested(Money, metadata={"description": "What is owed: outstanding less unapplied."})
    ageing = fields.Nested(Ageing)

    @pre_dump
    def _amounts(self, one: Balance, **_: Any) -> dict[str, Any]:
        names = ("outstanding", "unapplied", "balance")
        ages = {name: as_money(amount, one.currency) for name, amount in vars(one.ageing).items()}
        return {
            "currency": one.currency,
            "ageing": ages,
            **{name: as_money(getattr(one, name), one.currency) for name in names},
        }


class AccountBalance(Strict):
    account_id = Id("cus")
    balances = fields.List(fields.Nested(CurrencyBalance))


class StatementFilter(Strict):
    currency = Currency(required=True)
    from_ = Day(data_key="from", required=True)
    to = Day(required=True, metadata={"description": "The first day that is not part of it any more."})

    @validates_schema
    def ends_after_it_begins(self, data: dict[str, date], **_: Any) -> None:
        if data["to"] <= data["from_"]:
            raise ValidationError("Must be later than from.", "to")


class StatementEntry(Strict):
    """A change of what is owed; amounts below zero make it less."""

    at = Utc()
    kind = fields.Enum(Kind, by_value=True)
    document_id = fields.String()
    reference = fields.String()
    amount = DecimalString()
    balance = DecimalString(metadata={"description": "What is owed all in all after it."})


class Statement(Strict):
    """What an account owed when the period began, each change since, and what it owed in the end; days are in UTC."""

    account_id = Id("cus")
    currency = Currency()
    from_ = Day(data_key="from")
    to = Day()
    opening = DecimalString()
    closing = DecimalString()
    entries = fields.List(fields.Nested(StatementEntry))

    @pre_dump
    def _amounts(self, one: statement.Statement, **_: Any) -> dict[str, Any]:
        return {
            "account_id": one.account_id,
            "currency": one.currency,
            "from_": one.period.first,
            "to": one.period.to,
            "opening": one.opening,
            "closing": one.closing,
            "entries": [
                {
                    **vars(row.entry),
                    "amount": money.rounded(row.entry.amount, one.currency),
                    "balance": row.balance,
                }
                for row in one.entries
            ],
        }
