"""Who sells and who buys, as UBL tells it."""

import re
from xml.etree.ElementTree import Element

from invoicing.documents.document import Document
from invoicing.documents.ubl.codes import COUNTRIES, EMAIL_SCHEME, IBAN_SCHEME, VAT_ADDRESS_SCHEMES
from invoicing.documents.ubl.elements import aggregate, basic, optional
from invoicing.domain.account import Address
from invoicing.domain.electronic_address import ElectronicAddress
from invoicing.domain.seller import Contact
from invoicing.domain.taxes import OUTSIDE_SCOPE

# Danish ones are checked more closely (PEPPOL-COMMON-R042).
_VAT_NUMBER = re.compile(r"DK[0-9]{8}|(?!DK)[A-Z]{2}[A-Z0-9+*]{2,15}")
_DANISH_CVR = "0184"
_NOT_STATED = "n/a"


def seller_address(document: Document) -> ElectronicAddress:
    """Where the seller can be reached: as told, by its VAT number or, where that is no address, by its IBAN."""
    seller = document.seller
    bank = ElectronicAddress(IBAN_SCHEME, seller.bank_account.iban)
    return seller.electronic_address or _by_vat_number(seller.vat_id) or bank


def buyer_address(document: Document) -> ElectronicAddress | None:
    """Where the buyer can be reached: as told, by its VAT number, or by e-mail, which Peppol does not know."""
    buyer = document.buyer
    mail = ElectronicAddress(EMAIL_SCHEME, buyer.email) if buyer.email else None
    return buyer.electronic_address or _by_vat_number(buyer.vat_id) or mail


def is_domestic(document: Document, country: str) -> bool:
    """Whether both parties are at home in that country."""
    buyer = document.buyer.address
    return document.seller.address.country == country and buyer is not None and buyer.country == country


def names_its_country(vat_id: str) -> bool:
    """Whether a VAT number begins with its country (BR-CO-09); Greece may write EL."""
    return vat_id[:2] in COUNTRIES | {"EL"}


def write_seller(root: Element, document: Document) -> None:
    """Append the seller (BG-4)."""
    seller = document.seller
    is_danish = seller.address.country == "DK"
    party = aggregate(root, "AccountingSupplierParty", "Party")
    _write_address(party, seller_address(document))
    if is_outside_scope(document) and not is_danish:
        # Such an invoice names no VAT number (BR-O-02), and still has to say who the seller is (BR-CO-26).
        basic(aggregate(party, "PartyIdentification"), "ID", seller.vat_id)
    basic(aggregate(party, "PartyName"), "Name", seller.name)
    write_place(aggregate(party, "PostalAddress"), seller.address)
    if not is_outside_scope(document):
        _write_vat_id(party, seller.vat_id)
    entity = aggregate(party, "PartyLegalEntity")
    basic(entity, "RegistrationName", seller.name)
    if is_danish:
        # Danish companies name their CVR number (DK-R-002), which is their VAT number's digits.
        basic(entity, "CompanyID", seller.vat_id.removeprefix("DK"), schemeID=_DANISH_CVR)
    _write_contact(party, document)


def write_buyer(root: Element, document: Document) -> None:
    """Append the buyer (BG-7)."""
    buyer = document.buyer
    party = aggregate(root, "AccountingCustomerParty", "Party")
    if address := buyer_address(document):
        _write_address(party, address)
    basic(aggregate(party, "PartyName"), "Name", document.buyer_name)
    if buyer.address:
        write_place(aggregate(party, "PostalAddress"), buyer.address)
    vat_id = buyer.vat_id if names_its_country(buyer.vat_id or "") else None
    if vat_id and not is_outside_scope(document):
        _write_vat_id(party, vat_id)
    entity = aggregate(party, "PartyLegalEntity")
    basic(entity, "RegistrationName", document.buyer_name)
    if not vat_id and not is_domestic(document, document.seller.address.country):
        # A tax number of another kind, from a country that has no VAT; at home each country has its own form for it.
        optional(entity, "CompanyID", buyer.vat_id)
    if buyer.company or buyer.email:
        contact = aggregate(party, "Contact")
        optional(contact, "Name", buyer.name if buyer.company else None)
        optional(contact, "ElectronicMail", buyer.email)


def is_outside_scope(document: Document) -> bool:
    """Whether nothing in it is subject to VAT (category O); such an invoice has no other category (BR-O-11)."""
    return any(tax.category == OUTSIDE_SCOPE for tax in document.totals.taxes)


def _by_vat_number(vat_id: str | None) -> ElectronicAddress | None:
    number = re.sub(r"[\s.-]", "", vat_id or "")
    scheme = VAT_ADDRESS_SCHEMES.get(number[:2])
    return ElectronicAddress(scheme, number) if scheme and _VAT_NUMBER.fullmatch(number) else None


def _write_address(party: Element, address: ElectronicAddress) -> None:
    basic(party, "EndpointID", address.id, schemeID=address.scheme)


def write_place(postal: Element, address: Address) -> None:
    """Fill in an address."""
    basic(postal, "StreetName", address.street)
    basic(postal, "CityName", address.city)
    optional(postal, "PostalZone", address.postal_code)
    basic(aggregate(postal, "Country"), "IdentificationCode", address.country)


def _write_vat_id(party: Element, vat_id: str) -> None:
    scheme = aggregate(party, "PartyTaxScheme")
    basic(scheme, "CompanyID", vat_id)
    basic(aggregate(scheme, "TaxScheme"), "ID", "VAT")


def _write_contact(party: Element, document: Document) -> None:
    seller = document.seller
    contact = seller.contact
    if contact is None and is_domestic(document, "DE"):
        # Within Germany all three have to be said (DE-R-002 to DE-R-007), be it that there is none.
        contact = Contact(seller.name, _NOT_STATED, _NOT_STATED)
    if contact:
        written = aggregate(party, "Contact")
        basic(written, "Name", contact.name)
        basic(written, "Telephone", contact.phone)
        basic(written, "ElectronicMail", contact.email)
