"""What the bodies of several routes have in common: money, taxes, lines, addresses, sums."""

from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_dump, post_load, validate, validates_schema

from backoffice.currencies import MINOR_UNITS
from backoffice.schemas import DecimalString, Flag, Id, Pattern, Strict, Text, Whole
from invoicing.domain import account, electronic_address, lines, money, seller, taxes
from invoicing.domain.terms import Terms as PaymentTerms

RATE_CODE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}"
SERIES_ID = r"[A-Z0-9][A-Z0-9-]{0,19}"
POLICY_ID = r"[a-z0-9][a-z0-9-]{0,29}"
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


class Sparse(Strict):
    """Leaves out of an answer those of its fields named ``sparse`` that were not given."""

    sparse: ClassVar[frozenset[str]] = frozenset()

    @post_dump
    def leave_out(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value is not None or name not in self.sparse}


class Tax(Sparse):
    """A tax; categories that tax nothing need no rate, and may say why nothing is taxed."""

    category = fields.String(required=True, validate=validate.OneOf(sorted(taxes.TAX_CATEGORIES)))
    rate = DecimalString(load_default=None, least="0", most="100")
    reason = Text(1000, load_default=None, allow_none=True)
    sparse = frozenset({"reason"})

    @validates_schema
    def names_its_rate(self, data: dict[str, Any], **_: Any) -> None:
        if data["rate"] is None and data["category"] not in taxes.UNTAXED_CATEGORIES:
            raise ValidationError("Missing data for required field.", "rate")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> taxes.Tax:
        return taxes.Tax(data["category"], data["rate"] or Decimal(0), data["reason"])


class Allowance(Sparse):
    """An amount, or a percentage of a base (of the line's price, or of the lines under its tax, if none is given)."""

    amount = DecimalString(load_default=None)
    percentage = DecimalString(load_default=None, allow_none=True, least="0", most="1000")
    base = DecimalString(load_default=None, allow_none=True)
    charge = Flag(required=True)
    reason = Text(200, load_default=None, allow_none=True)
    sparse = frozenset({"percentage", "base"})

    @validates_schema
    def says_how_much(self, data: dict[str, Any], **_: Any) -> None:
        if data["amount"] is None and data["percentage"] is None:
            raise ValidationError("Missing: give an amount or a percentage.", "amount")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> lines.Allowance:
        return lines.Allowance(**_with_amount(data))


class DocumentAllowance(Allowance):
    tax = fields.Nested(Tax, required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> lines.DocumentAllowance:
        return lines.DocumentAllowance(**_with_amount(data))


class Line(Sparse):
    id = fields.String(dump_only=True, metadata={"description": "Its place on the invoice, from 1."})
    description = Text(1000, required=True)
    quantity = DecimalString(required=True)
    unit = fields.String(required=True, validate=_UNIT)
    unit_price = DecimalString(required=True, least="0")
    base_quantity = DecimalString(load_default=Decimal(1))
    gross_price = DecimalString(
        load_default=None,
        allow_none=True,
        least="0",
        metadata={"description": "The price before a discount that unit_price contains already."},
    )
    allowances = fields.List(fields.Nested(Allowance), load_default=list, validate=validate.Length(max=50))
    tax = fields.Nested(Tax, required=True)
    time_entry_id = fields.String(
        load_default=None, allow_none=True, metadata={"description": "The billable time that this line charges for."}
    )
    ticket_id = fields.String(dump_only=True, allow_none=True)
    net = DecimalString(dump_only=True)
    sparse = frozenset({"gross_price"})

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


class ElectronicAddress(Strict):
    """Where Peppol finds a party; without one it is looked for by its VAT id."""

    scheme = fields.String(
        required=True,
        validate=validate.OneOf(sorted(electronic_address.SCHEMES), error="Not an EAS code, like 0088 for a GLN."),
    )
    id = Text(50, required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> electronic_address.ElectronicAddress:
        return electronic_address.ElectronicAddress(**data)


class Contact(Strict):
    """Whom to ask about an invoice; within Germany an electronic one names all three."""

    name = Text(100, required=True)
    phone = Text(30, required=True)
    email = fields.Email(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> seller.Contact:
        return seller.Contact(**data)


class Seller(Sparse):
    name = Text(200, required=True)
    address = fields.Nested(Address, required=True)
    vat_id = Text(30, required=True)
    bank_account = fields.Nested(BankAccount, required=True)
    contact = fields.Nested(Contact, load_default=None, allow_none=True)
    electronic_address = fields.Nested(ElectronicAddress, load_default=None, allow_none=True)
    sparse = frozenset({"contact", "electronic_address"})


class Buyer(Sparse):
    account_id = Id("cus")
    name = fields.String(allow_none=True)
    company = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    address = fields.Nested(Address)
    vat_id = fields.String(allow_none=True)
    electronic_address = fields.Nested(ElectronicAddress, allow_none=True)
    sparse = frozenset({"electronic_address"})


class TaxTotal(Strict):
    category = fields.String()
    rate = DecimalString()
    base = DecimalString()
    amount = DecimalString()
    reason = fields.String(allow_none=True, metadata={"description": "Why nothing is taxed, where that is so."})


class Sums(Strict):
    """The sums of a document by EN 16931: ``payable = tax_inclusive - prepaid + rounding``."""

    lines = DecimalString()
    allowances = DecimalString()
    charges = DecimalString()
    tax_exclusive = DecimalString()
    taxes = fields.List(fields.Nested(TaxTotal))
    tax = DecimalString()
    tax_inclusive = DecimalString()
    prepaid = DecimalString()
    rounding = DecimalString()
    payable = DecimalString()


class Totals(Sums):
    """The sums of an invoice, and what has become of them: ``paid + credited + remaining = payable``."""

    paid = DecimalString()
    credited = DecimalString()
    remaining = DecimalString()


def as_money(amount: Decimal, currency: str) -> dict[str, Any]:
    """An amount beside its currency, as ``Money`` writes it."""
    return {"amount": money.rounded(amount, currency), "currency": currency}


def as_written(content: lines.Content, currency: str) -> dict[str, Any]:
    """What a document charges for and refers to, member by member as its schema has it."""
    return {
        "currency": currency,
        "lines": [_line(number, line, currency) for number, line in enumerate(content.lines, 1)],
        "document_allowances": [_allowance(allowance, currency) for allowance in content.document_allowances],
        "rounding": money.rounded(content.rounding, currency),
        "prepaid": money.rounded(content.prepaid, currency),
        **vars(content.references),
    }


def _with_amount(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"amount": data["amount"] or money.ZERO}


def _line(number: int, line: lines.Line, currency: str) -> dict[str, Any]:
    return {
        **vars(line),
        "id": str(number),
        "allowances": [_allowance(allowance, currency) for allowance in line.allowances],
        "time_entry_id": line.time_entry and line.time_entry.time_entry_id,
        "ticket_id": line.time_entry and line.time_entry.ticket_id,
        "net": line.net(currency),
    }


def _allowance(allowance: lines.Allowance, currency: str) -> dict[str, Any]:
    return vars(allowance) | {"amount": money.rounded(allowance.amount, currency)}
