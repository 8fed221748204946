"""All that is kept of one customer."""

from marshmallow import fields

from backoffice.schemas import Id, Strict, Utc
from customer_support.schemas.customers import Customer
from customer_support.schemas.parts import HistoryEntry
from customer_support.schemas.tickets import Message, Ticket, TimeEntry


class ExportPosition(Strict):
    after = Id("tkt")


class ExportedTicket(Strict):
    ticket = fields.Nested(Ticket)
    messages = fields.List(fields.Nested(Message))
    time_entries = fields.List(fields.Nested(TimeEntry))
    history = fields.List(fields.Nested(HistoryEntry))
    is_complete = fields.Boolean(
        metadata={"description": "False: so much was said that the rest must be read at /tickets/{id}/messages."}
    )


class CustomerExport(Strict):
    exported_at = Utc()
    customer = fields.Nested(Customer)
    history = fields.List(fields.Nested(HistoryEntry))
    tickets = fields.List(fields.Nested(ExportedTicket), metadata={"description": "Oldest first."})
    next_after = Id("tkt", allow_none=True)
