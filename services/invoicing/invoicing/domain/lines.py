"""What an invoice charges for: lines, allowances and charges, each under one tax. Names and rules of EN 16931."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from backoffice.domain import FieldError
from invoicing.domain.money import EXACT, ZERO, is_payable, rounded

# UNCL 5305, as EN 16931 uses it. Source: https://docs.peppol.eu/poacc/billing/3.0/codelist/UNCL5305/
STANDARD = "S"
UNTAXED_CATEGORIES = frozenset({"Z", "E", "AE", "K", "G", "O"})
TAXED_CATEGORIES = frozenset({"L", "M", "B"})
TAX_CATEGORIES = {STANDARD} | UNTAXED_CATEGORIES | TAXED_CATEGORIES


@dataclass(frozen=True)
class Tax:
    """A tax category with its rate in per cent. Two taxes are one if their rates are equal numbers (25 and 25.0)."""

    category: str
    rate: Decimal


@dataclass(frozen=True)
class Allowance:
    """An amount taken off, or put on if it is a charge."""

    amount: Decimal
    charge: bool = False
    reason: str | None = None

    @property
    def effect(self) -> Decimal:
        """What it adds to the net amount."""
        return self.amount if self.charge else -self.amount


@dataclass(frozen=True, kw_only=True)
class DocumentAllowance(Allowance):
    """An allowance or charge on the whole document; it belongs to the base of one tax."""

    tax: Tax


@dataclass(frozen=True, order=True)
class TimeEntry:
    """The billable time that a line charges for, by its ids in customer support."""

    time_entry_id: str
    ticket_id: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """Something delivered: ``quantity`` units, priced at ``unit_price`` for each ``base_quantity`` of them."""

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax: Tax
    base_quantity: Decimal = Decimal(1)
    allowances: tuple[Allowance, ...] = ()
    time_entry: TimeEntry | None = None

    def net(self, currency: str) -> Decimal:
        """The line's amount without tax, rounded once (EN 16931 BT-131)."""
        price = EXACT.divide(EXACT.multiply(self.quantity, self.unit_price), self.base_quantity)
        return rounded(EXACT.add(price, sum((a.effect for a in self.allowances), ZERO)), currency)


@dataclass(frozen=True)
class Content:
    """All that an invoice charges for. Totals follow from it and from the currency."""

    lines: tuple[Line, ...] = ()
    document_allowances: tuple[DocumentAllowance, ...] = ()

    def faults(self, currency: str) -> list[FieldError]:
        """Everything that contradicts itself: amounts nobody can pay, taxes with a rate that their category forbids."""
        faults: list[FieldError] = []
        for index, line in enumerate(self.lines):
            faults += _line_faults(line, f"lines.{index}", currency)
        for index, allowance in enumerate(self.document_allowances):
            path = f"document_allowances.{index}"
            faults += [*_amount_faults([allowance], [path], currency), *_tax_faults(allowance.tax, path)]
        return faults

    @property
    def time_entries(self) -> list[TimeEntry]:
        """The time entries that the lines charge for, line by line."""
        return [line.time_entry for line in self.lines if line.time_entry]

    def charges_for(self, time_entry_id: str) -> bool:
        """Tell whether a line charges for that time entry."""
        return any(entry.time_entry_id == time_entry_id for entry in self.time_entries)


def _line_faults(line: Line, path: str, currency: str) -> Iterator[FieldError]:
    if line.base_quantity <= 0:
        yield FieldError(f"{path}.base_quantity", "Must be more than zero.")
    if line.unit_price < 0:
        yield FieldError(f"{path}.unit_price", "Must not be negative; a negative quantity takes something back.")
    paths = [f"{path}.allowances.{index}" for index in range(len(line.allowances))]
    yield from _amount_faults(line.allowances, paths, currency)
    yield from _tax_faults(line.tax, path)


def _amount_faults(allowances: Sequence[Allowance], paths: Iterable[str], currency: str) -> Iterator[FieldError]:
    for allowance, path in zip(allowances, paths, strict=True):
        if not is_payable(allowance.amount, currency):
            yield FieldError(f"{path}.amount", f"Has more decimals than {currency} has.")


def _tax_faults(tax: Tax, path: str) -> Iterator[FieldError]:
    """EN 16931 rules BR-S-5, BR-Z-5, BR-E-5, BR-AE-5, BR-IC-5, BR-G-5, BR-O-5 and their likes."""
    if tax.category not in TAX_CATEGORIES:
        yield FieldError(f"{path}.tax.category", f"Not one of {', '.join(sorted(TAX_CATEGORIES))}.")
    elif tax.rate < 0 or tax.rate > 100:
        yield FieldError(f"{path}.tax.rate", "Must be between 0 and 100 per cent.")
    elif tax.category in UNTAXED_CATEGORIES and tax.rate != 0:
        yield FieldError(f"{path}.tax.rate", f"Must be 0 in category {tax.category}.")
    elif tax.category == STANDARD and tax.rate == 0:
        yield FieldError(f"{path}.tax.rate", "Must be more than 0 in category S; Z is the category rated zero.")
