"""What invoicing brings before us: an objection to an invoice, a reminder that is due; and how agents read it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from backoffice.domain import ReturnAddress
from customer_support.domain.disputes import Dispute
from customer_support.domain.service_levels import Priority

QUEUE = "billing"
ESCALATED, DISPUTED = "escalated", "disputed"
_BY_STEP = {1: Priority.NORMAL, 2: Priority.HIGH}
_MOST_SHOWN = 100


@dataclass(frozen=True)
class InvoiceLine:
    """A line of an invoice; ``net`` is a decimal string."""

    line_id: str
    description: str
    net: str


@dataclass(frozen=True, kw_only=True)
class Objection:
    """The buyer objects to an invoice; amounts are decimal strings in ``currency``. Its case is the dispute."""

    dispute_id: str
    invoice_id: str
    customer_id: str
    number: str
    currency: str
    due_date: date
    tax_inclusive: str
    remaining: str
    reason: str
    line_count: int
    lines: tuple[InvoiceLine, ...]
    since: datetime
    escalated: bool

    @property
    def case_id(self) -> str:
        return self.dispute_id

    @property
    def topic(self) -> str:
        return "dispute"

    @property
    def details(self) -> dict[str, Any]:
        """The ticket that it opens."""
        return {
            "customer_id": self.customer_id,
            "subject": f"Dispute about invoice {self.number}",
            "body": self._text,
            "priority": Priority.URGENT if self.escalated else Priority.HIGH,
            "queue": QUEUE,
            "tags": ["dispute", ESCALATED] if self.escalated else ["dispute"],
        }

    def as_dispute(self, asked_by: ReturnAddress) -> Dispute:
        """What its ticket is to decide."""
        return Dispute(
            dispute_id=self.dispute_id,
            invoice_id=self.invoice_id,
            number=self.number,
            lines=self.line_count,
            asked_by=asked_by,
        )

    @property
    def _text(self) -> str:
        told = [f"{line.line_id}. {line.description}: {line.net}" for line in self.lines[:_MOST_SHOWN]]
        if self.line_count > len(told):
            told.append(f"... and {self.line_count - len(told)} more lines")
        return "\n".join(
            [
                f"The customer disputes invoice {self.number} over {self.tax_inclusive} {self.currency}, due on "
                f"{self.due_date}, of which {self.remaining} {self.currency} remain to be paid:",
                "",
                self.reason,
                "",
                f"Lines of the invoice, in {self.currency} without tax:",
                *told,
                "",
                "Find out who is right, then solve this ticket with an outcome: upheld, or credited with all of the "
                "invoice or some of its lines. Nobody reminds of the invoice meanwhile.",
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """A step of an overdue invoice's dunning: the customer is to be reminded. Its case is the invoice."""

    invoice_id: str
    customer_id: str
    number: str
    currency: str
    due_date: date
    remaining: str
    step: int
    since: datetime

    @property
    def case_id(self) -> str:
        return self.invoice_id

    @property
    def topic(self) -> str:
        return f"step-{self.step}"

    @property
    def details(self) -> dict[str, Any]:
        """The ticket that it opens; later steps are more urgent."""
        owed = f"{self.remaining} {self.currency}"
        return {
            "customer_id": self.customer_id,
            "subject": f"Reminder {self.step}: invoice {self.number}",
            "body": f"Invoice {self.number} was due on {self.due_date}, and {owed} remain to be paid. Remind the "
            f"customer (step {self.step}). Once it is paid, this ticket solves itself.",
            "priority": _BY_STEP.get(self.step, Priority.URGENT),
            "queue": QUEUE,
            "tags": ["dunning", self.topic],
        }


Matter = Objection | Reminder
