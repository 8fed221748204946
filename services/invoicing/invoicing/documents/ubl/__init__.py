"""Documents as UBL 2.1 by EN 16931, in the profile of Peppol BIS Billing 3.0.

Elements stand in the order of UBL's schema. BT and BG are the terms of EN 16931, BR, DE-R, ... the rules of its
validation. Source: https://docs.peppol.eu/poacc/billing/3.0/
"""

from decimal import Decimal
from xml.etree.ElementTree import Element, indent, tostring

from backoffice.domain import Invalid
from invoicing.documents.document import Document, Kind
from invoicing.documents.ubl.codes import EMAIL_SCHEME
from invoicing.documents.ubl.elements import aggregate, basic, optional
from invoicing.documents.ubl.limits import faults
from invoicing.documents.ubl.lines import are_exact, write_document_allowances, write_lines, write_taxes
from invoicing.documents.ubl.parties import buyer_address, is_domestic, write_buyer, write_place, write_seller
from invoicing.domain.money import written

EN_16931 = "urn:cen.eu:en16931:2017"
PEPPOL = f"{EN_16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PEPPOL_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_ROOTS = {Kind.INVOICE: "Invoice", Kind.CREDIT_NOTE: "CreditNote"}
_TYPES = {Kind.INVOICE: ("InvoiceTypeCode", "380"), Kind.CREDIT_NOTE: ("CreditNoteTypeCode", "381")}
_INTRA_COMMUNITY = "K"

# UNCL 4461
_CREDIT_TRANSFER, _SEPA_CREDIT_TRANSFER, _CLEARED_BETWEEN_PARTNERS, _NOT_DEFINED = "30", "58", "97", "1"

# Peppol asks sellers of these countries for what nobody tells us: registration numbers, marks of their tax office.
_MORE_THAN_WE_KNOW = frozenset({"GR", "IS"})


def render(document: Document) -> bytes:
    """Write the document as XML, in UTF-8.

    Raises Invalid, naming each reason, if EN 16931 cannot hold it.
    """
    if found := faults(document):
        raise Invalid(found)
    name = _ROOTS[document.kind]
    root = Element(
        name,
        {
            "xmlns": f"{_UBL}:{name}-2",
            "xmlns:cac": f"{_UBL}:CommonAggregateComponents-2",
            "xmlns:cbc": f"{_UBL}:CommonBasicComponents-2",
        },
    )
    _write_head(root, document)
    write_seller(root, document)
    write_buyer(root, document)
    _write_delivery(root, document)
    _write_payment(root, document)
    write_document_allowances(root, document)
    write_taxes(root, document)
    _write_totals(root, document)
    write_lines(root, document)
    indent(root)
    xml: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def customization(document: Document) -> str:
    """Which rules the document claims to keep (BT-24): Peppol's or, where it cannot, those of EN 16931 alone.

    Peppol reaches nobody by e-mail, and knows no currency whose lines are rounded further than to the hundredth.
    """
    address = buyer_address(document)
    is_reachable = address is not None and address.scheme != EMAIL_SCHEME
    is_served = document.seller.address.country not in _MORE_THAN_WE_KNOW
    return PEPPOL if is_reachable and is_served and are_exact(document) else EN_16931


def _write_head(root: Element, document: Document) -> None:
    basic(root, "CustomizationID", customization(document))
    basic(root, "ProfileID", PEPPOL_PROCESS)
    basic(root, "ID", document.number)
    basic(root, "IssueDate", document.issue_date.isoformat())
    if document.due_date:
        basic(root, "DueDate", document.due_date.isoformat())
    basic(root, *_TYPES[document.kind])
    optional(root, "Note", document.note)
    basic(root, "DocumentCurrencyCode", document.currency)
    references = document.content.references
    # Peppol wants one of the two (R003), Germany the first: where the buyer gave none, it is how we call the buyer.
    basic(root, "BuyerReference", references.buyer_reference or document.buyer.account_id)
    if references.order_reference:
        basic(aggregate(root, "OrderReference"), "ID", references.order_reference)
    if document.preceding:
        reference = aggregate(root, "BillingReference", "InvoiceDocumentReference")
        basic(reference, "ID", document.preceding.number)
        basic(reference, "IssueDate", document.preceding.issue_date.isoformat())


def _write_delivery(root: Element, document: Document) -> None:
    """When (BT-72) and, for a supply to another member state, where to (BR-IC-11, BR-IC-12).

    Where nothing else was said, what is invoiced was delivered on the day of the invoice.
    """
    day = document.content.references.delivery_date
    leaves_the_country = any(tax.category == _INTRA_COMMUNITY for tax in document.totals.taxes)
    if day is None and not leaves_the_country:
        return
    delivery = aggregate(root, "Delivery")
    basic(delivery, "ActualDeliveryDate", (day or document.issue_date).isoformat())
    if leaves_the_country and document.buyer.address:
        write_place(aggregate(delivery, "DeliveryLocation", "Address"), document.buyer.address)


def _write_payment(root: Element, document: Document) -> None:
    """How to pay (BG-16), with the document's number as the reference of the payment (BT-83), and until when."""
    if document.kind is Kind.CREDIT_NOTE:
        if is_domestic(document, "DE"):  # DE-R-001
            basic(aggregate(root, "PaymentMeans"), "PaymentMeansCode", _CLEARED_BETWEEN_PARTNERS)
        return
    means = aggregate(root, "PaymentMeans")
    basic(means, "PaymentMeansCode", _means(document))
    basic(means, "PaymentID", document.number)
    account, bank = aggregate(means, "PayeeFinancialAccount"), document.seller.bank_account
    basic(account, "ID", bank.iban)
    basic(account, "Name", document.seller.name)
    if bank.bic:
        basic(aggregate(account, "FinancialInstitutionBranch"), "ID", bank.bic)
    if document.terms:
        basic(aggregate(root, "PaymentTerms"), "Note", document.terms.wording)


def _means(document: Document) -> str:
    if document.currency == "EUR":
        return _SEPA_CREDIT_TRANSFER
    return _NOT_DEFINED if is_domestic(document, "DK") else _CREDIT_TRANSFER  # DK-R-005


def _write_totals(root: Element, document: Document) -> None:
    totals, has = document.totals, {one.charge for one in document.content.document_allowances}
    sums: list[tuple[str, Decimal, bool]] = [
        ("LineExtensionAmount", totals.lines, True),
        ("TaxExclusiveAmount", totals.tax_exclusive, True),
        ("TaxInclusiveAmount", totals.tax_inclusive, True),
        ("AllowanceTotalAmount", totals.allowances, False in has),
        ("ChargeTotalAmount", totals.charges, True in has),
        ("PrepaidAmount", totals.prepaid, bool(totals.prepaid)),
        ("PayableRoundingAmount", totals.rounding, bool(totals.rounding)),
        ("PayableAmount", totals.payable, True),
    ]
    total = aggregate(root, "LegalMonetaryTotal")
    for name, amount, is_told in sums:
        if is_told:
            basic(total, name, written(amount, document.currency), currencyID=document.currency)
