"""The sums of an invoice by EN 16931: round each line, add up, then tax each base once."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from backoffice.domain import Invalid
from invoicing.domain.lines import Content
from invoicing.domain.money import EXACT, LARGEST, ZERO, rounded
from invoicing.domain.taxes import Tax, exemption_reason


@dataclass(frozen=True)
class TaxTotal:
    """The tax of one category and rate: ``base`` is all that is taxed so, ``amount`` the tax on it, rounded once.

    ``reason`` says why nothing is taxed, in the categories where that is so.
    """

    category: str
    rate: Decimal
    base: Decimal
    amount: Decimal
    reason: str | None = None


@dataclass(frozen=True)
class Totals:
    """The sums that stand at the foot of an invoice, each with exactly the currency's decimals.

    ``tax_exclusive = lines - allowances + charges``, ``tax_inclusive = tax_exclusive + tax``, where ``allowances``
    and ``charges`` are those of the document (those of lines are within ``lines``).
    """

    lines: Decimal
    allowances: Decimal
    charges: Decimal
    tax_exclusive: Decimal
    taxes: tuple[TaxTotal, ...]
    tax: Decimal
    tax_inclusive: Decimal
    prepaid: Decimal = ZERO
    rounding: Decimal = ZERO

    @property
    def payable(self) -> Decimal:
        """What is to be paid (BT-115)."""
        return self.tax_inclusive - self.prepaid + self.rounding


def total(content: Content, currency: str) -> Totals:
    """Add up an invoice.

    Taxes stand in the order of their first line; a rate is written as its first line writes it.
    Raises Invalid if the content contradicts itself, or if a sum is too large to be an amount of money.
    Source: EN 16931-1, BR-CO-10 to BR-CO-17.
    """
    if faults := content.faults(currency):
        raise Invalid(faults)
    amounts = list(_taxed_amounts(content, currency))
    with localcontext(EXACT):
        taxes = _tax_totals(amounts, currency)
        lines = sum((amount for _, amount in amounts[: len(content.lines)]), ZERO)
        return added_up(content, lines, taxes, currency)


def added_up(content: Content, lines: Decimal, taxes: tuple[TaxTotal, ...], currency: str) -> Totals:
    """The sums that follow from the sum of the lines and from the taxes. Raises Invalid if one is too large."""
    with localcontext(EXACT):
        allowances = sum((a.amount for a in content.document_allowances if not a.charge), ZERO)
        charges = sum((a.amount for a in content.document_allowances if a.charge), ZERO)
        tax_exclusive = lines - allowances + charges
        tax = sum((entry.amount for entry in taxes), ZERO)
    sums = {
        "lines": lines,
        "allowances": allowances,
        "charges": charges,
        "tax_exclusive": tax_exclusive,
        "tax": tax,
        "tax_inclusive": tax_exclusive + tax,
        "prepaid": content.prepaid,
        "rounding": content.rounding,
    }
    if any(abs(amount) >= LARGEST for amount in sums.values()):
        raise Invalid.one("lines", f"The sums are too large: an amount must stay below {LARGEST:f}.")
    return Totals(taxes=taxes, **{name: rounded(amount, currency) for name, amount in sums.items()})


def _taxed_amounts(content: Content, currency: str) -> Iterator[tuple[Tax, Decimal]]:
    for line in content.lines:
        yield line.tax, line.net(currency)
    for allowance in content.document_allowances:
        yield allowance.tax, allowance.effect


def _tax_totals(amounts: list[tuple[Tax, Decimal]], currency: str) -> tuple[TaxTotal, ...]:
    bases: dict[Tax, Decimal] = {}
    named: dict[Tax, list[Tax]] = {}
    for tax, amount in amounts:
        bases[tax] = bases.get(tax, ZERO) + amount
        named.setdefault(tax, []).append(tax)
    return tuple(tax_total(tax, base, exemption_reason(named[tax]), currency) for tax, base in bases.items())


def tax_total(tax: Tax, base: Decimal, reason: str | None, currency: str) -> TaxTotal:
    """The tax on a base, rounded once."""
    amount = EXACT.divide(EXACT.multiply(base, tax.rate), Decimal(100))
    return TaxTotal(tax.category, tax.rate, rounded(base, currency), rounded(amount, currency), reason)
