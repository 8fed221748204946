"""Reads of the customer support API."""

from backoffice.http import Answer, Api, Request, ok
from backoffice.http.served import openapi_document
from customer_support import schemas
from customer_support.store import Store

AGENTS = "agents"
CUSTOMER = {"customer_id": "cus"}
TICKET = {"ticket_id": "tkt"}

api = Api()
handler = api.handler
api.get("/openapi.json", group=None)(openapi_document)


@api.get("/customers", group=AGENTS, answer=schemas.Customer, many=True)
def list_customers(request: Request) -> Answer:
    """All customers, newest first."""
    return request.listing(*Store().customers(request.page))


@api.get("/customers/{customer_id}", group=AGENTS, answer=schemas.Customer, ids=CUSTOMER)
def get_customer(request: Request) -> Answer:
    """One customer."""
    customer = Store().customer(request.path["customer_id"])
    return ok(customer, version=customer.version)


@api.get("/tickets", group=AGENTS, query=schemas.TicketFilter, answer=schemas.Ticket, many=True)
def list_tickets(request: Request) -> Answer:
    """Tickets of one status, customer or assignee, or all of them; newest first."""
    return request.listing(*Store().tickets(request.query, request.page))


@api.get("/tickets/{ticket_id}", group=AGENTS, answer=schemas.Ticket, ids=TICKET)
def get_ticket(request: Request) -> Answer:
    """One ticket."""
    ticket = Store().ticket(request.path["ticket_id"])
    return ok(ticket, version=ticket.version)


@api.get("/tickets/{ticket_id}/messages", group=AGENTS, answer=schemas.Message, many=True, ids=TICKET)
def list_messages(request: Request) -> Answer:
    """A ticket's conversation, oldest first."""
    return request.listing(*Store().messages(request.path["ticket_id"], request.page))


@api.get("/tickets/{ticket_id}/time-entries", group=AGENTS, answer=schemas.TimeEntry, many=True, ids=TICKET)
def list_time_entries(request: Request) -> Answer:
    """Time that was worked on a ticket, oldest first."""
    return request.listing(*Store().time_entries(request.path["ticket_id"], request.page))
