"""What comes in and goes out over HTTP. Nested parts are loaded as values of the domain; answers are dumped from it."""

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_dump, validate, validates_schema

from backoffice.clock import now
from backoffice.currencies import MINOR_UNITS
from backoffice.schemas import Day, DecimalString, Flag, Id, Pattern, Strict, Text, Utc, Whole
from invoicing.domain import account, lines, money, payments, rates, seller
from invoicing.domain import invoice as invoices
from invoicing.domain.balance import Balance
from invoicing.domain.invoice import MOST_LINES, Origin, State
from invoicing.domain.terms import Terms as PaymentTerms

RATE_CODE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}"
SERIES_ID = r"[A-Z0-9][A-Z0-9-]{0,19}"
_UNIT = Pattern(r"^[A-Z0-9]{2,3}$", error="Not a UN/ECE unit code, like HUR or C62.")
_COUNTRY = Pattern(r"^[A-Z]{2}$", error="Not an ISO 3166 country code, like DE.")
_BIC = Pattern(r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$", error="Not a BIC.")


class Currency(fields.String):
    """An ISO 4217 code of a currency that has minor units."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        code: str = super()._deserialize(value, attr, data, **kwargs)
        if not money.is_currency(code):
            raise ValidationError("Not an ISO 4217 currency, like EUR.")
        return code


class Money(Strict):
    """An amount with exactly the decimals of its currency."""

    amount = DecimalString(required=True)
    currency = Currency(required=True)

    @validates_schema
    def has_exactly_the_minor_units(self, data: dict[str, Any], **_: Any) -> None:
        if f"{data['amount']:f}" != money.written(data["amount"], data["currency"]):
            digits = MINOR_UNITS[data["currency"]]
            raise ValidationError(f"{data['currency']} is written with exactly {digits} decimals.", "amount")


class Tax(Strict):
    category = fields.String(required=True, validate=validate.OneOf(sorted(lines.TAX_CATEGORIES)))
    rate = DecimalString(required=True, least="0", most="100")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> lines.Tax:
        return lines.Tax(**data)


class Allowance(Strict):
    amount = DecimalString(required=True)
    charge = Flag(required=True)
    reason = Text(200, load_default=None, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> lines.Allowance:
        return lines.Allowance(**data)


class DocumentAllowance(Allowance):
    tax = fields.Nested(Tax, required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> lines.DocumentAllowance:
        return lines.DocumentAllowance(**data)


class Line(Strict):
    description = Text(1000, required=True)
    quantity = DecimalString(required=True)
    unit = fields.String(required=True, validate=_UNIT)
    unit_price = DecimalString(required=True, least="0")
    base_quantity = DecimalString(load_default=Decimal(1))
    allowances = fields.List(fields.Nested(Allowance), load_default=list, validate=validate.Length(max=50))
    tax = fields.Nested(Tax, required=True)
    time_entry_id = fields.String(
        load_default=None, allow_none=True, metadata={"description": "The billable time that this line charges for."}
    )
    ticket_id = fields.String(dump_only=True, allow_none=True)
    net = DecimalString(dump_only=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> lines.Line:
        entry = data.pop("time_entry_id")
        time_entry = lines.TimeEntry(entry, ticket_id="") if entry else None
        return lines.Line(**data | {"allowances": tuple(data["allowances"])}, time_entry=time_entry)


class Terms(Strict):
    net_days = Whole(least=0, most=3650, required=True)
    end_of_month = Flag(load_default=False)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> PaymentTerms:
        return PaymentTerms(**data)


class Address(Strict):
    street = Text(200, required=True)
    city = Text(100, required=True)
    postal_code = Text(20, load_default=None, allow_none=True)
    country = fields.String(required=True, validate=_COUNTRY)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> account.Address:
        return account.Address(**data)


class BankAccount(Strict):
    iban = fields.String(required=True)
    bic = fields.String(load_default=None, allow_none=True, validate=_BIC)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> seller.BankAccount:
        iban = data["iban"].replace(" ", "").upper()
        if not seller.is_iban(iban):
            raise ValidationError("Not an IBAN: its check digits do not fit.", "iban")
        return seller.BankAccount(iban, data["bic"])


class Seller(Strict):
    name = Text(200, required=True)
    address = fields.Nested(Address, required=True)
    vat_id = Text(30, required=True)
    bank_account = fields.Nested(BankAccount, required=True)


class Rate(Strict):
    rate_code = fields.String(attribute="id", dump_only=True)
    description = Text(200, required=True)
    unit = fields.String(load_default=rates.HOUR, validate=validate.Equal(rates.HOUR))
    unit_price = DecimalString(required=True, least="0")
    currency = Currency(required=True)
    tax = fields.Nested(Tax, required=True)


class Series(Strict):
    id = fields.String(dump_only=True)
    prefix = Text(20, required=True)
    digits = Whole(least=1, most=12, load_default=6)
    next_number = Whole(dump_only=True)
    last_issue_date = Day(dump_only=True, allow_none=True)


class Changes(Strict):
    """Base of PATCH bodies: what is left out stays; nothing at all is a mistake."""

    @post_load
    def demand_something(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not data:
            raise ValidationError("Name at least one field to change.")
        return data


class AccountChange(Changes):
    address = fields.Nested(Address, allow_none=True)
    vat_id = Text(30, allow_none=True)
    payment_terms = fields.Nested(Terms, attribute="terms")


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


class CurrencyBalance(Strict):
    currency = Currency()
    outstanding = fields.Nested(Money, metadata={"description": "What remains of finalized invoices."})
    unapplied = fields.Nested(Money, metadata={"description": "Paid, and not allocated to an invoice yet."})
    balance = fields.Nested(Money, metadata={"description": "What is owed: outstanding less unapplied."})

    @pre_dump
    def _amounts(self, one: Balance, **_: Any) -> dict[str, Any]:
        names = ("outstanding", "unapplied", "balance")
        return {"currency": one.currency} | {name: _money(getattr(one, name), one.currency) for name in names}


class AccountBalance(Strict):
    account_id = Id("cus")
    balances = fields.List(fields.Nested(CurrencyBalance))


class Draft(Strict):
    """What a preview takes; ``account_id`` may be left out."""

    account_id = Id("cus", load_default=None)
    currency = Currency(required=True)
    lines = fields.List(fields.Nested(Line), load_default=list, validate=validate.Length(max=MOST_LINES))
    document_allowances = fields.List(
        fields.Nested(DocumentAllowance), load_default=list, validate=validate.Length(max=100)
    )
    terms = fields.Nested(Terms, load_default=None, allow_none=True)


class NewInvoice(Draft):
    account_id = Id("cus", required=True)


class InvoiceChange(Changes):
    lines = fields.List(fields.Nested(Line), validate=validate.Length(max=MOST_LINES))
    document_allowances = fields.List(fields.Nested(DocumentAllowance), validate=validate.Length(max=100))
    terms = fields.Nested(Terms, allow_none=True)


class Finalization(Strict):
    issue_date = Day(load_default=None, allow_none=True)
    series = fields.String(load_default=None, allow_none=True, validate=Pattern(rf"^{SERIES_ID}$"))


class TaxTotal(Strict):
    category = fields.String()
    rate = DecimalString()
    base = DecimalString()
    amount = DecimalString()


class Totals(Strict):
    lines = DecimalString()
    allowances = DecimalString()
    charges = DecimalString()
    tax_exclusive = DecimalString()
    taxes = fields.List(fields.Nested(TaxTotal))
    tax = DecimalString()
    tax_inclusive = DecimalString()
    paid = DecimalString()
    credited = DecimalString()
    remaining = DecimalString()


class Preview(Strict):
    """An invoice as it would stand, without being one."""

    currency = Currency()
    lines = fields.List(fields.Nested(Line))
    document_allowances = fields.List(fields.Nested(DocumentAllowance))
    totals = fields.Nested(Totals)

    @pre_dump
    def _sums(self, invoice: invoices.Invoice, **_: Any) -> dict[str, Any]:
        return _with_sums(invoice)


class Buyer(Strict):
    account_id = Id("cus")
    name = fields.String(allow_none=True)
    company = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    address = fields.Nested(Address)
    vat_id = fields.String(allow_none=True)


class Invoice(Strict):
    id = Id("inv")
    account_id = Id("cus")
    state = fields.Enum(State, by_value=True)
    number = fields.String(allow_none=True)
    series = fields.String(allow_none=True)
    currency = Currency()
    lines = fields.List(fields.Nested(Line))
    document_allowances = fields.List(fields.Nested(DocumentAllowance))
    totals = fields.Nested(Totals)
    overdue = fields.Boolean()
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
            "partially_paid": invoice.partially_paid,
        }


class InvoiceFilter(Strict):
    account_id = Id("cus", load_default=None)
    state = fields.Enum(State, by_value=True, load_default=None)


class NewPayment(Strict):
    account_id = Id("cus", required=True)
    amount = fields.Nested(Money, required=True)
    external_ref = Text(200, required=True)
    invoice_id = Id("inv", load_default=None, allow_none=True)
    received_on = Day(load_default=None, allow_none=True)


class Allocation(Strict):
    invoice_id = Id("inv")
    amount = fields.Nested(Money)


class Payment(Strict):
    id = Id("pay")
    account_id = Id("cus")
    amount = fields.Nested(Money)
    external_ref = fields.String()
    invoice_id = Id("inv", allow_none=True)
    received_on = Day()
    recorded_at = Utc()
    allocations = fields.List(fields.Nested(Allocation))
    unapplied = fields.Nested(Money)

    @pre_dump
    def _amounts(self, payment: payments.Payment, **_: Any) -> dict[str, Any]:
        currency = payment.currency
        return {
            **vars(payment),
            "amount": _money(payment.amount, currency),
            "unapplied": _money(payment.unapplied, currency),
            "allocations": [
                {"invoice_id": share.invoice_id, "amount": _money(share.amount, currency)}
                for share in payment.allocations
            ],
        }


class PaymentFilter(Strict):
    account_id = Id("cus", load_default=None)


def _money(amount: Decimal, currency: str) -> dict[str, Any]:
    return {"amount": money.rounded(amount, currency), "currency": currency}


def _with_sums(invoice: invoices.Invoice) -> dict[str, Any]:
    content, currency = invoice.content, invoice.currency
    paid = {name: getattr(invoice, name) for name in ("paid", "credited", "remaining")}
    return {
        "currency": currency,
        "lines": [_line(line, currency) for line in content.lines],
        "document_allowances": [_allowance(allowance, currency) for allowance in content.document_allowances],
        "totals": vars(invoice.totals) | paid,
    }


def _line(line: lines.Line, currency: str) -> dict[str, Any]:
    return {
        **vars(line),
        "allowances": [_allowance(allowance, currency) for allowance in line.allowances],
        "time_entry_id": line.time_entry and line.time_entry.time_entry_id,
        "ticket_id": line.time_entry and line.time_entry.ticket_id,
        "net": line.net(currency),
    }


def _allowance(allowance: lines.Allowance, currency: str) -> dict[str, Any]:
    return vars(allowance) | {"amount": money.rounded(allowance.amount, currency)}
