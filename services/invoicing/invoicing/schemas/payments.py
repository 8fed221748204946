"""Payments: received, allocated, reversed, refunded."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_dump, validate, validates_schema

from backoffice.schemas import Day, Id, Strict, Text, Utc
from invoicing.domain import payments
from invoicing.domain.allocations import Intent
from invoicing.schemas.parts import Money, as_money

MOST_INVOICES = 20


def _orders() -> Any:
    length = validate.Length(max=MOST_INVOICES)
    return fields.List(fields.Nested(lambda: AllocationOrder()), load_default=list, validate=length)


def _check_orders(data: dict[str, Any]) -> None:
    if data["allocations"] and data["invoice_id"]:
        raise ValidationError("Name the invoices here or as invoice_id, not both.", "allocations")
    ids = [one["invoice_id"] for one in data["allocations"]]
    if len(set(ids)) < len(ids):
        raise ValidationError("Names an invoice twice.", "allocations")


def _intents(orders: list[dict[str, Any]]) -> list[Intent]:
    return [_intent(order, f"allocations.{index}") for index, order in enumerate(orders)]


def _intent(order: dict[str, Any], field: str = "") -> Intent:
    return Intent(order["invoice_id"], **order["amount"] or {}, field=field)


class AllocationOrder(Strict):
    """An invoice to pay, by an amount or by as much as possible."""

    invoice_id = Id("inv", required=True)
    amount = fields.Nested(Money, load_default=None, allow_none=True)


class NewAllocation(Strict):
    """One invoice, or several ``allocations`` in one transaction."""

    invoice_id = Id("inv", load_default=None, allow_none=True)
    amount = fields.Nested(Money, load_default=None, allow_none=True)
    allocations = _orders()

    @validates_schema
    def names_each_invoice_once(self, data: dict[str, Any], **_: Any) -> None:
        _check_orders(data)
        if not data["allocations"] and not data["invoice_id"]:
            raise ValidationError("Missing data for required field.", "invoice_id")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> dict[str, list[Intent]]:
        return {"intents": _intents(data["allocations"]) or [_intent(data)]}


class NewPayment(Strict):
    account_id = Id("cus", required=True)
    amount = fields.Nested(Money, required=True)
    external_ref = Text(200, required=True)
    invoice_id = Id("inv", load_default=None, allow_none=True)
    allocations = _orders()
    received_on = Day(load_default=None, allow_none=True)

    @validates_schema
    def names_each_invoice_once(self, data: dict[str, Any], **_: Any) -> None:
        _check_orders(data)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        meant_for = tuple(_intents(data.pop("allocations")))
        return {**data, **data["amount"], "meant_for": meant_for}


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
