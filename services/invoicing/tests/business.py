"""The domain's own words to test with, free of AWS and HTTP."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from backoffice.ids import new_id
from invoicing.domain.account import Account, Address
from invoicing.domain.invoice import Invoice, Origin
from invoicing.domain.lines import Allowance, Content, DocumentAllowance, Line, TimeEntry
from invoicing.domain.rates import Rate
from invoicing.domain.seller import SELLER_ID, BankAccount, Seller, SellerDetails
from invoicing.domain.taxes import Tax
from invoicing.domain.time_billing import WorkedTime

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STANDARD = Tax("S", Decimal(19))
ADDRESS = Address("Lindenweg 1", "Köln", "DE", "50667")
SELLER = Seller(
    id=SELLER_ID,
    version=1,
    details=SellerDetails("Backoffice GmbH", ADDRESS, "DE123456789", BankAccount("DE89370400440532013000")),
)


def line(quantity: str = "1", unit_price: str = "100.00", **changes: Any) -> Line:
    plain = {"description": "Setup", "unit": "C62", "tax": STANDARD}
    return Line(**plain | changes, quantity=Decimal(quantity), unit_price=Decimal(unit_price))


def account(**changes: Any) -> Account:
    known = {"name": "Ann Smith", "address": ADDRESS, "customer_version": 1, "version": 2}
    return Account(id=new_id("cus"), **known | changes)


def draft(*lines: Line, currency: str = "EUR", of: Account | None = None, **content: Any) -> Invoice:
    invoice = Invoice.draft(new_id("inv"), (of or account()).as_buyer(), currency, Origin.MANUAL, NOON)
    invoice.revise(Content(lines, **content), None)
    return invoice


def rate(unit_price: str = "120.00", currency: str = "EUR") -> Rate:
    return Rate(
        id="consulting", description="Consulting", unit_price=Decimal(unit_price), currency=currency, tax=STANDARD
    )


def worked(minutes: int, rate_code: str = "consulting") -> WorkedTime:
    return WorkedTime(TimeEntry(new_id("tme"), new_id("tkt")), minutes, rate_code)


def content_of(case: dict[str, Any]) -> Content:
    """The content of a case of ``data/en16931-cases.json``."""
    lines = [
        Line(
            description=each["description"],
            quantity=Decimal(each["quantity"]),
            unit=each["unit"],
            unit_price=Decimal(each["unit_price"]),
            base_quantity=Decimal(each["base_quantity"]),
            allowances=tuple(Allowance(Decimal(a["amount"]), a["charge"]) for a in each["allowances"]),
            tax=_tax(each["tax"]),
        )
        for each in case["lines"]
    ]
    allowances = [
        DocumentAllowance(Decimal(each["amount"]), each["charge"], tax=_tax(each["tax"]))
        for each in case["document_allowances"]
    ]
    return Content(tuple(lines), tuple(allowances))


def _tax(tax: dict[str, str]) -> Tax:
    return Tax(tax["category"], Decimal(tax["rate"]))
