"""Who issues the invoices."""

from dataclasses import dataclass

from backoffice.domain import Aggregate
from invoicing.domain.account import Address
from invoicing.domain.electronic_address import ElectronicAddress

SELLER_ID = "seller"


def is_iban(text: str) -> bool:
    """Tell whether a bank account number is a well-formed IBAN: right shape, right check digits (ISO 13616, mod 97)."""
    if not (15 <= len(text) <= 34 and text.isascii() and text.isalnum() and text[:2].isalpha() and text[2:4].isdigit()):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


@dataclass(frozen=True)
class BankAccount:
    """Where buyers pay to."""

    iban: str
    bic: str | None = None


@dataclass(frozen=True)
class Contact:
    """Whom to ask about a document."""

    name: str
    phone: str
    email: str


@dataclass(frozen=True)
class SellerDetails:
    """What an invoice says about its issuer."""

    name: str
    address: Address
    vat_id: str
    bank_account: BankAccount
    contact: Contact | None = None
    electronic_address: ElectronicAddress | None = None


@dataclass(kw_only=True)
class Seller(Aggregate):
    """The one company that issues invoices here."""

    details: SellerDetails
