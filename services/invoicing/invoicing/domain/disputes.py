"""A buyer objects to an invoice; until that is settled nobody reminds of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backoffice.clock import rfc3339
from backoffice.domain import Aggregate, RuleBroken
from invoicing.domain.invoice import Invoice
from invoicing.domain.receivable import State


class DisputeState(StrEnum):
    """A dispute is settled once and for all."""

    OPEN = "open"
    SETTLED = "settled"


class Outcome(StrEnum):
    """How a dispute ends: the invoice stands, or it is credited."""

    UPHELD = "upheld"
    CREDITED = "credited"


@dataclass(kw_only=True)
class Dispute(Aggregate):
    """An objection to an invoice, from when it was raised until it is settled."""

    invoice_id: str
    account_id: str
    number: str
    reason: str
    opened_at: datetime
    state: DisputeState = DisputeState.OPEN
    outcome: Outcome | None = None
    settled_at: datetime | None = None

    @classmethod
    def raised(cls, id: str, invoice: Invoice, reason: str, at: datetime) -> "Dispute":
        """Object to an invoice, whose dunning pauses from now on.

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
        )
        invoice.dunning = invoice.dunning.paused(id, at.date())
        dispute._tell("InvoiceDisputed", at, disputed_at=rfc3339(at))
        return dispute

    def settle(self, invoice: Invoice, outcome: Outcome, at: datetime) -> None:
        """End the dispute; the steps of dunning that are left come later by the time it took.

        Raises RuleBroken ``settled``.
        """
        if self.state is DisputeState.SETTLED:
            raise RuleBroken("settled", "The dispute is settled already.", outcome=f"{self.outcome}")
        self.state, self.outcome, self.settled_at = DisputeState.SETTLED, outcome, at
        invoice.dunning = invoice.dunning.resumed(invoice.issued.due_date, at.date())
        times = {"disputed_at": rfc3339(self.opened_at), "settled_at": rfc3339(at)}
        self._tell("DisputeSettled", at, outcome=outcome.value, **times)

    def _tell(self, type: str, at: datetime, **data: str) -> None:
        about = {
            "dispute_id": self.id,
            "invoice_id": self.invoice_id,
            "account_id": self.account_id,
            "number": self.number,
        }
        self.record(type, about | data, at)
