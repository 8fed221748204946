"""How numbers and codes are written for people: English, with dates as ISO 8601 writes them."""

from collections.abc import Mapping
from decimal import Decimal

from invoicing.domain.account import Address
from invoicing.domain.money import rounded

# UN/ECE recommendation 20, those that services and goods are mostly invoiced in; any other shows its code.
_UNITS: Mapping[str, str] = {
    "C62": "",
    "H87": "pc",
    "EA": "pc",
    "SET": "set",
    "PR": "pair",
    "SEC": "s",
    "MIN": "min",
    "HUR": "h",
    "DAY": "days",
    "WEE": "weeks",
    "MON": "months",
    "ANN": "years",
    "GRM": "g",
    "KGM": "kg",
    "TNE": "t",
    "MMT": "mm",
    "CMT": "cm",
    "MTR": "m",
    "KMT": "km",
    "MTK": "m²",
    "MTQ": "m³",
    "MLT": "ml",
    "LTR": "l",
    "KWH": "kWh",
    "LS": "lump sum",
    "E48": "services",
    "IE": "persons",
}
_CATEGORIES: Mapping[str, str] = {
    "S": "VAT",
    "Z": "Zero rated",
    "E": "Exempt",
    "AE": "Reverse charge",
    "K": "Intra-Community supply",
    "G": "Export",
    "O": "Not subject to VAT",
    "L": "IGIC",
    "M": "IPSI",
    "B": "VAT, split payment",
}


def money(amount: Decimal, currency: str) -> str:
    """An amount with the currency's decimals: ``1,234.50``."""
    return f"{rounded(amount, currency):,f}"


def price(amount: Decimal, currency: str) -> str:
    """A unit price, which may have more decimals than the currency; never fewer."""
    exact = rounded(amount, currency)
    return money(amount, currency) if exact == amount else f"{amount.normalize():,f}"


def quantity(value: Decimal, unit: str) -> str:
    """A quantity with its unit, without zeros at the end: ``2.5 h``."""
    return f"{number(value)} {_UNITS.get(unit, unit)}".strip()


def number(value: Decimal) -> str:
    """A number without zeros at the end."""
    return f"{value.normalize():,f}"


def tax(category: str, rate: Decimal) -> str:
    """A tax as a table names it: ``VAT 19%``."""
    name = _CATEGORIES[category]
    return f"{name} {number(rate)}%" if rate else name


def grouped(iban: str) -> str:
    """An IBAN in groups of four, as banks print it."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def address(place: Address) -> list[str]:
    """An address line by line."""
    return [place.street, " ".join(part for part in (place.postal_code, place.city) if part), place.country]
