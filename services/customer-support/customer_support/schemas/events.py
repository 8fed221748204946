"""What customer support needs of the events and commands of other contexts."""

from typing import Any

from marshmallow import fields, post_load

from backoffice.schemas import Day, Flag, Id, Tolerant, Utc, Whole
from customer_support.domain.disputes import Outcome
from customer_support.domain.erasure import Erased, Kept
from customer_support.domain.matters import InvoiceLine, Objection


class ForgetCustomer(Tolerant):
    """Customer support's command to itself; ``look`` is how often it is to have gone through everything."""

    customer_id = Id("cus", required=True)
    look = Whole(least=1, required=True)


class ErasedThings(Tolerant):
    what = fields.String(required=True)
    count = Whole(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Erased:
        return Erased(**data)


class KeptThings(Tolerant):
    what = fields.String(required=True)
    count = Whole(required=True)
    legal_basis = fields.String(required=True)
    until = Day(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Kept:
        return Kept(**data)


class NothingToErase(Tolerant):
    """The answer of a context that knows customers by ids alone."""

    erasure_id = Id("era", required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "erased": (), "kept": ()}


class ErasureAnswer(Tolerant):
    """What a context answers to EraseCustomer."""

    erasure_id = Id("era", required=True)
    erased = fields.List(fields.Nested(ErasedThings), required=True)
    kept = fields.List(fields.Nested(KeptThings), required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "erased": tuple(data["erased"]), "kept": tuple(data["kept"])}


class TimeEntryBilledV1(Tolerant):
    time_entry_id = Id("tme", required=True)
    ticket_id = Id("tkt", required=True)
    invoice_id = Id("inv", required=True)


class TimeEntryBilled(TimeEntryBilledV1):
    """Version 2, which tells what is charged; null is of one that was told before."""

    charged_minutes = Whole(required=True, allow_none=True)


class DunningStepReached(Tolerant):
    invoice_id = Id("inv", required=True)
    account_id = Id("cus", required=True)
    number = fields.String(required=True)
    currency = fields.String(required=True)
    due_date = Day(required=True)
    remaining = fields.String(required=True)
    step = Whole(least=1, required=True)


class InvoiceEnded(Tolerant):
    """InvoicePaid, InvoiceVoided or InvoiceMarkedUncollectible."""

    invoice_id = Id("inv", required=True)
    number = fields.String(required=True)


class InvoiceDisputed(Tolerant):
    dispute_id = Id("dsp", required=True)
    invoice_id = Id("inv", required=True)


class DisputeSettled(InvoiceDisputed):
    number = fields.String(required=True)
    outcome = fields.Enum(Outcome, by_value=True, required=True)


class DisputedLine(Tolerant):
    line_id = fields.String(required=True)
    description = fields.String(required=True)
    net = fields.String(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> InvoiceLine:
        return InvoiceLine(**data)


class OpenDisputeTicket(Tolerant):
    """A command of invoicing."""

    dispute_id = Id("dsp", required=True)
    invoice_id = Id("inv", required=True)
    account_id = Id("cus", required=True)
    number = fields.String(required=True)
    currency = fields.String(required=True)
    due_date = Day(required=True)
    tax_inclusive = fields.String(required=True)
    remaining = fields.String(required=True)
    reason = fields.String(required=True)
    line_count = Whole(least=1, required=True)
    lines = fields.List(fields.Nested(DisputedLine), required=True)
    disputed_at = Utc(required=True)
    escalated = Flag(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Objection:
        names = {"account_id": "customer_id", "disputed_at": "since"}
        values = {names.get(name, name): value for name, value in data.items()}
        return Objection(**values | {"lines": tuple(data["lines"])})
