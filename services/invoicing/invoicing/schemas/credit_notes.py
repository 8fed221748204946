"""Credit notes: an invoice is taken back, whole or in part."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_dump, validate, validates_schema

from backoffice.schemas import Day, DecimalString, Flag, Id, Pattern, Strict, Text, Utc
from invoicing.domain import credit_notes, money
from invoicing.domain.invoice import MOST_LINES
from invoicing.schemas.parts import SERIES_ID, Buyer, Currency, DocumentAllowance, Line, Seller, Sums, as_written


class CreditLine(Strict):
    """A line of the invoice, by its id there: a quantity or a net amount of it, or all that is left."""

    line_id = fields.String(required=True)
    quantity = DecimalString(load_default=None, allow_none=True)
    amount = DecimalString(load_default=None, allow_none=True)

    @validates_schema
    def is_one_or_the_other(self, data: dict[str, Any], **_: Any) -> None:
        if data["quantity"] is not None and data["amount"] is not None:
            raise ValidationError("Give a quantity or an amount, not both.", "amount")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> credit_notes.LineClaim:
        return credit_notes.LineClaim(**data)


class NewCreditNote(Strict):
    """What to credit of an invoice: some ``lines``, or ``all`` that is left (also if neither is said)."""

    invoice_id = Id("inv", required=True)
    all = Flag(load_default=None)
    lines = fields.List(
        fields.Nested(CreditLine),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=MOST_LINES),
    )
    reason = Text(200, required=True)
    issue_date = Day(load_default=None, allow_none=True)
    series = fields.String(load_default=None, allow_none=True, validate=Pattern(rf"^{SERIES_ID}$"))

    @validates_schema
    def is_all_or_some(self, data: dict[str, Any], **_: Any) -> None:
        if data["all"] and data["lines"]:
            raise ValidationError("Name some lines or all, not both.", "lines")
        if data["all"] is False and not data["lines"]:
            raise ValidationError("Name the lines to credit, or all.", "lines")


class FreedShare(Strict):
    payment_id = Id("pay")
    amount = DecimalString()


class CreditNote(Strict):
    id = Id("crn")
    invoice_id = Id("inv")
    invoice_number = fields.String()
    account_id = Id("cus")
    number = fields.String()
    series = fields.String()
    issue_date = Day()
    issued_at = Utc()
    reason = fields.String()
    currency = Currency()
    lines = fields.List(fields.Nested(Line))
    document_allowances = fields.List(fields.Nested(DocumentAllowance))
    buyer_reference = fields.String(allow_none=True)
    order_reference = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    delivery_date = Day(allow_none=True)
    totals = fields.Nested(Sums)
    freed = fields.List(
        fields.Nested(FreedShare), metadata={"description": "What payments got back, to be allocated or refunded."}
    )
    seller = fields.Nested(Seller)
    buyer = fields.Nested(Buyer)

    @pre_dump
    def _sums(self, note: credit_notes.CreditNote, **_: Any) -> dict[str, Any]:
        totals, names = note.totals, ("prepaid", "rounding", "payable")
        own = ("id", "invoice_id", "invoice_number", "account_id", "reason", "freed")
        issued = ("number", "series", "issue_date", "issued_at", "seller", "buyer")
        return {
            **as_written(note.content, note.currency),
            **{name: getattr(note, name) for name in own},
            **{name: getattr(note.issue, name) for name in issued},
            "totals": vars(totals) | {name: money.rounded(getattr(totals, name), note.currency) for name in names},
        }


class CreditNoteFilter(Strict):
    account_id = Id("cus", load_default=None)
    invoice_id = Id("inv", load_default=None)

    @validates_schema
    def is_one_filter(self, data: dict[str, Any], **_: Any) -> None:
        if data["account_id"] and data["invoice_id"]:
            raise ValidationError("An invoice has one account: filter by one of them.", "account_id")
