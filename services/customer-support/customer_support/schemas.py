"""What comes in and goes out of customer support."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from backoffice.schemas import Flag, Id, Locale, Pattern, Strict, Text, Tolerant, Utc, Whole, Zone
from customer_support.domain.tickets import Author, Priority, Status, Visibility

_SLUG = Pattern(r"^[a-z0-9][a-z0-9_-]{0,49}$", error="Lower case letters, digits, - and _; 50 at most.")
_RATE_CODE = Pattern(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$", error="Letters, digits, dot, - and _; 50 at most.")
_USER = Pattern(r"^[A-Za-z0-9][A-Za-z0-9@._+-]{0,127}$", error="Not a user name.")


class Email(Text):
    """An e-mail address, 254 characters at most (RFC 5321)."""

    def __init__(self, **kwargs: Any) -> None:
        form = validate.Email(error="Not an e-mail address.")
        super().__init__(254, validate=form, metadata={"format": "email"}, **kwargs)


class Tags(fields.List[str]):
    """Labels of a ticket; one that is given twice counts once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.String(validate=_SLUG), validate=validate.Length(max=20), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return list(dict.fromkeys(super()._deserialize(value, attr, data, **kwargs)))


class Changes(Strict):
    """Base of PATCH bodies: what is left out stays; nothing at all is a mistake."""

    @post_load
    def demand_something(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not data:
            raise ValidationError("Name at least one field to change.")
        return data


class NewCustomer(Strict):
    name = Text(200, required=True)
    email = Email(required=True)
    company = Text(200, load_default=None, allow_none=True)
    locale = Locale(load_default="en")
    time_zone = Zone(load_default="UTC")


class CustomerChanges(Changes):
    name = Text(200)
    email = Email()
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
    tags = Tags(load_default=list)


class TicketChanges(Changes):
    subject = Text(250)
    priority = fields.Enum(Priority, by_value=True)
    queue = fields.String(validate=_SLUG)
    tags = Tags()


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
    billable = Flag(load_default=True)
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
