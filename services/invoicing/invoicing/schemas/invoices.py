"""Invoices, from the preview to the dispute."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from marshmallow import fields, pre_dump, validate

from backoffice.clock import now
from backoffice.schemas import Changes, Day, DecimalString, Id, Pattern, Strict, Text, Utc
from invoicing.domain import invoice as invoices
from invoicing.domain import money
from invoicing.domain.disputes import DisputeState, Escalation, Outcome
from invoicing.domain.invoice import MOST_LINES, Origin
from invoicing.domain.lines import Content
from invoicing.domain.receivable import State
from invoicing.schemas.parts import (
    SERIES_ID,
    Buyer,
    Currency,
    DocumentAllowance,
    Line,
    Seller,
    Terms,
    Totals,
    as_written,
)

_REFERENCES = ("buyer_reference", "order_reference", "note", "delivery_date")
_LISTS = ("lines", "document_allowances")
_AMOUNTS = ("rounding", "prepaid")


def _lines(**how: Any) -> Any:
    return fields.List(fields.Nested(Line), validate=validate.Length(max=MOST_LINES), **how)


def _document_allowances(**how: Any) -> Any:
    return fields.List(fields.Nested(DocumentAllowance), validate=validate.Length(max=100), **how)


class Draft(Strict):
    """What a preview takes; ``account_id`` may be left out."""

    account_id = Id("cus", load_default=None)
    currency = Currency(required=True)
    lines = _lines(load_default=list)
    document_allowances = _document_allowances(load_default=list)
    rounding = DecimalString(load_default=Decimal(0), metadata={"description": "Added to what is to be paid (BT-114)."})
    prepaid = DecimalString(
        least="0", load_default=Decimal(0), metadata={"description": "Was paid before the invoice (BT-113)."}
    )
    buyer_reference = Text(200, load_default=None, allow_none=True)
    order_reference = Text(200, load_default=None, allow_none=True)
    note = Text(2000, load_default=None, allow_none=True)
    delivery_date = Day(load_default=None, allow_none=True)
    terms = fields.Nested(Terms, load_default=None, allow_none=True)


class NewInvoice(Draft):
    account_id = Id("cus", required=True)


class InvoiceChange(Changes):
    lines = _lines()
    document_allowances = _document_allowances()
    rounding = DecimalString()
    prepaid = DecimalString(least="0")
    buyer_reference = Text(200, allow_none=True)
    order_reference = Text(200, allow_none=True)
    note = Text(2000, allow_none=True)
    delivery_date = Day(allow_none=True)
    terms = fields.Nested(Terms, allow_none=True)


class Finalization(Strict):
    issue_date = Day(load_default=None, allow_none=True)
    series = fields.String(load_default=None, allow_none=True, validate=Pattern(rf"^{SERIES_ID}$"))


class Preview(Strict):
    """An invoice as it would stand, without being one."""

    currency = Currency()
    lines = fields.List(fields.Nested(Line))
    document_allowances = fields.List(fields.Nested(DocumentAllowance))
    rounding = DecimalString()
    prepaid = DecimalString()
    buyer_reference = fields.String(allow_none=True)
    order_reference = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    delivery_date = Day(allow_none=True)
    totals = fields.Nested(Totals)

    @pre_dump
    def _sums(self, invoice: invoices.Invoice, **_: Any) -> dict[str, Any]:
        return _with_sums(invoice)


class Invoice(Preview):
    """An invoice as it stands; a draft has no number, dates and parties yet."""

    id = Id("inv")
    account_id = Id("cus")
    state = fields.Enum(State, by_value=True)
    number = fields.String(allow_none=True)
    series = fields.String(allow_none=True)
    overdue = fields.Boolean()
    disputed = fields.Boolean()
    partially_paid = fields.Boolean()
    terms = fields.Nested(Terms, allow_none=True)
    issue_date = Day(allow_none=True)
    due_date = Day(allow_none=True)
    created_at = Utc()
    issued_at = Utc(allow_none=True)
    seller = fields.Nested(Seller, allow_none=True)
    buyer = fields.Nested(Buyer, allow_none=True)
    origin = fields.Enum(Origin, by_value=True)

    @pre_dump
    def _sums(self, invoice: invoices.Invoice, **_: Any) -> dict[str, Any]:
        issued = ("number", "series", "issue_date", "due_date", "issued_at", "seller", "buyer")
        return {
            **_with_sums(invoice),
            **{name: getattr(invoice.issue, name, None) for name in issued},
            "id": invoice.id,
            "account_id": invoice.account_id,
            "state": invoice.state,
            "origin": invoice.origin,
            "terms": invoice.issue.terms if invoice.issue else invoice.terms,
            "created_at": invoice.created_at,
            "overdue": invoice.overdue(now().date()),
            "disputed": invoice.disputed,
            "partially_paid": invoice.partially_paid,
        }


class InvoiceFilter(Strict):
    account_id = Id("cus", load_default=None)
    state = fields.Enum(State, by_value=True, load_default=None)


class NewDispute(Strict):
    reason = Text(1000, required=True)


class Settlement(Strict):
    outcome = fields.Enum(Outcome, by_value=True, required=True)


class Dispute(Strict):
    id = Id("dsp")
    invoice_id = Id("inv")
    account_id = Id("cus")
    number = fields.String()
    reason = fields.String()
    state = fields.Enum(DisputeState, by_value=True)
    outcome = fields.Enum(Outcome, by_value=True, allow_none=True)
    opened_at = Utc()
    escalates_on = Day(
        allow_none=True, metadata={"description": "When it escalates unless customer support has decided."}
    )
    escalated_at = Utc(allow_none=True)
    escalation = fields.Enum(
        Escalation,
        by_value=True,
        allow_none=True,
        metadata={
            "description": "Why it is the accountants': no answer in time, nobody to open a ticket for, or what was "
            "agreed cannot be credited."
        },
    )
    detail = fields.String(allow_none=True, metadata={"description": "More about why it was escalated."})
    settled_at = Utc(allow_none=True)
    ticket_id = Id("tkt", allow_none=True)
    credit_note_id = Id("crn", allow_none=True)


class DisputeFilter(Strict):
    state = fields.Enum(DisputeState, by_value=True, load_default=None)


def content_of(body: Mapping[str, Any], before: Content | None = None) -> Content:
    """The content that a body gives to an invoice; what it leaves out stays as it was ``before``."""
    before = before or Content()
    parts: dict[str, Any] = {name: tuple(body[name]) for name in _LISTS if name in body}
    parts |= {name: body[name] for name in _AMOUNTS if name in body}
    references = replace(before.references, **{name: body[name] for name in _REFERENCES if name in body})
    return replace(before, **parts, references=references)


def _with_sums(invoice: invoices.Invoice) -> dict[str, Any]:
    moved = {name: getattr(invoice, name) for name in ("paid", "credited", "remaining")}
    totals = invoice.totals
    sums = vars(totals) | {
        name: money.rounded(getattr(totals, name), invoice.currency) for name in ("prepaid", "rounding", "payable")
    }
    return as_written(invoice.content, invoice.currency) | {"totals": sums | moved}
