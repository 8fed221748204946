"""A buyer objects to an invoice: customer support hears both sides, and until it is settled nobody reminds of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from backoffice.clock import rfc3339
from backoffice.domain import Aggregate, RuleBroken
from invoicing.domain.invoice import Invoice
from invoicing.domain.lines import ERASED
from invoicing.domain.money import written
from invoicing.domain.receivable import State

SUPPORT = "customer-support"
# Time enough to hear both sides and short enough that no buyer waits for ever, his dunning paused.
ANSWERED_WITHIN = timedelta(days=14)
# What a message can hold and an agent can survey: longer invoices are looked up.
MOST_LINES_TOLD, LONGEST_TOLD = 100, 100


class DisputeState(StrEnum):
    """``escalated``: customer support has not settled it, accountants must. Settled it is once and for all."""

    OPEN = "open"
    ESCALATED = "escalated"
    SETTLED = "settled"


class Outcome(StrEnum):
    """How a dispute ends: the invoice stands, or it is credited."""

    UPHELD = "upheld"
    CREDITED = "credited"


class Escalation(StrEnum):
    """Why a dispute is the accountants' now."""

    NO_ANSWER = "no_answer"
    NO_TICKET = "no_ticket"
    NOT_CREDITABLE = "not_creditable"


@dataclass(kw_only=True)
class Dispute(Aggregate):
    """An objection to an invoice, from when it was raised until it is settled.

    ``escalates_on`` is the day on which customer support should have answered. ``detail`` says more about why it was
    escalated; ``ticket_id`` is where support has decided, ``credit_note_id`` what that has led to.
    """

    invoice_id: str
    account_id: str
    number: str
    reason: str
    opened_at: datetime
    state: DisputeState = DisputeState.OPEN
    outcome: Outcome | None = None
    settled_at: datetime | None = None
    escalates_on: date | None = None
    escalated_at: datetime | None = None
    escalation: Escalation | None = None
    detail: str | None = None
    ticket_id: str | None = None
    credit_note_id: str | None = None

    @classmethod
    def raised(cls, id: str, invoice: Invoice, reason: str, at: datetime) -> "Dispute":
        """Object to an invoice, whose dunning pauses from now on; customer support is asked to find out who is right.

        Raises RuleBroken ``not_disputable`` if nothing is owed on it, ``already_disputed``.
        """
        if invoice.state is not State.OPEN:
            state = invoice.state.value
            raise RuleBroken("not_disputable", f"The invoice is {state}: nothing of it is due.", state=state)
        if invoice.dunning.dispute_id:
            raise RuleBroken("already_disputed", "The invoice is disputed.", dispute_id=invoice.dunning.dispute_id)
        dispute = cls(
            id=id,
            invoice_id=invoice.id,
            account_id=invoice.account_id,
            number=invoice.issued.number,
            reason=reason,
            opened_at=at,
            escalates_on=(at + ANSWERED_WITHIN).date(),
        )
        invoice.dunning = invoice.dunning.paused(id, at.date())
        dispute._tell("InvoiceDisputed", at)
        dispute._ask_support(invoice, at)
        return dispute

    def waits_for(self, day: date) -> bool:
        """Whether it is on that day that an answer of customer support is overdue."""
        return self.state is DisputeState.OPEN and self.escalates_on == day

    def remind(self, invoice: Invoice, at: datetime) -> None:
        """Customer support has not answered in time: tell the accountants, and ask again.

        The question may have been lost, or its answer: support opens the ticket now, hurries, or repeats itself.
        """
        self.escalate(Escalation.NO_ANSWER, at)
        self._ask_support(invoice, at)

    def escalate(self, why: Escalation, at: datetime, detail: str | None = None) -> None:
        """Leave it to the accountants; what customer support answers later still settles it."""
        self.state, self.escalation, self.detail, self.escalated_at = DisputeState.ESCALATED, why, detail, at
        self._tell("DisputeEscalated", at, why=why.value, escalated_at=rfc3339(at))

    def settle(self, invoice: Invoice, outcome: Outcome, at: datetime, credit_note_id: str | None = None) -> None:
        """End the dispute; the steps of dunning that are left come later by the time it took.

        Raises RuleBroken ``settled``.
        """
        if self.state is DisputeState.SETTLED:
            raise RuleBroken("settled", "The dispute is settled already.", outcome=f"{self.outcome}")
        self.state, self.outcome, self.settled_at = DisputeState.SETTLED, outcome, at
        self.credit_note_id = credit_note_id
        invoice.dunning = invoice.dunning.resumed(invoice.issued.due_date, at.date())
        self._tell("DisputeSettled", at, outcome=outcome.value, credit_note_id=credit_note_id, settled_at=rfc3339(at))

    def forget(self) -> None:
        """Forget what was objected; that it was, and how it ended, stays."""
        self.reason, self.detail = ERASED, None

    def _tell(self, type: str, at: datetime, **more: str | None) -> None:
        self.record(type, self._about() | more, at)

    def _ask_support(self, invoice: Invoice, at: datetime) -> None:
        lines = [
            {
                "line_id": str(position),
                "description": line.description[:LONGEST_TOLD],
                "net": written(line.net(invoice.currency), invoice.currency),
            }
            for position, line in enumerate(invoice.content.lines[:MOST_LINES_TOLD], 1)
        ]
        question: dict[str, Any] = {
            "currency": invoice.currency,
            "due_date": invoice.issued.due_date.isoformat(),
            "tax_inclusive": written(invoice.totals.tax_inclusive, invoice.currency),
            "remaining": written(invoice.remaining, invoice.currency),
            "reason": self.reason,
            "line_count": len(invoice.content.lines),
            "lines": lines,
            "escalated": self.state is DisputeState.ESCALATED,
        }
        self.ask(SUPPORT, "OpenDisputeTicket", self._about() | question, at)

    def _about(self) -> dict[str, Any]:
        return {
            "dispute_id": self.id,
            "invoice_id": self.invoice_id,
            "account_id": self.account_id,
            "number": self.number,
            "disputed_at": rfc3339(self.opened_at),
        }
