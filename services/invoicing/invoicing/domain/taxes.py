"""Taxes of an invoice: categories, what each demands and forbids, and what an exempt one says for itself."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from backoffice.domain import FieldError

# UNCL 5305, as EN 16931 uses it. Source: https://docs.peppol.eu/poacc/billing/3.0/codelist/UNCL5305/
STANDARD = "S"
SPLIT_PAYMENT = "B"
OUTSIDE_SCOPE = "O"
UNTAXED_CATEGORIES = frozenset({"Z", "E", "AE", "K", "G", OUTSIDE_SCOPE})
TAXED_CATEGORIES = frozenset({"L", "M", SPLIT_PAYMENT})
TAX_CATEGORIES = {STANDARD} | UNTAXED_CATEGORIES | TAXED_CATEGORIES

# What an invoice says if its author gives no reason (EN 16931 BT-120; directive 2006/112/EC, article 226 (11), (11a)).
EXEMPTION_REASONS: Mapping[str, str] = {
    "E": "Exempt from VAT",
    "AE": "Reverse charge",
    "K": "Intra-Community supply",
    "G": "Export outside the EU",
    OUTSIDE_SCOPE: "Not subject to VAT",
}

NAMES_THE_BUYERS_VAT_ID = frozenset({"AE", "K"})


@dataclass(frozen=True)
class Tax:
    """A tax category with its rate in per cent, and why nothing is taxed where that is so.

    Two taxes are one if category and rate are equal; rates are compared as numbers (25 and 25.0).
    """

    category: str
    rate: Decimal
    reason: str | None = field(default=None, compare=False)


def tax_faults(tax: Tax, path: str) -> Iterator[FieldError]:
    """EN 16931 rules BR-S-5, BR-Z-5, BR-E-5, BR-AE-5, BR-IC-5, BR-G-5, BR-O-5 and BR-S-10, BR-Z-10 and their likes."""
    if tax.category not in TAX_CATEGORIES:
        yield FieldError(f"{path}.tax.category", f"Not one of {', '.join(sorted(TAX_CATEGORIES))}.")
    elif tax.rate < 0 or tax.rate > 100:
        yield FieldError(f"{path}.tax.rate", "Must be between 0 and 100 per cent.")
    elif tax.category in UNTAXED_CATEGORIES and tax.rate != 0:
        yield FieldError(f"{path}.tax.rate", f"Must be 0 in category {tax.category}.")
    elif tax.category == STANDARD and tax.rate == 0:
        yield FieldError(f"{path}.tax.rate", "Must be more than 0 in category S; Z is the category rated zero.")
    elif tax.reason and tax.category not in EXEMPTION_REASONS:
        yield FieldError(f"{path}.tax.reason", f"Category {tax.category} is taxed: it has no reason for an exemption.")


def mixture_faults(taxes: Iterable[tuple[str, Tax]]) -> Iterator[FieldError]:
    """Categories that must not stand on one invoice, by the path of each tax (BR-O-11 to BR-O-14, BR-B-2)."""
    taxes = list(taxes)
    categories = {tax.category for _, tax in taxes}
    for path, tax in taxes:
        if tax.category == OUTSIDE_SCOPE and len(categories) > 1:
            yield FieldError(f"{path}.tax.category", "What is not subject to VAT (O) needs an invoice of its own.")
        elif tax.category == SPLIT_PAYMENT and STANDARD in categories:
            yield FieldError(f"{path}.tax.category", "Split payment (B) and the standard rate (S) exclude each other.")


def exemption_reason(taxes: Iterable[Tax]) -> str | None:
    """Why taxes of one category and rate tax nothing; None where they do. Several reasons are all told."""
    taxes = list(taxes)
    given = dict.fromkeys(tax.reason for tax in taxes if tax.reason)
    return "; ".join(given) or EXEMPTION_REASONS.get(taxes[0].category)
