"""What other contexts tell, as far as it concerns invoicing."""

from typing import Any

from marshmallow import fields, post_load

from backoffice.schemas import DecimalString, Id, Pattern, Tolerant, Whole
from invoicing.domain.credit_notes import LineClaim
from invoicing.domain.disputes import Outcome
from invoicing.domain.lines import TimeEntry
from invoicing.domain.settling import Decision
from invoicing.domain.time_billing import WorkedTime
from invoicing.schemas.parts import RATE_CODE


class CustomerFact(Tolerant):
    """CustomerRegistered and CustomerUpdated, as customer support tells them."""

    customer_id = Id("cus", required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    company = fields.String(load_default=None, allow_none=True)
    locale = fields.String(required=True)
    time_zone = fields.String(required=True)


class EraseCustomer(Tolerant):
    """Customer support asks to erase a customer."""

    customer_id = Id("cus", required=True)
    erasure_id = Id("era", required=True)


class ForgetAccount(Tolerant):
    """Invoicing's command to itself."""

    account_id = Id("cus", required=True)


class BillableTime(Tolerant):
    time_entry_id = Id("tme", required=True)
    minutes = Whole(least=1, required=True)
    rate_code = fields.String(required=True, validate=Pattern(f"^{RATE_CODE}$"))


class TicketSolvedFact(Tolerant):
    """TicketSolved, as far as it concerns invoicing: who pays for which time."""

    ticket_id = Id("tkt", required=True)
    customer_id = Id("cus", required=True)
    time_entries = fields.List(fields.Nested(BillableTime), required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        worked = {
            entry["time_entry_id"]: WorkedTime(
                TimeEntry(entry["time_entry_id"], data["ticket_id"]), entry["minutes"], entry["rate_code"]
            )
            for entry in data["time_entries"]
        }
        return {"account_id": data["customer_id"], "worked": list(worked.values())}


class ClaimedLine(Tolerant):
    """What is to be credited of a line: a quantity or a net amount; neither: all that is left."""

    line_id = fields.String(required=True)
    quantity = DecimalString(load_default=None, allow_none=True)
    amount = DecimalString(load_default=None, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> LineClaim:
        return LineClaim(**data)


class DisputeResolved(Tolerant):
    """Customer support's answer to OpenDisputeTicket."""

    dispute_id = Id("dsp", required=True)
    ticket_id = Id("tkt", required=True)
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    lines = fields.List(fields.Nested(ClaimedLine), load_default=None, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        claims = tuple(data["lines"]) if data["lines"] else None
        decision = Decision(data["ticket_id"], data["outcome"], claims)
        return {"dispute_id": data["dispute_id"], "decision": decision}


class DisputeTicketRefused(Tolerant):
    """Customer support's other answer to OpenDisputeTicket: there is nobody to hear."""

    dispute_id = Id("dsp", required=True)
    reason = fields.String(required=True)
