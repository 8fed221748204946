"""The fatal rules of EN 16931 and of Peppol BIS Billing 3 that an invoice of ours could break, in our own words.

``broken`` reads a document as any recipient would. The official rules, which are many more, are applied by
``official_validation`` where somebody has them at hand.
"""

import re
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from invoicing.documents.ubl.codes import COUNTRIES, EMAIL_SCHEME, UNITS
from invoicing.domain.electronic_address import SCHEMES

_NAMESPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_SLACK = Decimal("0.02")
_VAT_FREE = {"Z", "E", "AE", "K", "G", "O"}
_REASONED = {"E", "AE", "K", "G", "O"}
_LINES = "cac:InvoiceLine", "cac:CreditNoteLine"

Rule = Callable[["Reading"], bool]


class Reading:
    """A document in UBL, with ways to ask it."""

    def __init__(self, xml: bytes) -> None:
        self.root = ElementTree.fromstring(xml)

    def all(self, *paths: str, within: Element | None = None) -> list[Element]:
        found = self.root if within is None else within
        return [element for path in paths for element in found.findall(path, _NAMESPACES)]

    def texts(self, *paths: str, within: Element | None = None) -> list[str]:
        return [element.text or "" for element in self.all(*paths, within=within)]

    def text(self, path: str, within: Element | None = None) -> str:
        return (self.texts(path, within=within) or [""])[0]

    def amount(self, path: str, within: Element | None = None) -> Decimal:
        return Decimal(self.text(path, within) or "0")

    def sum(self, path: str, among: list[Element]) -> Decimal:
        return sum((self.amount(path, one) for one in among), Decimal(0))

    @property
    def lines(self) -> list[Element]:
        return self.all(*_LINES)

    @property
    def subtotals(self) -> list[Element]:
        return self.all("cac:TaxTotal/cac:TaxSubtotal")

    @property
    def categories(self) -> set[str]:
        return set(self.texts("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID"))

    @property
    def claims_peppol(self) -> bool:
        return "peppol" in self.text("cbc:CustomizationID")

    def allowances(self, charge: bool, within: Element | None = None) -> list[Element]:
        wanted = "true" if charge else "false"
        return [
            one
            for one in self.all("cac:AllowanceCharge", within=within)
            if self.text("cbc:ChargeIndicator", one) == wanted
        ]

    def under(self, category: str, rate: Decimal) -> Decimal:
        """All that is taxed by that category and rate."""

        def is_so(path: str, one: Element) -> bool:
            return (self.text(f"{path}/cbc:ID", one), self.amount(f"{path}/cbc:Percent", one)) == (category, rate)

        lines = [one for one in self.lines if is_so("cac:Item/cac:ClassifiedTaxCategory", one)]
        charges, allowances = (
            [one for one in self.allowances(c) if is_so("cac:TaxCategory", one)] for c in (True, False)
        )
        return (
            self.sum("cbc:LineExtensionAmount", lines)
            + self.sum("cbc:Amount", charges)
            - self.sum("cbc:Amount", allowances)
        )


def broken(xml: bytes) -> list[str]:
    """The ids of the rules that a document breaks."""
    document = Reading(xml)
    rules = RULES | (PEPPOL_RULES if document.claims_peppol else {})
    return [name for name, holds in rules.items() if not holds(document)]


def _total(name: str) -> str:
    return f"cac:LegalMonetaryTotal/cbc:{name}"


def _is_sum_of_lines(document: Reading) -> bool:
    return document.amount(_total("LineExtensionAmount")) == document.sum("cbc:LineExtensionAmount", document.lines)


def _are_sums_of_allowances(document: Reading) -> bool:
    told = document.amount(_total("AllowanceTotalAmount")), document.amount(_total("ChargeTotalAmount"))
    return told == tuple(document.sum("cbc:Amount", document.allowances(charge)) for charge in (False, True))


def _is_without_tax(document: Reading) -> bool:
    allowances, charges = document.amount(_total("AllowanceTotalAmount")), document.amount(_total("ChargeTotalAmount"))
    net = document.amount(_total("LineExtensionAmount")) - allowances + charges
    return document.amount(_total("TaxExclusiveAmount")) == net


def _is_with_tax(document: Reading) -> bool:
    gross = document.amount(_total("TaxExclusiveAmount")) + document.amount("cac:TaxTotal/cbc:TaxAmount")
    return document.amount(_total("TaxInclusiveAmount")) == gross


def _is_payable(document: Reading) -> bool:
    prepaid, rounding = document.amount(_total("PrepaidAmount")), document.amount(_total("PayableRoundingAmount"))
    return (
        document.amount(_total("PayableAmount")) == document.amount(_total("TaxInclusiveAmount")) - prepaid + rounding
    )


def _taxes_follow_from_their_bases(document: Reading) -> bool:
    """Within a unit, as the official rules have it: credit notes take tax back by the difference of cumulated sums."""
    return all(
        abs(
            (
                document.amount("cbc:TaxableAmount", one) * document.amount("cac:TaxCategory/cbc:Percent", one) / 100
            ).quantize(Decimal("0.01"), ROUND_HALF_UP)
            - document.amount("cbc:TaxAmount", one)
        )
        < 1
        for one in document.subtotals
    )


def _bases_hold_what_is_taxed(document: Reading) -> bool:
    return all(
        document.amount("cbc:TaxableAmount", one)
        == document.under(
            document.text("cac:TaxCategory/cbc:ID", one), document.amount("cac:TaxCategory/cbc:Percent", one)
        )
        for one in document.subtotals
    )


def _nothing_is_taxed_twice(document: Reading) -> bool:
    pairs = [
        (document.text("cac:TaxCategory/cbc:ID", one), document.amount("cac:TaxCategory/cbc:Percent", one))
        for one in document.subtotals
    ]
    return len(set(pairs)) == len(pairs)


def _tax_categories(document: Reading) -> Iterator[Element]:
    yield from document.root.iterfind(".//cac:ClassifiedTaxCategory", _NAMESPACES)
    yield from document.root.iterfind(".//cac:TaxCategory", _NAMESPACES)


def _rates_fit(document: Reading) -> bool:
    for one in _tax_categories(document):
        code, rate = document.text("cbc:ID", one), document.amount("cbc:Percent", one)
        if (code in _VAT_FREE and rate != 0) or (code == "S" and rate <= 0):
            return False
    return True


def _reasons_fit(document: Reading) -> bool:
    return all(
        bool(document.all("cbc:TaxExemptionReason", "cbc:TaxExemptionReasonCode", within=one))
        == (document.text("cbc:ID", one) in _REASONED)
        for one in document.all("cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory")
    )


def _vat_ids(document: Reading, party: str) -> list[str]:
    return document.texts(f"cac:{party}/cac:Party/cac:PartyTaxScheme/cbc:CompanyID")


def _vat_ids_fit(document: Reading) -> bool:
    seller, buyer = _vat_ids(document, "AccountingSupplierParty"), _vat_ids(document, "AccountingCustomerParty")
    if "O" in document.categories:
        return not seller and not buyer
    return bool(seller) and (bool(buyer) or not document.categories & {"AE", "K"})


def _outside_scope_stands_alone(document: Reading) -> bool:
    return "O" not in document.categories or document.categories == {"O"}


def _supplies_abroad_say_when_and_where(document: Reading) -> bool:
    when = document.text("cac:Delivery/cbc:ActualDeliveryDate")
    where = document.text("cac:Delivery/cac:DeliveryLocation/cac:Address/cac:Country/cbc:IdentificationCode")
    return "K" not in document.categories or bool(when and where)


def _amounts_have_two_decimals(document: Reading) -> bool:
    prices = {id(one) for price in document.root.iterfind(".//cac:Price", _NAMESPACES) for one in price.iter()}
    amounts = [one for one in document.root.iter() if "currencyID" in one.attrib and id(one) not in prices]
    return all(len((one.text or "").partition(".")[2]) <= 2 for one in amounts)


def _lines_are_complete(document: Reading) -> bool:
    quantity = "cbc:InvoicedQuantity", "cbc:CreditedQuantity"
    return bool(document.lines) and all(
        document.text("cbc:ID", one)
        and document.texts(*quantity, within=one)
        and document.all(*quantity, within=one)[0].get("unitCode") in UNITS
        and document.text("cac:Item/cbc:Name", one).strip()
        and document.amount("cac:Price/cbc:PriceAmount", one) >= 0
        and document.text("cac:Item/cac:ClassifiedTaxCategory/cbc:ID", one)
        for one in document.lines
    )


def _allowances_say_why(document: Reading) -> bool:
    found = document.all("cac:AllowanceCharge", *(f"{line}/cac:AllowanceCharge" for line in _LINES))
    return all(document.text("cbc:AllowanceChargeReason", one).strip() for one in found)


def _parties_are_complete(document: Reading) -> bool:
    parties = document.all("cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party")
    return len(parties) == 2 and all(
        document.text("cac:PartyLegalEntity/cbc:RegistrationName", one).strip()
        and document.text("cac:PostalAddress/cac:Country/cbc:IdentificationCode", one) in COUNTRIES
        for one in parties
    )


def _seller_is_identified(document: Reading) -> bool:
    party = "cac:AccountingSupplierParty/cac:Party/"
    paths = "cac:PartyIdentification/cbc:ID", "cac:PartyLegalEntity/cbc:CompanyID", "cac:PartyTaxScheme/cbc:CompanyID"
    return any(document.texts(party + path) for path in paths)


def _account_is_named(document: Reading) -> bool:
    return all(
        document.text("cac:PayeeFinancialAccount/cbc:ID", one)
        for one in document.all("cac:PaymentMeans")
        if document.text("cbc:PaymentMeansCode", one) in {"30", "58"}
    )


def _head_is_complete(document: Reading) -> bool:
    dates = document.texts("cbc:IssueDate", "cbc:DueDate", "cac:Delivery/cbc:ActualDeliveryDate")
    return all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) for day in dates) and all(
        document.texts(*paths)
        for paths in (
            ("cbc:CustomizationID",),
            ("cbc:ID",),
            ("cbc:IssueDate",),
            ("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"),
            ("cbc:DocumentCurrencyCode",),
        )
    )


def _one_currency(document: Reading) -> bool:
    used = {one.attrib["currencyID"] for one in document.root.iter() if "currencyID" in one.attrib}
    return used == {document.text("cbc:DocumentCurrencyCode")}


def _endpoints(document: Reading) -> list[str]:
    paths = (
        f"cac:{party}/cac:Party/cbc:EndpointID" for party in ("AccountingSupplierParty", "AccountingCustomerParty")
    )
    return [one.get("schemeID", "") for one in document.all(*paths) if one.text]


def _lines_are_quantity_times_price(document: Reading) -> bool:
    for one in document.lines:
        (quantity,) = document.texts("cbc:InvoicedQuantity", "cbc:CreditedQuantity", within=one)
        base = document.amount("cac:Price/cbc:BaseQuantity", one) or Decimal(1)
        effect = sum(
            sign * document.sum("cbc:Amount", document.allowances(charge, one))
            for charge, sign in ((True, 1), (False, -1))
        )
        exactly = Decimal(quantity) * document.amount("cac:Price/cbc:PriceAmount", one) / base + effect
        if abs(exactly - document.amount("cbc:LineExtensionAmount", one)) > _SLACK:
            return False
    return True


def _percentages_fit(document: Reading) -> bool:
    found = document.root.iterfind(".//cac:AllowanceCharge", _NAMESPACES)
    return all(
        abs(
            document.amount("cbc:BaseAmount", one) * document.amount("cbc:MultiplierFactorNumeric", one) / 100
            - document.amount("cbc:Amount", one)
        )
        <= _SLACK
        for one in found
        if document.texts("cbc:MultiplierFactorNumeric", within=one)
    )


RULES: dict[str, Rule] = {
    "BR-01 to BR-05": _head_is_complete,
    "BR-06 to BR-11, BR-CL-14": _parties_are_complete,
    "BR-16, BR-21 to BR-27, BR-CL-23": _lines_are_complete,
    "BR-33, BR-38, BR-42, BR-44": _allowances_say_why,
    "BR-61": _account_is_named,
    "BR-CO-10": _is_sum_of_lines,
    "BR-CO-11, BR-CO-12": _are_sums_of_allowances,
    "BR-CO-13": _is_without_tax,
    "BR-CO-14": lambda d: d.amount("cac:TaxTotal/cbc:TaxAmount") == d.sum("cbc:TaxAmount", d.subtotals),
    "BR-CO-15": _is_with_tax,
    "BR-CO-16": _is_payable,
    "BR-CO-17, BR-S-09": _taxes_follow_from_their_bases,
    "BR-CO-18": lambda d: bool(d.subtotals),
    "BR-CO-26": _seller_is_identified,
    "BR-DEC": _amounts_have_two_decimals,
    "BR-S-01 to BR-O-01": _nothing_is_taxed_twice,
    "BR-S-02 to BR-O-04": _vat_ids_fit,
    "BR-S-05 to BR-O-07": _rates_fit,
    "BR-S-08 to BR-O-08": _bases_hold_what_is_taxed,
    "BR-S-10 to BR-O-10": _reasons_fit,
    "BR-IC-11, BR-IC-12": _supplies_abroad_say_when_and_where,
    "BR-O-11 to BR-O-14": _outside_scope_stands_alone,
    "BR-CL-25": lambda d: all(scheme in SCHEMES | {EMAIL_SCHEME} for scheme in _endpoints(d)),
}
PEPPOL_RULES: dict[str, Rule] = {
    "PEPPOL-EN16931-R001, R007": lambda d: d.text("cbc:ProfileID") == "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
    "PEPPOL-EN16931-R002": lambda d: len(d.texts("cbc:Note")) <= 1,
    "PEPPOL-EN16931-R003": lambda d: bool(d.texts("cbc:BuyerReference", "cac:OrderReference/cbc:ID")),
    "PEPPOL-EN16931-R008": lambda d: all(len(one) or (one.text or "").strip() for one in d.root.iter()),
    "PEPPOL-EN16931-R010, R020": lambda d: len(_endpoints(d)) == 2,
    "PEPPOL-EN16931-R040": _percentages_fit,
    "PEPPOL-EN16931-R051": _one_currency,
    "PEPPOL-EN16931-R120": _lines_are_quantity_times_price,
    "PEPPOL-EN16931-CL008": lambda d: all(scheme in SCHEMES for scheme in _endpoints(d)),
}
