"""Lines, allowances and taxes, as UBL tells them."""

from decimal import Decimal
from xml.etree.ElementTree import Element

from invoicing.documents.document import Document, Kind
from invoicing.documents.ubl.elements import aggregate, basic, number
from invoicing.domain.lines import Allowance, DocumentAllowance, Line
from invoicing.domain.money import EXACT, ZERO, written
from invoicing.domain.taxes import OUTSIDE_SCOPE
from invoicing.domain.totals import TaxTotal

# Reasons by code where the category itself is the reason; category E has none of its own.
_EXEMPTION_CODES = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}
_LONGEST_NAME = 100

# So far an amount may lie from what it is said to be (PEPPOL-EN16931-R040, R120).
SLACK = Decimal("0.02")


def write_lines(root: Element, document: Document) -> None:
    """Append the lines (BG-25), numbered from 1."""
    for position, line in enumerate(document.content.lines, 1):
        _write_line(root, document, position, line)


def are_exact(document: Document) -> bool:
    """Whether each line is its quantity times its price to the hundredth (PEPPOL-EN16931-R120)."""
    return all(_rounding(line, document.currency) <= SLACK for line in document.content.lines)


def write_document_allowances(root: Element, document: Document) -> None:
    """Append allowances and charges on the document (BG-20, BG-21)."""
    for allowance in document.content.document_allowances:
        _write_allowance(root, allowance, document.currency)


def write_taxes(root: Element, document: Document) -> None:
    """Append the taxes (BG-23) and their sum (BT-110)."""
    total = aggregate(root, "TaxTotal")
    _amount(total, "TaxAmount", document.totals.tax, document.currency)
    for tax in document.totals.taxes:
        subtotal = aggregate(total, "TaxSubtotal")
        _amount(subtotal, "TaxableAmount", tax.base, document.currency)
        _amount(subtotal, "TaxAmount", tax.amount, document.currency)
        _write_tax_total(subtotal, tax)


def _write_line(root: Element, document: Document, position: int, line: Line) -> None:
    is_invoice, currency = document.kind is Kind.INVOICE, document.currency
    written = aggregate(root, "InvoiceLine" if is_invoice else "CreditNoteLine")
    basic(written, "ID", str(position))
    quantity = "InvoicedQuantity" if is_invoice else "CreditedQuantity"
    basic(written, quantity, number(line.quantity), unitCode=line.unit)
    _amount(written, "LineExtensionAmount", line.net(currency), currency)
    for allowance in line.allowances:
        _write_allowance(written, allowance, currency)
    _write_item(written, line)
    _write_price(written, line, currency)


def _rounding(line: Line, currency: str) -> Decimal:
    exactly = line.price + sum((allowance.effect for allowance in line.allowances), ZERO)
    return abs(exactly - line.net(currency))


def _write_item(parent: Element, line: Line) -> None:
    """The first line of the text is the item's name (BT-153); where there is more, the whole is its description."""
    item = aggregate(parent, "Item")
    name = line.description.split("\n")[0].strip()[:_LONGEST_NAME].strip()
    if name != line.description:
        basic(item, "Description", line.description)
    basic(item, "Name", name)
    category = aggregate(item, "ClassifiedTaxCategory")
    _write_category(category, line.tax.category, line.tax.rate)


def _write_price(parent: Element, line: Line, currency: str) -> None:
    """Prices may have any decimals (BT-146 to BT-149); the discount on a price is what lies between gross and net."""
    price = aggregate(parent, "Price")
    basic(price, "PriceAmount", number(line.unit_price), currencyID=currency)
    if line.base_quantity != 1:
        basic(price, "BaseQuantity", number(line.base_quantity), unitCode=line.unit)
    if line.gross_price is not None:
        discount = aggregate(price, "AllowanceCharge")
        basic(discount, "ChargeIndicator", "false")
        basic(discount, "Amount", number(line.gross_price - line.unit_price), currencyID=currency)
        basic(discount, "BaseAmount", number(line.gross_price), currencyID=currency)


def _write_allowance(parent: Element, allowance: Allowance, currency: str) -> None:
    found = aggregate(parent, "AllowanceCharge")
    basic(found, "ChargeIndicator", "true" if allowance.charge else "false")
    basic(found, "AllowanceChargeReason", allowance.reason or ("Charge" if allowance.charge else "Allowance"))
    if is_percentage := _tells_its_percentage(allowance):
        basic(found, "MultiplierFactorNumeric", number(allowance.percentage or ZERO))
    _amount(found, "Amount", allowance.amount, currency)
    if is_percentage:
        _amount(found, "BaseAmount", allowance.base or ZERO, currency)
    if isinstance(allowance, DocumentAllowance):
        _write_category(aggregate(found, "TaxCategory"), allowance.tax.category, allowance.tax.rate)


def _tells_its_percentage(allowance: Allowance) -> bool:
    """Whether the amount is the percentage to the hundredth (PEPPOL-EN16931-R040): yen may be rounded further."""
    if allowance.percentage is None or allowance.base is None:
        return False
    exactly = EXACT.divide(EXACT.multiply(allowance.base, allowance.percentage), Decimal(100))
    return abs(exactly - allowance.amount) <= SLACK


def _write_category(category: Element, code: str, rate: Decimal) -> None:
    basic(category, "ID", code)
    if code != OUTSIDE_SCOPE:
        basic(category, "Percent", number(rate))
    basic(aggregate(category, "TaxScheme"), "ID", "VAT")


def _write_tax_total(subtotal: Element, tax: TaxTotal) -> None:
    category = aggregate(subtotal, "TaxCategory")
    basic(category, "ID", tax.category)
    basic(category, "Percent", number(tax.rate))
    if code := _EXEMPTION_CODES.get(tax.category):
        basic(category, "TaxExemptionReasonCode", code)
    if tax.reason:
        basic(category, "TaxExemptionReason", tax.reason)
    basic(aggregate(category, "TaxScheme"), "ID", "VAT")


def _amount(parent: Element, name: str, amount: Decimal, currency: str) -> None:
    basic(parent, name, written(amount, currency), currencyID=currency)
