"""Issued invoices and credit notes of all kinds, to make documents of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from backoffice.domain import Invalid, RuleBroken
from invoicing.documents.document import Document, of_credit_note, of_invoice
from invoicing.domain.account import Account, Address
from invoicing.domain.credit_notes import LineClaim, Wanted, credit
from invoicing.domain.invoice import Invoice
from invoicing.domain.lines import Allowance, Content, DocumentAllowance, Line, References
from invoicing.domain.numbering import Documents, Series
from invoicing.domain.seller import BankAccount, Contact, Seller
from invoicing.domain.taxes import EXEMPTION_REASONS, Tax
from tests.business import NOON, SELLER, account, draft

ZERO = Decimal(0)
CONTACT = Contact("Erika Muster", "+49 221 1234567", "billing@example.com")
UNITS = ("C62", "HUR", "MIN", "KGM", "DAY", "XBX")
COUNTRIES = {
    "DE": "DE123456789",
    "FR": "FR12345678901",
    "AT": "ATU12345678",
    "DK": "DK13585628",
    "CH": "CHE123456788MWST",
}
_RATES = {"S": ("19", "7.0", "5.5"), "L": ("7", "0"), "M": ("4",)} | dict.fromkeys(("Z", "E", "AE", "K", "G"), ("0",))


def seller_in(country: str, **details: Any) -> Seller:
    """A seller at home in that country."""
    known = {"vat_id": COUNTRIES[country], "bank_account": BankAccount("DE89370400440532013000", "COBADEFFXXX")}
    changed = replace(SELLER.details, address=replace(SELLER.details.address, country=country), **known | details)
    return replace(SELLER, details=changed)


def buyer_in(country: str, **details: Any) -> Account:
    """An account of that country, with a VAT id."""
    known = {"address": Address("Ring 1", "Wien", country, "1010"), "vat_id": COUNTRIES[country]}
    return account(**known | {"email": "ann@example.com"} | details)


def issue(content: Content, currency: str = "EUR", seller: Seller = SELLER, of: Account | None = None) -> Invoice:
    """An invoice over that content, finalized today."""
    invoice = draft(currency=currency, of=of or buyer_in("AT"))
    invoice.revise(content, None)
    invoice.finalize(seller, Series.default(), None, NOON)
    return invoice


def invoiced(content: Content, currency: str = "EUR", seller: Seller = SELLER, of: Account | None = None) -> Document:
    """The document of an invoice over that content."""
    return of_invoice(issue(content, currency, seller, of))


def credited(invoice: Invoice, *claims: LineClaim, reason: str = "Goods came back") -> Document:
    """The document of a credit note on an invoice: of some lines or, without claims, of all that is left."""
    wanted = Wanted(reason, list(claims) or None)
    return of_credit_note(credit("crn_1", invoice, Series.default(Documents.CREDIT_NOTES), wanted, NOON))


def texts(longest: int = 60) -> st.SearchStrategy[str]:
    """Any text that an API takes: all scripts and symbols, no control characters."""
    signs = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))
    return st.text(signs, min_size=1, max_size=longest).map(str.strip).filter(bool)


def _amounts(least: int, most: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(least, most, places=places, allow_nan=False, allow_infinity=False)


def _allowances(kind: Callable[..., Any], places: int, **more: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    common = {"charge": st.booleans(), "reason": st.none() | texts(), **more}
    plain = st.builds(kind, amount=_amounts(0, 20, places), **common)
    part = st.builds(kind, amount=st.just(ZERO), percentage=_amounts(1, 50, 2), **common)
    return st.lists(plain | part, max_size=2).map(tuple)


@st.composite
def _taxes(draw: st.DrawFn, categories: tuple[str, ...]) -> Tax:
    category = draw(st.sampled_from(categories))
    rate = draw(st.sampled_from(_RATES.get(category, ("0",))))
    return Tax(category, Decimal(rate), draw(st.none() | texts()) if category in EXEMPTION_REASONS else None)


@st.composite
def _lines(draw: st.DrawFn, categories: tuple[str, ...], places: int) -> Line:
    price = draw(_amounts(0, 1000, 4))
    return Line(
        description=draw(texts()),
        quantity=draw(_amounts(-3, 100, 3).filter(bool)),
        unit=draw(st.sampled_from(UNITS)),
        unit_price=price,
        base_quantity=Decimal(draw(st.sampled_from(("1", "60", "0.5")))),
        gross_price=draw(st.none() | _amounts(0, 10, 4).map(lambda discount: price + discount)),
        allowances=draw(_allowances(Allowance, places)),
        tax=draw(_taxes(categories)),
    )


@st.composite
def contents(draw: st.DrawFn, places: int = 2) -> Content:
    """What an invoice may charge for, with every category of tax."""
    categories = draw(st.sampled_from((("S",), ("O",), tuple(_RATES))))
    lines = tuple(draw(st.lists(_lines(categories, places), min_size=1, max_size=5)))
    used = st.sampled_from([line.tax for line in lines])
    told = [st.none() | texts()] * 3
    return Content(
        lines,
        draw(_allowances(DocumentAllowance, places, tax=used)),
        rounding=draw(st.sampled_from([ZERO, Decimal("0.02"), Decimal("-0.01")] if places else [ZERO])),
        references=draw(st.builds(References, *told, st.sampled_from([None, date(2026, 11, 1)]))),
    )


@st.composite
def documents(draw: st.DrawFn) -> list[Document]:
    """An invoice, and up to two credit notes that take it back; none where it could not be finalized."""
    currency = draw(st.sampled_from(("EUR", "USD", "DKK", "JPY")))
    content = draw(contents(0 if currency == "JPY" else 2))
    seller = seller_in(draw(st.sampled_from(sorted(COUNTRIES))), contact=draw(st.sampled_from((None, CONTACT))))
    buyer = buyer_in(draw(st.sampled_from(sorted(COUNTRIES))), company=draw(st.none() | texts()))
    buyer.vat_id = draw(st.sampled_from((buyer.vat_id, None)))
    found: list[Document] = []
    try:
        invoice = issue(content, currency, seller, buyer)
        found.append(of_invoice(invoice))
        if draw(st.booleans()):
            found.append(credited(invoice, LineClaim("1")))
        found.append(credited(invoice))
    except (Invalid, RuleBroken):
        pass  # a sum below zero, or nothing left to credit
    return found
