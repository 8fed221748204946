"""What an invoice charges for: lines, allowances and charges, each under one tax. Names and rules of EN 16931."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from backoffice.currencies import MINOR_UNITS
from backoffice.domain import FieldError
from invoicing.domain.money import EXACT, ZERO, is_payable, rounded
from invoicing.domain.taxes import Tax, mixture_faults, tax_faults

ERASED = "(erased)"
"""What stands where words were that told of somebody."""

_ONE = Decimal(1)

# So many minor units an amount may differ from the percentage that it is said to be (PEPPOL-EN16931-R040).
_SLACK = 2


@dataclass(frozen=True)
class Allowance:
    """An amount taken off, or put on if it is a charge; with a ``percentage`` it is that part of ``base``.

    An amount of zero is yet to be reckoned from its percentage, see ``Content.reckoned``. If no base was given it
    ``follows`` what it applies to, whatever that becomes while the invoice is a draft.
    """

    amount: Decimal
    charge: bool = False
    reason: str | None = None
    percentage: Decimal | None = None
    base: Decimal | None = None
    follows: bool = False

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
    """Something delivered: ``quantity`` units, priced at ``unit_price`` for each ``base_quantity`` of them.

    ``gross_price`` is the price before the discount that led to ``unit_price``; it tells and changes no sum.
    """

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    tax: Tax
    base_quantity: Decimal = _ONE
    gross_price: Decimal | None = None
    allowances: tuple[Allowance, ...] = ()
    time_entry: TimeEntry | None = None

    @property
    def price(self) -> Decimal:
        """Quantity times price, not rounded."""
        price = EXACT.multiply(self.quantity, self.unit_price)
        return price if self.base_quantity == _ONE else EXACT.divide(price, self.base_quantity)

    def net(self, currency: str) -> Decimal:
        """The line's amount without tax, rounded once (EN 16931 BT-131)."""
        price = self.price
        for allowance in self.allowances:
            price = EXACT.add(price, allowance.effect)
        return rounded(price, currency)


@dataclass(frozen=True)
class References:
    """What the buyer wants to find on the invoice (EN 16931 BT-10, BT-13, BT-22, BT-72)."""

    buyer_reference: str | None = None
    order_reference: str | None = None
    note: str | None = None
    delivery_date: date | None = None


@dataclass(frozen=True)
class Content:
    """All that an invoice charges for, and what it says beside. Totals follow from it and from the currency.

    ``rounding`` is added to the sum that is to be paid (BT-114), ``prepaid`` was paid before the invoice (BT-113).
    """

    lines: tuple[Line, ...] = ()
    document_allowances: tuple[DocumentAllowance, ...] = ()
    rounding: Decimal = ZERO
    prepaid: Decimal = ZERO
    references: References = References()

    def reckoned(self, currency: str) -> "Content":
        """The same with the amount of each allowance that was given as a percentage.

        Its base, if none is given, is the line's price or, for the document, the sum of the lines under its tax.
        """
        if not self._has_percentages or any(line.base_quantity <= 0 for line in self.lines):
            return self  # what cannot be reckoned is named by ``faults``
        lines = tuple(
            replace(line, allowances=tuple(_reckoned(one, line.price, currency) for one in line.allowances))
            for line in self.lines
        )
        allowances = tuple(
            _reckoned(one, sum((line.net(currency) for line in lines if line.tax == one.tax), ZERO), currency)
            for one in self.document_allowances
        )
        return replace(self, lines=lines, document_allowances=allowances)

    def forgotten(self) -> "Content":
        """The same sums without the words that people wrote: who was served, for what, under which reference."""
        lines = tuple(
            replace(line, description=ERASED, allowances=tuple(replace(one, reason=None) for one in line.allowances))
            for line in self.lines
        )
        allowances = tuple(replace(one, reason=None) for one in self.document_allowances)
        references = References(delivery_date=self.references.delivery_date)
        return replace(self, lines=lines, document_allowances=allowances, references=references)

    def faults(self, currency: str) -> list[FieldError]:
        """Everything that contradicts itself: amounts nobody can pay, taxes with a rate that their category forbids."""
        faults: list[FieldError] = []
        for index, line in enumerate(self.lines):
            faults += _line_faults(line, f"lines.{index}", currency)
        for index, allowance in enumerate(self.document_allowances):
            path = f"document_allowances.{index}"
            faults += [*_allowance_faults(allowance, path, currency), *tax_faults(allowance.tax, path)]
        faults += mixture_faults(self._taxes())
        for name in ("rounding", "prepaid"):
            if not is_payable(getattr(self, name), currency):
                faults.append(_too_fine(name, currency))
        return faults

    @property
    def time_entries(self) -> list[TimeEntry]:
        """The time entries that the lines charge for, line by line."""
        return [line.time_entry for line in self.lines if line.time_entry]

    def charges_for(self, time_entry_id: str) -> bool:
        """Tell whether a line charges for that time entry."""
        return any(entry.time_entry_id == time_entry_id for entry in self.time_entries)

    @property
    def _has_percentages(self) -> bool:
        allowances = [*self.document_allowances, *(one for line in self.lines for one in line.allowances)]
        return any(one.percentage is not None for one in allowances)

    def _taxes(self) -> Iterator[tuple[str, Tax]]:
        for index, line in enumerate(self.lines):
            yield f"lines.{index}", line.tax
        for index, allowance in enumerate(self.document_allowances):
            yield f"document_allowances.{index}", allowance.tax


A = TypeVar("A", bound=Allowance)


def _reckoned(allowance: A, base: Decimal, currency: str) -> A:
    if allowance.percentage is None:
        return allowance
    follows = allowance.follows or allowance.base is None
    base = rounded(base if follows or allowance.base is None else allowance.base, currency)
    given = ZERO if allowance.follows else allowance.amount
    amount = given or _percentage(allowance.percentage, base, currency)
    return replace(allowance, amount=amount, base=base, follows=follows)


def _percentage(percentage: Decimal, base: Decimal, currency: str) -> Decimal:
    return rounded(EXACT.divide(EXACT.multiply(base, percentage), Decimal(100)), currency)


def _line_faults(line: Line, path: str, currency: str) -> Iterator[FieldError]:
    if line.base_quantity <= 0:
        yield FieldError(f"{path}.base_quantity", "Must be more than zero.")
    if line.unit_price < 0:
        yield FieldError(f"{path}.unit_price", "Must not be negative; a negative quantity takes something back.")
    if line.gross_price is not None and line.gross_price < line.unit_price:
        yield FieldError(f"{path}.gross_price", "Must not be less than unit_price, which is the price after discount.")
    for index, allowance in enumerate(line.allowances):
        yield from _allowance_faults(allowance, f"{path}.allowances.{index}", currency)
    yield from tax_faults(line.tax, path)


def _allowance_faults(allowance: Allowance, path: str, currency: str) -> Iterator[FieldError]:
    if not is_payable(allowance.amount, currency):
        yield _too_fine(f"{path}.amount", currency)
    if allowance.base is None:
        return
    if not is_payable(allowance.base, currency):
        yield _too_fine(f"{path}.base", currency)
    elif allowance.percentage is None:
        yield FieldError(f"{path}.percentage", "Missing: it says which part of base the amount is.")
    elif abs(allowance.amount - _percentage(allowance.percentage, allowance.base, currency)) > _slack(currency):
        yield FieldError(f"{path}.amount", f"Is not {allowance.percentage} per cent of {allowance.base}.")


def _slack(currency: str) -> Decimal:
    return Decimal(_SLACK).scaleb(-MINOR_UNITS[currency])


def _too_fine(path: str, currency: str) -> FieldError:
    return FieldError(path, f"Has more decimals than {currency} has.")
