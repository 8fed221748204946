"""What customer support decides about a dispute, carried out on its invoice."""

from dataclasses import dataclass
from datetime import datetime

from backoffice.domain import Invalid, RuleBroken
from backoffice.ids import derived_id
from invoicing.domain.credit_notes import CreditNote, LineClaim, Wanted, credit
from invoicing.domain.disputes import Dispute, Escalation, Outcome
from invoicing.domain.invoice import Invoice
from invoicing.domain.numbering import Series

_LONGEST_REASON = 200
_NOTHING_LEFT = {"not_creditable", "fully_credited"}


@dataclass(frozen=True)
class Decision:
    """What was decided on a ticket; ``claims`` are what is to be credited, None: all that is left."""

    ticket_id: str
    outcome: Outcome
    claims: tuple[LineClaim, ...] | None = None


def carry_out(
    decision: Decision, dispute: Dispute, invoice: Invoice, series: Series, at: datetime
) -> CreditNote | None:
    """Settle a dispute as it was decided; answer the credit note, if there is one.

    An invoice that is paid meanwhile is credited all the same: its payments come free. Of one that is void or credited
    in full nothing is left to credit, so the dispute ends without a note. If less is left than was agreed, nobody
    guesses: the dispute is escalated to the accountants.
    """
    dispute.ticket_id = decision.ticket_id
    if decision.outcome is Outcome.UPHELD:
        dispute.settle(invoice, decision.outcome, at)
        return None
    wanted = Wanted(dispute.reason[:_LONGEST_REASON], decision.claims)
    try:
        note = credit(_note_id(dispute), invoice, series, wanted, at)
    except RuleBroken as broken:
        if broken.code not in _NOTHING_LEFT:
            raise
        dispute.settle(invoice, decision.outcome, at)
        return None
    except Invalid as impossible:
        dispute.escalate(Escalation.NOT_CREDITABLE, at, str(impossible))
        return None
    dispute.settle(invoice, decision.outcome, at, note.id)
    return note


def _note_id(dispute: Dispute) -> str:
    """The id of the credit note follows from the dispute: there is no second one, whatever happens."""
    return derived_id("crn", dispute.opened_at, dispute.id)
