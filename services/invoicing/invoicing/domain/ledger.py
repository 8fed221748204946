"""What an account owes, as a book: each change is an entry, and the balance is the sum of all entries."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from backoffice.domain import Aggregate
from invoicing.domain.money import ZERO


class Kind(StrEnum):
    """What an entry tells of."""

    INVOICE = "invoice"
    VOID = "void"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    ALLOCATION = "allocation"
    REVERSAL = "reversal"
    REFUND = "refund"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A change of what is owed (``outstanding``) and of what was paid and pays no invoice yet (``unapplied``).

    ``reference`` is how people call the document: an invoice's number, a payment's external reference.
    """

    kind: Kind
    document_id: str
    reference: str
    at: datetime
    outstanding: Decimal = ZERO
    unapplied: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        """What it changes of the balance: more is owed above zero, less below."""
        return self.outstanding - self.unapplied


@dataclass(kw_only=True)
class Booked(Aggregate):
    """An aggregate whose changes are entries of its account's book, written together with it."""

    entries: list[Entry] = field(default_factory=list, compare=False, repr=False)
