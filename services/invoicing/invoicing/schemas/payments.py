"""Payments: received, allocated, reversed, refunded."""

from typing import Any

from marshmallow import ValidationError, fields, pre_dump, validate, validates_schema

from backoffice.schemas import Day, Id, Strict, Text, Utc
from invoicing.domain import payments
from invoicing.schemas.parts import Money, as_money

MOST_INVOICES = 20


class NewAllocation(Strict):
    """An invoice to pay, by an amount or by as much as possible."""

    invoice_id = Id("inv", required=True)
    amount = fields.Nested(Money, load_default=None, allow_none=True)


class NewPayment(Strict):
    account_id = Id("cus", required=True)
    amount = fields.Nested(Money, required=True)
    external_ref = Text(200, required=True)
    invoice_id = Id("inv", load_default=None, allow_none=True)
    allocations = fields.List(
        fields.Nested(NewAllocation), load_default=list, validate=validate.Length(max=MOST_INVOICES)
    )
    received_on = Day(load_default=None, allow_none=True)

    @validates_schema
    def names_each_invoice_once(self, data: dict[str, Any], **_: Any) -> None:
        if data["allocations"] and data["invoice_id"]:
            raise ValidationError("Name the invoices here or as invoice_id, not both.", "allocations")
        ids = [one["invoice_id"] for one in data["allocations"]]
        if len(set(ids)) < len(ids):
            raise ValidationError("Names an invoice twice.", "allocations")
        currencies = {one["amount"]["currency"] for one in data["allocations"] if one["amount"]}
        if currencies - {data["amount"]["currency"]}:
            raise ValidationError("Must be in the currency of the payment.", "allocations")


class Reversal(Strict):
    reason = Text(200, load_default=None, allow_none=True)


class NewRefund(Strict):
    amount = fields.Nested(Money, required=True)
    external_ref = Text(200, required=True)
    refunded_on = Day(load_default=None, allow_none=True)
    reason = Text(200, load_default=None, allow_none=True)


class Allocation(Strict):
    invoice_id = Id("inv")
    amount = fields.Nested(Money)


class Refund(Strict):
    id = Id("rfd")
    amount = fields.Nested(Money)
    external_ref = fields.String()
    refunded_on = Day()
    recorded_at = Utc()
    reason = fields.String(allow_none=True)


class Payment(Strict):
    id = Id("pay")
    account_id = Id("cus")
    amount = fields.Nested(Money)
    external_ref = fields.String()
    invoice_id = Id("inv", allow_none=True)
    received_on = Day()
    recorded_at = Utc()
    state = fields.Enum(payments.PaymentState, by_value=True)
    allocations = fields.List(fields.Nested(Allocation))
    unapplied = fields.Nested(Money)
    refunded = fields.Nested(Money)
    refunds = fields.List(fields.Nested(Refund))
    reversed_at = Utc(allow_none=True)
    reversal_reason = fields.String(allow_none=True)

    @pre_dump
    def _amounts(self, payment: payments.Payment, **_: Any) -> dict[str, Any]:
        currency = payment.currency
        return {
            **vars(payment),
            "amount": as_money(payment.amount, currency),
            "unapplied": as_money(payment.unapplied, currency),
            "refunded": as_money(payment.refunded, currency),
            "allocations": [vars(one) | {"amount": as_money(one.amount, currency)} for one in payment.allocations],
            "refunds": [vars(one) | {"amount": as_money(one.amount, currency)} for one in payment.refunds],
        }


class PaymentFilter(Strict):
    account_id = Id("cus", load_default=None)
