"""How old the debts of an account are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.domain.money import ZERO, rounded

# The last day of each range, in days after the due date; what is older is over 90.
_RANGES = ((0, "current"), (30, "days_1_30"), (60, "days_31_60"), (90, "days_61_90"))
_OLDEST = "over_90"


@dataclass(frozen=True)
class OpenItem:
    """What remains of an open invoice."""

    invoice_id: str
    currency: str
    due_date: date
    remaining: Decimal


@dataclass(frozen=True)
class Ageing:
    """What is outstanding by how many days it is overdue; ``current`` is not yet due."""

    current: Decimal
    days_1_30: Decimal
    days_31_60: Decimal
    days_61_90: Decimal
    over_90: Decimal

    @classmethod
    def of(cls, items: Iterable[OpenItem], currency: str, today: date) -> "Ageing":
        """Sort the open items of a currency by age."""
        sums = {name: ZERO for _, name in _RANGES} | {_OLDEST: ZERO}
        for item in items:
            if item.currency == currency:
                days = (today - item.due_date).days
                sums[next((name for last, name in _RANGES if days <= last), _OLDEST)] += item.remaining
        return cls(**{name: rounded(amount, currency) for name, amount in sums.items()})
