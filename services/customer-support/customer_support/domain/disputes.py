"""Disputes about invoices, as far as they are decided here: on a ticket, with an outcome that invoicing carries out."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from backoffice.clock import rfc3339
from backoffice.domain import FieldError, Invalid, ReturnAddress, RuleBroken


class Outcome(StrEnum):
    """How a dispute is decided: the invoice stands, or it is to be credited."""

    UPHELD = "upheld"
    CREDITED = "credited"


@dataclass(frozen=True)
class LineClaim:
    """What is to be credited of an invoice's line: a quantity or a net amount; neither: all that is left."""

    line_id: str
    quantity: Decimal | None = None
    amount: Decimal | None = None

    def told(self) -> dict[str, str | None]:
        """As invoicing is told it."""
        return {
            "line_id": self.line_id,
            "quantity": None if self.quantity is None else f"{self.quantity:f}",
            "amount": None if self.amount is None else f"{self.amount:f}",
        }


@dataclass(frozen=True)
class Resolution:
    """A decision; ``lines`` are what is to be credited, None: all that is left of the invoice."""

    outcome: Outcome
    lines: tuple[LineClaim, ...] | None = None

    def told(self) -> dict[str, Any]:
        """As invoicing is told it."""
        return {"outcome": self.outcome.value, "lines": [line.told() for line in self.lines or ()] or None}


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """What a ticket is to decide; ``asked_by`` waits for the decision. The lines of the invoice are 1 to ``lines``."""

    dispute_id: str
    invoice_id: str
    number: str
    lines: int
    asked_by: ReturnAddress
    resolution: Resolution | None = None

    def resolved(self, resolution: Resolution | None) -> "Dispute":
        """Decide it. Once it is decided the decision stands; to repeat it, or to say nothing, changes nothing.

        Raises Invalid if there is no decision, or for lines that the invoice does not have; RuleBroken ``resolved``.
        """
        if self.resolution and resolution in (None, self.resolution):
            return self
        if self.resolution:
            raise RuleBroken(
                "resolved",
                "The dispute has been decided, and invoicing told: who objects again disputes the invoice anew.",
                outcome=self.resolution.outcome.value,
            )
        if resolution is None:
            raise Invalid.one("outcome", "The ticket of a dispute is solved with an outcome: upheld or credited.")
        known = {str(number) for number in range(1, self.lines + 1)}
        faults = [
            FieldError(f"lines.{position}.line_id", "There is no such line on the invoice.")
            for position, line in enumerate(resolution.lines or ())
            if line.line_id not in known
        ]
        if faults:
            raise Invalid(faults)
        return replace(self, resolution=resolution)


def refusal(dispute_id: str, at: datetime) -> dict[str, str]:
    """What invoicing is told where nobody can be heard: there is no such customer (any more)."""
    return {"dispute_id": dispute_id, "reason": "unknown_customer", "refused_at": rfc3339(at)}
