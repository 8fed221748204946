"""What comes in and goes out of customer support."""

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from backoffice.schemas import Id, Locale, Strict, Text, Tolerant, Utc, Whole, Zone
from customer_support.domain.tickets import Author, Priority, Status, Visibility

_SLUG = validate.Regexp(r"^[a-z0-9][a-z0-9_-]{0,49}$", error="Lower case letters, digits, - and _; 50 at most.")
_RATE_CODE = validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$", error="Letters, digits, dot, - and _; 50 at most.")
_USER = validate.Regexp(r"^[A-Za-z0-9][A-Za-z0-9@._+-]{0,127}$", error="Not a user name.")
_EMAIL_LENGTH = validate.Length(max=254)


class Changes(Strict):
    """Base of PATCH bodies: what is left out stays; nothing at all is a mistake."""

    @post_load
    def demand_something(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not data:
            raise ValidationError("Name at least one field to change.")
        return data


class NewCustomer(Strict):
    name = Text(200, required=True)
    email = fields.Email(required=True, validate=_EMAIL_LENGTH)
    company = Text(200, load_default=None, allow_none=True)
    locale = Locale(load_default="en")
    time_zone = Zone(load_default="UTC")


class CustomerChanges(Changes):
    name = Text(200)
    email = fields.Email(validate=_EMAIL_LENGTH)
    company = Text(200, allow_none=True)
    locale = Locale()
    time_zone = Zone()


class Customer(Strict):
    id = Id("cus")
    name = fields.String()
    email = fields.String()
    company = fields.String(allow_none=True)
    locale = Locale()
    time_zone = Zone()
    created_at = Utc()
    updated_at = Utc()


class NewTicket(Strict):
    customer_id = Id("cus", required=True)
    subject = Text(250, required=True)
    body = Text(20_000, required=True)
    priority = fields.Enum(Priority, by_value=True, load_default=Priority.NORMAL)
    queue = fields.String(validate=_SLUG, load_default="general")
    tags = fields.List(fields.String(validate=_SLUG), validate=validate.Length(max=20), load_default=list)


class TicketChanges(Changes):
    subject = Text(250)
    priority = fields.Enum(Priority, by_value=True)
    queue = fields.String(validate=_SLUG)
    tags = fields.List(fields.String(validate=_SLUG), validate=validate.Length(max=20))


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


class TicketFilter(Strict):
    """One filter at a time; none lists all tickets."""

    status = fields.Enum(Status, by_value=True)
    customer_id = Id("cus")
    assignee = fields.String(validate=_USER)

    @post_load
    def demand_one(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if len(data) > 1:
            raise ValidationError({name: ["Filter by one field at a time."] for name in data})
        return data


class Assignment(Strict):
    assignee = fields.String(required=True, validate=_USER)


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
    body = fields.String()
    visibility = fields.Enum(Visibility, by_value=True)
    author = fields.Enum(Author, by_value=True)
    written_by = fields.String()
    written_at = Utc()


class NewTimeEntry(Strict):
    minutes = Whole(least=1, most=24 * 60, required=True)
    rate_code = fields.String(required=True, validate=_RATE_CODE)
    billable = fields.Boolean(truthy={True}, falsy={False}, load_default=True)
    note = Text(500, load_default=None, allow_none=True)


class TimeEntry(Strict):
    id = Id("tme")
    minutes = Whole()
    rate_code = fields.String()
    billable = fields.Boolean()
    note = fields.String(allow_none=True)
    worked_by = fields.String()
    entered_at = Utc()
    invoice_id = Id("inv", allow_none=True)


class TimeEntryBilled(Tolerant):
    """What this context needs of invoicing's event."""

    time_entry_id = Id("tme", required=True)
    ticket_id = Id("tkt", required=True)
    invoice_id = Id("inv", required=True)
