"""Documents as UBL: what stands where, what every rule of EN 16931 wants, and what UBL cannot hold."""

import json
import unittest
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from hypothesis import HealthCheck, given, settings

from backoffice.domain import Invalid, RuleBroken
from invoicing.documents.document import Document, of_invoice
from invoicing.documents.ubl import EN_16931, PEPPOL, render
from invoicing.domain.account import Address
from invoicing.domain.credit_notes import LineClaim
from invoicing.domain.electronic_address import ElectronicAddress
from invoicing.domain.lines import Content, DocumentAllowance, References
from invoicing.domain.taxes import Tax
from tests.business import SELLER, STANDARD, account, content_of, draft, line
from tests.en16931 import Reading, broken
from tests.issued import CONTACT, buyer_in, credited, documents, invoiced, issue, seller_in

CASES = json.loads((Path(__file__).parent / "data" / "en16931-cases.json").read_text())
REASON = "<cbc:Percent>19</cbc:Percent><cbc:TaxExemptionReason>None</cbc:TaxExemptionReason>"
BUYER = "cac:AccountingCustomerParty/cac:Party/"
SELLING = "cac:AccountingSupplierParty/cac:Party/"

# The order of UBL 2.1's schema, as far as documents use it; an order of its own for each kind of parent.
ORDER = {
    "Invoice": "CustomizationID ProfileID ID IssueDate DueDate InvoiceTypeCode Note DocumentCurrencyCode "
    "BuyerReference OrderReference BillingReference AccountingSupplierParty AccountingCustomerParty Delivery "
    "PaymentMeans PaymentTerms AllowanceCharge TaxTotal LegalMonetaryTotal InvoiceLine",
    "CreditNote": "CustomizationID ProfileID ID IssueDate CreditNoteTypeCode Note DocumentCurrencyCode "
    "BuyerReference OrderReference BillingReference AccountingSupplierParty AccountingCustomerParty Delivery "
    "PaymentMeans PaymentTerms AllowanceCharge TaxTotal LegalMonetaryTotal CreditNoteLine",
    "Party": "EndpointID PartyIdentification PartyName PostalAddress PartyTaxScheme PartyLegalEntity Contact",
    "PostalAddress": "StreetName CityName PostalZone Country",
    "PartyTaxScheme": "CompanyID TaxScheme",
    "PartyLegalEntity": "RegistrationName CompanyID",
    "Contact": "Name Telephone ElectronicMail",
    "Delivery": "ActualDeliveryDate DeliveryLocation",
    "PaymentMeans": "PaymentMeansCode PaymentID PayeeFinancialAccount",
    "PayeeFinancialAccount": "ID Name FinancialInstitutionBranch",
    "InvoiceDocumentReference": "ID IssueDate",
    "AllowanceCharge": "ChargeIndicator AllowanceChargeReason MultiplierFactorNumeric Amount BaseAmount TaxCategory",
    "TaxTotal": "TaxAmount TaxSubtotal",
    "TaxSubtotal": "TaxableAmount TaxAmount TaxCategory",
    "TaxCategory": "ID Percent TaxExemptionReasonCode TaxExemptionReason TaxScheme",
    "ClassifiedTaxCategory": "ID Percent TaxScheme",
    "LegalMonetaryTotal": "LineExtensionAmount TaxExclusiveAmount TaxInclusiveAmount AllowanceTotalAmount "
    "ChargeTotalAmount PrepaidAmount PayableRoundingAmount PayableAmount",
    "InvoiceLine": "ID InvoicedQuantity LineExtensionAmount AllowanceCharge Item Price",
    "CreditNoteLine": "ID CreditedQuantity LineExtensionAmount AllowanceCharge Item Price",
    "Item": "Description Name ClassifiedTaxCategory",
    "Price": "PriceAmount BaseQuantity AllowanceCharge",
}


def name(element: Element) -> str:
    return element.tag.partition("}")[2]


def misplaced(xml: bytes) -> Iterator[str]:
    """Elements that stand before one that UBL's schema has earlier."""
    for parent in ElementTree.fromstring(xml).iter():
        if name(parent) in ORDER:
            order = ORDER[name(parent)].split()
            places = [order.index(name(child)) for child in parent]
            if places != sorted(places):
                yield name(parent)


def reading(document: Document) -> Reading:
    return Reading(render(document))


class Invoices(unittest.TestCase):
    def test_say_who_sells_what_to_whom_and_how_to_pay(self) -> None:
        references = References("Team 7", "4500012345", "Thank you!", date(2026, 11, 20))
        document = invoiced(
            Content((line("2.5", "120.00", unit="HUR"),), references=references), seller=seller_in("DE")
        )
        told = reading(document)
        self.assertEqual(name(told.root), "Invoice")
        expected = {
            "cbc:CustomizationID": PEPPOL,
            "cbc:ID": "INV-000001",
            "cbc:IssueDate": "2026-11-23",
            "cbc:DueDate": "2026-12-23",
            "cbc:InvoiceTypeCode": "380",
            "cbc:Note": "Thank you!",
            "cbc:DocumentCurrencyCode": "EUR",
            "cbc:BuyerReference": "Team 7",
            "cac:OrderReference/cbc:ID": "4500012345",
            SELLING + "cbc:EndpointID": "DE123456789",
            SELLING + "cac:PartyLegalEntity/cbc:RegistrationName": "Backoffice GmbH",
            SELLING + "cac:PostalAddress/cbc:CityName": "Köln",
            SELLING + "cac:PartyTaxScheme/cbc:CompanyID": "DE123456789",
            BUYER + "cbc:EndpointID": "ATU12345678",
            BUYER + "cac:PartyLegalEntity/cbc:RegistrationName": "Ann Smith",
            BUYER + "cac:PostalAddress/cac:Country/cbc:IdentificationCode": "AT",
            "cac:Delivery/cbc:ActualDeliveryDate": "2026-11-20",
            "cac:PaymentMeans/cbc:PaymentMeansCode": "58",
            "cac:PaymentMeans/cbc:PaymentID": "INV-000001",
            "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID": "DE89370400440532013000",
            "cac:PaymentMeans/cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID": "COBADEFFXXX",
            "cac:PaymentTerms/cbc:Note": "Payable within 30 days",
            "cac:TaxTotal/cbc:TaxAmount": "57.00",
            "cac:LegalMonetaryTotal/cbc:PayableAmount": "357.00",
            "cac:InvoiceLine/cbc:InvoicedQuantity": "2.5",
            "cac:InvoiceLine/cbc:LineExtensionAmount": "300.00",
            "cac:InvoiceLine/cac:Item/cbc:Name": "Setup",
            "cac:InvoiceLine/cac:Price/cbc:PriceAmount": "120.00",
        }
        self.assertEqual({path: told.text(path) for path in expected}, expected)

    def test_of_the_official_cases_come_out_to_the_cent(self) -> None:
        payable = [case for case in CASES if Decimal(case["totals"]["tax_inclusive"]) >= 0]
        self.assertEqual(len(CASES) - len(payable), 2, "those below zero are credit notes here")
        for case in payable:
            with self.subTest(case["source"]):
                told = reading(invoiced(content_of(case), case["currency"]))
                total = "cac:LegalMonetaryTotal/cbc:"
                sums = {
                    "tax_exclusive": told.amount(total + "TaxExclusiveAmount"),
                    "tax": told.amount("cac:TaxTotal/cbc:TaxAmount"),
                    "tax_inclusive": told.amount(total + "TaxInclusiveAmount"),
                }
                self.assertEqual(sums, {name: Decimal(case["totals"][name]) for name in sums})

    def test_are_the_same_bytes_each_time(self) -> None:
        document = invoiced(Content((line(),)))
        self.assertEqual(render(document), render(document))

    def test_a_draft_is_none_yet(self) -> None:
        with self.assertRaises(RuleBroken) as caught:
            of_invoice(draft(line()))
        self.assertEqual(caught.exception.code, "not_issued")

    def test_a_long_description_has_its_first_line_as_name(self) -> None:
        told = reading(invoiced(Content((line(description="Screws\n4 mm, galvanised"),))))
        item = "cac:InvoiceLine/cac:Item/"
        self.assertEqual(told.text(item + "cbc:Name"), "Screws")
        self.assertEqual(told.text(item + "cbc:Description"), "Screws\n4 mm, galvanised")

    def test_what_xml_would_take_for_markup_is_text(self) -> None:
        told = reading(invoiced(Content((line(description="<b>Q&A</b> \uffff]]>"),))))
        self.assertEqual(told.text("cac:InvoiceLine/cac:Item/cbc:Name"), "<b>Q&A</b> ]]>")


class Parties(unittest.TestCase):
    content = Content((line(),))

    def test_are_reached_where_they_say_and_else_by_their_vat_number(self) -> None:
        gln = ElectronicAddress("0088", "4006381333931")
        told = reading(invoiced(self.content, of=buyer_in("FR", electronic_address=gln)))
        addresses = [(one.get("schemeID"), one.text) for one in told.root.iter() if name(one) == "EndpointID"]
        self.assertEqual(addresses, [("9930", "DE123456789"), ("0088", "4006381333931")])

    def test_whom_peppol_cannot_reach_gets_an_invoice_by_en_16931(self) -> None:
        told = reading(invoiced(self.content, of=buyer_in("DE", vat_id=None)))
        self.assertEqual(told.text("cbc:CustomizationID"), EN_16931)
        self.assertEqual(told.all(BUYER + "cbc:EndpointID")[0].attrib, {"schemeID": "EM"})

    def test_a_foreign_tax_number_is_no_vat_number(self) -> None:
        told = reading(invoiced(self.content, of=buyer_in("CH", vat_id="12-3456789")))
        self.assertEqual(told.texts(BUYER + "cac:PartyTaxScheme/cbc:CompanyID"), [])
        self.assertEqual(told.text(BUYER + "cac:PartyLegalEntity/cbc:CompanyID"), "12-3456789")

    def test_without_a_reference_of_the_buyer_it_is_our_name_for_the_account(self) -> None:
        buyer = buyer_in("AT")
        self.assertEqual(reading(invoiced(self.content, of=buyer)).text("cbc:BuyerReference"), buyer.id)

    def test_within_germany_the_seller_says_whom_to_ask(self) -> None:
        contact = SELLING + "cac:Contact/cbc:"
        silent = reading(invoiced(self.content, of=buyer_in("DE")))
        self.assertEqual(silent.text(contact + "Telephone"), "n/a")
        told = reading(invoiced(self.content, seller=seller_in("DE", contact=CONTACT), of=buyer_in("DE")))
        self.assertEqual(told.text(contact + "Telephone"), CONTACT.phone)
        self.assertEqual(reading(invoiced(self.content, of=buyer_in("AT"))).texts(contact + "Telephone"), [])


class Taxes(unittest.TestCase):
    def taxed(self, category: str, reason: str | None = None) -> Reading:
        return reading(invoiced(Content((line(tax=Tax(category, Decimal(0), reason)),))))

    def test_a_supply_within_the_union_says_when_and_where_to(self) -> None:
        told = self.taxed("K")
        self.assertEqual(told.text("cac:Delivery/cbc:ActualDeliveryDate"), "2026-11-23")
        place = "cac:Delivery/cac:DeliveryLocation/cac:Address/cac:Country/cbc:IdentificationCode"
        self.assertEqual(told.text(place), "AT")

    def test_what_is_not_taxed_says_why(self) -> None:
        category = "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:"
        self.assertEqual(self.taxed("AE").text(category + "TaxExemptionReasonCode"), "VATEX-EU-AE")
        self.assertEqual(self.taxed("E", "§ 4 Nr. 21 UStG").text(category + "TaxExemptionReason"), "§ 4 Nr. 21 UStG")
        self.assertEqual(self.taxed("Z").texts(category + "TaxExemptionReason"), [])

    def test_outside_the_scope_of_vat_nobody_has_a_vat_number(self) -> None:
        told = self.taxed("O")
        self.assertEqual(told.texts(SELLING + "cac:PartyTaxScheme/cbc:CompanyID"), [])
        self.assertEqual(told.text(SELLING + "cac:PartyIdentification/cbc:ID"), "DE123456789")


class CreditNotes(unittest.TestCase):
    def test_name_their_invoice_and_ask_for_nothing(self) -> None:
        invoice = issue(Content((line("4", "100.00"), line())))
        told = reading(credited(invoice, LineClaim("1", quantity=Decimal(1)), reason="One was broken"))
        expected = {
            "cbc:ID": "CRN-000001",
            "cbc:CreditNoteTypeCode": "381",
            "cbc:Note": "One was broken",
            "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID": "INV-000001",
            "cac:LegalMonetaryTotal/cbc:PayableAmount": "119.00",
            "cac:CreditNoteLine/cbc:CreditedQuantity": "1",
        }
        self.assertEqual(name(told.root), "CreditNote")
        self.assertEqual({path: told.text(path) for path in expected}, expected)
        self.assertEqual((told.texts("cbc:DueDate"), told.all("cac:PaymentMeans")), ([], []))


class WhatUblCannotHold(unittest.TestCase):
    def refused(self, document: Document) -> list[str]:
        with self.assertRaises(Invalid) as caught:
            render(document)
        return [error.field for error in caught.exception.errors]

    def test_amounts_of_more_than_two_decimals(self) -> None:
        for currency in ("KWD", "CLF"):
            self.assertEqual(self.refused(invoiced(Content((line(),)), currency)), ["currency"])
        self.assertEqual(broken(render(invoiced(Content((line(unit_price="100"),)), "JPY"))), [])

    def test_units_and_countries_that_are_on_no_list(self) -> None:
        nowhere = buyer_in("AT", address=Address("Ring 1", "Atlantis", "QQ"))
        document = invoiced(Content((line(), line(unit="QQQ"))), of=nowhere)
        self.assertEqual(self.refused(document), ["buyer.address.country", "lines.1.unit"])

    def test_vat_numbers_without_their_country(self) -> None:
        bare = replace(SELLER, details=replace(SELLER.details, vat_id="123456789"))
        content = Content((line(tax=Tax("AE", Decimal(0))),))
        document = invoiced(content, seller=bare, of=buyer_in("AT", vat_id="U12345678"))
        self.assertEqual(self.refused(document), ["seller.vat_id", "buyer.vat_id"])

    def test_a_buyer_whom_nothing_can_be_sent_to(self) -> None:
        document = invoiced(Content((line(),)), of=account(email=None))
        self.assertEqual(self.refused(document), ["buyer.email"])


class Rules(unittest.TestCase):
    @settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(documents())
    def test_no_document_breaks_a_fatal_one(self, found: list[Document]) -> None:
        for document in found:
            xml = render(document)
            self.assertEqual(broken(xml), [], xml.decode())
            self.assertEqual(list(misplaced(xml)), [])

    def test_each_notices_what_it_is_there_for(self) -> None:
        allowance = DocumentAllowance(Decimal("5.00"), reason="Loyalty", tax=STANDARD)
        content = Content((line("2", "50.00"),), (allowance,), references=References("Team 7", note="Thanks"))
        sound = render(invoiced(content, seller=seller_in("DE"))).decode()
        self.assertEqual(broken(sound.encode()), [])
        spoilt = {
            "BR-01 to BR-05": ("<cbc:IssueDate>2026-11-23", "<cbc:IssueDate>23.11.2026"),
            "BR-06 to BR-11, BR-CL-14": ("<cbc:IdentificationCode>AT", "<cbc:IdentificationCode>QQ"),
            "BR-16, BR-21 to BR-27, BR-CL-23": ('unitCode="C62"', 'unitCode="QQQ"'),
            "BR-33, BR-38, BR-42, BR-44": ("<cbc:AllowanceChargeReason>Loyalty", "<cbc:AllowanceChargeReason>"),
            "BR-CO-10": ('LineExtensionAmount currencyID="EUR">100.00', 'LineExtensionAmount currencyID="EUR">100.01'),
            "BR-CO-11, BR-CO-12": (
                'AllowanceTotalAmount currencyID="EUR">5.00',
                'AllowanceTotalAmount currencyID="EUR">5.01',
            ),
            "BR-CO-15": ('TaxInclusiveAmount currencyID="EUR">113.05', 'TaxInclusiveAmount currencyID="EUR">113.06'),
            "BR-CO-16": ('PayableAmount currencyID="EUR">113.05', 'PayableAmount currencyID="EUR">113.06'),
            "BR-DEC": ('TaxExclusiveAmount currencyID="EUR">95.00', 'TaxExclusiveAmount currencyID="EUR">95.000'),
            "BR-S-02 to BR-O-04": ("<cbc:CompanyID>DE123456789</cbc:CompanyID>", ""),
            "BR-S-05 to BR-O-07": ("<cbc:Percent>19", "<cbc:Percent>0"),
            "BR-S-08 to BR-O-08": ('TaxableAmount currencyID="EUR">95.00', 'TaxableAmount currencyID="EUR">95.01'),
            "BR-S-10 to BR-O-10": ("\n        <cbc:Percent>19</cbc:Percent>", REASON),
            "BR-CL-25": ('schemeID="9914"', 'schemeID="0000"'),
            "PEPPOL-EN16931-R001, R007": ("billing:01:1.0", "billing:99:1.0"),
            "PEPPOL-EN16931-R003": ("<cbc:BuyerReference>Team 7</cbc:BuyerReference>", ""),
            "PEPPOL-EN16931-R008": ("<cbc:Note>Thanks", "<cbc:Note>"),
            "PEPPOL-EN16931-R051": ('PriceAmount currencyID="EUR"', 'PriceAmount currencyID="USD"'),
            "PEPPOL-EN16931-R120": ('PriceAmount currencyID="EUR">50.00', 'PriceAmount currencyID="EUR">51.00'),
            "PEPPOL-EN16931-CL008": ('schemeID="9914"', 'schemeID="EM"'),
        }
        for rule, (right, wrong) in spoilt.items():
            with self.subTest(rule):
                self.assertIn(right, sound)
                xml = sound.replace(right, wrong, 1)
                self.assertIn(rule, broken(xml.encode()))
