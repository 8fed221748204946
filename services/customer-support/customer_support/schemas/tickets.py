"""Tickets as they come in and go out."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_dump, validate, validates_schema

from backoffice.schemas import Changes, DecimalString, Flag, Id, Strict, Text, Utc, Whole
from customer_support.domain import disputes
from customer_support.domain.conversation import Author, Visibility
from customer_support.domain.disputes import Outcome
from customer_support.domain.life_cycle import Status
from customer_support.domain.searching import MOST_WORDS, words
from customer_support.domain.service_levels import Priority
from customer_support.schemas.parts import Tags, rate_code, slug, user_name

_WAITS = {"customer": Status.PENDING, "third_party": Status.ON_HOLD}


class NewTicket(Strict):
    customer_id = Id("cus", required=True)
    subject = Text(250, required=True)
    body = Text(20_000, required=True)
    priority = fields.Enum(Priority, by_value=True, load_default=Priority.NORMAL)
    queue = fields.String(validate=slug, load_default="general")
    tags = Tags(load_default=list)


class TicketChanges(Changes):
    subject = Text(250)
    priority = fields.Enum(Priority, by_value=True)
    queue = fields.String(validate=slug)
    tags = Tags()


class Rating(Strict):
    score = Whole(least=1, most=5, required=True)
    comment = Text(2_000, load_default=None, allow_none=True)


class Satisfaction(Strict):
    score = Whole()
    comment = fields.String(allow_none=True)
    rated_at = Utc()


class Dispute(Strict):
    dispute_id = Id("dsp")
    invoice_id = Id("inv")
    number = fields.String()
    outcome = fields.Enum(Outcome, by_value=True, allow_none=True)

    @pre_dump
    def _how_it_ended(self, dispute: disputes.Dispute, **_: Any) -> dict[str, Any]:
        return {**vars(dispute), "outcome": dispute.resolution.outcome if dispute.resolution else None}


class Ticket(Strict):
    id = Id("tkt")
    customer_id = Id("cus")
    subject = fields.String()
    body = fields.String()
    status = fields.Enum(Status, by_value=True)
    priority = fields.Enum(Priority, by_value=True)
    queue = fields.String()
    tags = fields.List(fields.String())
    assignee = fields.String(allow_none=True)
    opened_at = Utc()
    updated_at = Utc()
    first_responded_at = Utc(allow_none=True)
    solved_at = Utc(allow_none=True)
    reopen_until = Utc(allow_none=True, metadata={"description": "While it is solved: until when a reply reopens it."})
    reopen_count = Whole(metadata={"description": "How often it was taken up again after it had been solved."})
    closed_at = Utc(allow_none=True)
    satisfaction = fields.Nested(Satisfaction, allow_none=True)
    follow_up_of = Id("tkt", allow_none=True)
    followed_by = Id("tkt", allow_none=True)
    merged_into = Id("tkt", allow_none=True)
    marks = fields.List(fields.String(), metadata={"description": "What was wrong with mails on this ticket."})
    absorbed = fields.List(fields.String(), metadata={"description": "The tickets that were merged into this one."})
    erased_at = Utc(allow_none=True, metadata={"description": "When its customer was erased, and with them all words."})
    dispute = fields.Nested(
        Dispute, allow_none=True, metadata={"description": "What it is to decide: it is solved with an outcome."}
    )


class Words(fields.Field[frozenset[str]]):
    """Words to be searched for, in whatever capitals and accents."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> frozenset[str]:
        found = words(value) if isinstance(value, str) else frozenset()
        if not 1 <= len(found) <= MOST_WORDS:
            raise ValidationError(f"Between one and {MOST_WORDS} words of two letters at least.")
        return found


class TicketFilter(Strict):
    """A status, one of queue, assignee, customer_id, tag and q, or both; or updated_after alone; or nothing."""

    status = fields.Enum(Status, by_value=True)
    queue = fields.String(validate=slug)
    assignee = fields.String(validate=user_name)
    customer_id = Id("cus")
    tag = fields.String(validate=slug)
    updated_after = Utc(metadata={"description": "Those that changed since then, the last change first."})
    q = Words(metadata={"description": "Words of the subject or of messages, all of them; five at most."})

    @post_load
    def demand_what_is_listed(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        others = [name for name in data if name != "status"]
        if len(others) > 1:
            raise ValidationError({name: ["Filter by one of these at a time, and by status."] for name in others})
        if "updated_after" in data and "status" in data:
            raise ValidationError({name: ["updated_after stands alone."] for name in data})
        return data


class Assignment(Strict):
    assignee = fields.String(required=True, validate=user_name)


class Hold(Strict):
    waiting_for = fields.String(
        validate=validate.OneOf(list(_WAITS)),
        load_default="third_party",
        metadata={"description": "Whom the ticket waits for: customer makes it pending, third_party on_hold."},
    )

    @post_load
    def name_the_status(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"status": _WAITS[data["waiting_for"]]}


class CreditedLine(Strict):
    line_id = Text(4, required=True, metadata={"description": "The line's position on the invoice, from 1."})
    quantity = DecimalString(load_default=None, allow_none=True)
    amount = DecimalString(load_default=None, allow_none=True, metadata={"description": "Of its net amount."})

    @validates_schema
    def is_one_or_the_other(self, data: dict[str, Any], **_: Any) -> None:
        if data["quantity"] is not None and data["amount"] is not None:
            raise ValidationError("Give a quantity or an amount, not both.", "amount")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> disputes.LineClaim:
        return disputes.LineClaim(**data)


class Solution(Strict):
    """How a dispute was decided; of any other ticket there is nothing to say."""

    outcome = fields.Enum(
        Outcome, by_value=True, metadata={"description": "Demanded for the ticket of a dispute, and for no other."}
    )
    lines = fields.List(
        fields.Nested(CreditedLine),
        validate=validate.Length(min=1, max=1000),
        metadata={"description": "What is to be credited: a quantity or a net amount of some lines. Left out: all."},
    )

    @validates_schema
    def is_about_a_credit(self, data: dict[str, Any], **_: Any) -> None:
        if "lines" in data and data.get("outcome") is not Outcome.CREDITED:
            raise ValidationError("Only a dispute that is credited names lines.", "lines")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        lines = tuple(data["lines"]) if "lines" in data else None
        return {"resolution": disputes.Resolution(data["outcome"], lines) if "outcome" in data else None}


class Merger(Strict):
    into = Id("tkt", required=True)


class Attachment(Strict):
    id = fields.String(metadata={"description": "To be read at /tickets/{ticket_id}/attachments/{id}."})
    filename = fields.String()
    content_type = fields.String()
    size = Whole(metadata={"description": "Bytes."})


class NewMessage(Strict):
    body = Text(20_000, required=True)
    visibility = fields.Enum(Visibility, by_value=True, load_default=Visibility.PUBLIC)
    author = fields.Enum(Author, by_value=True, load_default=Author.AGENT)

    @post_load
    def demand_sense(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["author"] is Author.CUSTOMER and data["visibility"] is Visibility.INTERNAL:
            raise ValidationError({"visibility": ["A customer's message is public."]})
        return data


class Message(Strict):
    id = Id("msg")
    ticket_id = Id("tkt")
    body = fields.String()
    visibility = fields.Enum(Visibility, by_value=True)
    author = fields.Enum(Author, by_value=True)
    written_by = fields.String()
    written_at = Utc()
    attachments = fields.List(fields.Nested(Attachment))
    marks = fields.List(fields.String(), metadata={"description": "What was wrong with the mail that it came by."})


class NewTimeEntry(Strict):
    minutes = Whole(least=1, most=24 * 60, required=True)
    rate_code = fields.String(required=True, validate=rate_code)
    billable = Flag(load_default=True)
    note = Text(500, load_default=None, allow_none=True)


class TimeEntry(Strict):
    id = Id("tme")
    ticket_id = Id("tkt")
    minutes = Whole()
    rate_code = fields.String()
    billable = fields.Boolean()
    note = fields.String(allow_none=True)
    worked_by = fields.String()
    entered_at = Utc()
    invoice_id = Id("inv", allow_none=True)
    charged_minutes = Whole(allow_none=True, metadata={"description": "What the invoice charges for."})
