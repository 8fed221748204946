"""Refunds: parts of a payment that are sent back."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from backoffice.clock import rfc3339
from backoffice.domain import FieldError
from invoicing.domain.days import future_faults
from invoicing.domain.ledger import Entry, Kind
from invoicing.domain.lines import ERASED
from invoicing.domain.money import amount_faults, written


@dataclass(frozen=True, kw_only=True)
class Refund:
    """A part of a payment that was sent back, known to the outside under ``external_ref``."""

    id: str
    amount: Decimal
    external_ref: str
    refunded_on: date
    recorded_at: datetime
    reason: str | None = None

    def faults(self, currency: str, unapplied: Decimal) -> list[FieldError]:
        """What makes it impossible, where so much of the payment is ``unapplied``."""
        faults = amount_faults(self.amount, currency) + future_faults("refunded_on", self.refunded_on, self.recorded_at)
        if self.amount > unapplied:
            faults.append(FieldError("amount.amount", f"Only {unapplied} {currency} is unapplied."))
        return faults

    def entry(self) -> Entry:
        """What it changes of the account's book."""
        return Entry(
            kind=Kind.REFUND,
            document_id=self.id,
            reference=self.external_ref,
            at=self.recorded_at,
            unapplied=-self.amount,
        )

    def told(self, currency: str) -> dict[str, str]:
        """As events tell it."""
        return {
            "refund_id": self.id,
            "amount": written(self.amount, currency),
            "external_ref": self.external_ref,
            "refunded_on": self.refunded_on.isoformat(),
            "recorded_at": rfc3339(self.recorded_at),
        }

    def forgotten(self) -> "Refund":
        """What is left of it once no law keeps it: amount and days."""
        return replace(self, external_ref=ERASED, reason=None)
