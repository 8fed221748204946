"""What happened on an account in a period, from the first balance to the last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicing.domain.ledger import Entry
from invoicing.domain.money import ZERO, rounded


@dataclass(frozen=True)
class Period:
    """From the first day until the day before ``to``, in UTC."""

    first: date
    to: date


@dataclass(frozen=True)
class Row:
    """An entry, and the balance after it."""

    entry: Entry
    balance: Decimal


@dataclass(frozen=True)
class Statement:
    """What an account owed in a currency when the period began, each change, and what it owed when it ended."""

    account_id: str
    currency: str
    period: Period
    opening: Decimal
    entries: tuple[Row, ...]

    @property
    def closing(self) -> Decimal:
        """What it owed when the period ended."""
        return self.entries[-1].balance if self.entries else self.opening

    @classmethod
    def of(cls, account_id: str, currency: str, period: Period, entries: Iterable[Entry]) -> "Statement":
        """The statement that follows from all entries of the account in that currency until the period's end."""
        opening, balance, within = ZERO, ZERO, []
        for entry in entries:
            balance += entry.amount
            if entry.at.date() < period.first:
                opening = balance
            else:
                within.append(Row(entry, rounded(balance, currency)))
        return cls(account_id, currency, period, rounded(opening, currency), tuple(within))
