"""The sums of an invoice by EN 16931: round each line, add up, then tax each base once."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from backoffice.domain import Invalid
from invoicing.domain.lines import Content, Tax
from invoicing.domain.money import EXACT, LARGEST, ZERO, rounded


@dataclass(frozen=True)
class TaxTotal:
    """The tax of one category and rate: ``base`` is all that is taxed so, ``amount`` the tax on it, rounded once."""

    category: str
    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Totals:
    """The sums that stand at the foot of an invoice, each with exactly the currency's decimals.

    ``tax_exclusive = lines - allowances + charges`` and ``tax_inclusive = tax_exclusive + tax``, where ``allowances``
    and ``charges`` are those of the document (those of lines are within ``lines``).
    """

    lines: Decimal
    allowances: Decimal
    charges: Decimal
    tax_exclusive: Decimal
    taxes: tuple[TaxTotal, ...]
    tax: Decimal
    tax_inclusive: Decimal


def total(content: Content, currency: str) -> Totals:
    """Add up an invoice.

    Taxes stand in the order of their first line; a rate is written as its first line writes it.
    Raises Invalid if the content contradicts itself, or if a sum is too large to be an amount of money.
    Source: EN 16931-1, BR-CO-10 to BR-CO-17.
    """
    if faults := content.faults(currency):
        raise Invalid(faults)
    with localcontext(EXACT):
        bases: dict[Tax, Decimal] = {}
        for tax, amount in _taxed_amounts(content, currency):
            bases[tax] = bases.get(tax, ZERO) + amount
        taxes = tuple(_tax_total(tax, base, currency) for tax, base in bases.items())
        lines = sum((line.net(currency) for line in content.lines), ZERO)
        allowances = sum((a.amount for a in content.document_allowances if not a.charge), ZERO)
        charges = sum((a.amount for a in content.document_allowances if a.charge), ZERO)
        tax_exclusive = lines - allowances + charges
        taxed = sum((entry.amount for entry in taxes), ZERO)
        sums = [lines, allowances, charges, tax_exclusive, taxed, tax_exclusive + taxed]
    if any(abs(amount) >= LARGEST for amount in sums):
        raise Invalid.one("lines", f"The sums are too large: an amount must stay below {LARGEST:f}.")
    lines, allowances, charges, tax_exclusive, taxed, tax_inclusive = (rounded(amount, currency) for amount in sums)
    return Totals(lines, allowances, charges, tax_exclusive, taxes, taxed, tax_inclusive)


def _taxed_amounts(content: Content, currency: str) -> Iterator[tuple[Tax, Decimal]]:
    for line in content.lines:
        yield line.tax, line.net(currency)
    for allowance in content.document_allowances:
        yield allowance.tax, allowance.effect


def _tax_total(tax: Tax, base: Decimal, currency: str) -> TaxTotal:
    return TaxTotal(tax.category, tax.rate, rounded(base, currency), rounded(base * tax.rate / 100, currency))
