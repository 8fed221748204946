"""What an account owes, kept as running sums, one for each currency."""

from dataclasses import dataclass
from decimal import Decimal

from invoicing.domain.ageing import Ageing


@dataclass(frozen=True)
class Balance:
    """``outstanding`` is what remains of finalized invoices, ``unapplied`` what was paid and pays no invoice yet."""

    currency: str
    outstanding: Decimal
    unapplied: Decimal
    ageing: Ageing

    @property
    def balance(self) -> Decimal:
        """What the account owes all in all; below zero if it has paid more than it was asked for."""
        return self.outstanding - self.unapplied


@dataclass(frozen=True)
class AccountBalance:
    """The balances of an account, in all currencies that it was ever invoiced or paid in."""

    account_id: str
    balances: tuple[Balance, ...]
