"""Writes of the customer support API."""

from backoffice.http import Answer, Api, Request, created, ok
from backoffice.ids import new_id
from customer_support import schemas
from customer_support.domain.customers import Customer
from customer_support.domain.tickets import Author, Message, Ticket, TimeEntry, Visibility
from customer_support.store import Store

AGENTS = "agents"
CUSTOMER = {"customer_id": "cus"}
TICKET = {"ticket_id": "tkt"}

api = Api()
handler = api.handler


@api.post("/customers", group=AGENTS, body=schemas.NewCustomer, answer=schemas.Customer, status=201, idempotent=True)
def register_customer(request: Request) -> Answer:
    """Register a customer; no two share an e-mail address."""
    customer = Customer.register(new_id("cus"), request.body, request.at)
    answer = created(customer, f"/customers/{customer.id}", version=customer.next_version)
    Store().add_customer(customer, request.receipt(answer))
    return answer


@api.patch(
    "/customers/{customer_id}", group=AGENTS, body=schemas.CustomerChanges, answer=schemas.Customer, ids=CUSTOMER
)
def change_customer(request: Request) -> Answer:
    """Change a customer's details."""
    store = Store()
    customer = store.customer(request.path["customer_id"])
    request.require_version(customer.version)
    previous_email = customer.email
    customer.change(request.body, request.at)
    store.save_customer(customer, previous_email)
    return ok(customer, version=customer.next_version)


@api.post("/tickets", group=AGENTS, body=schemas.NewTicket, answer=schemas.Ticket, status=201, idempotent=True)
def open_ticket(request: Request) -> Answer:
    """Open a ticket for a customer; its body is the conversation's first message."""
    ticket = Ticket.open(new_id("tkt"), request.body, request.at)
    first = Message(
        id=new_id("msg"),
        body=ticket.body,
        visibility=Visibility.PUBLIC,
        author=Author.CUSTOMER,
        written_by=request.caller.username,
        written_at=request.at,
    )
    answer = created(ticket, f"/tickets/{ticket.id}", version=ticket.next_version)
    Store().add_ticket(ticket, first, request.receipt(answer))
    return answer


@api.patch("/tickets/{ticket_id}", group=AGENTS, body=schemas.TicketChanges, answer=schemas.Ticket, ids=TICKET)
def change_ticket(request: Request) -> Answer:
    """Change a ticket's subject, priority, queue or tags."""
    store = Store()
    ticket = store.ticket(request.path["ticket_id"])
    request.require_version(ticket.version)
    ticket.change(request.body, request.at)
    store.save_ticket(ticket)
    return ok(ticket, version=ticket.next_version)


@api.post(
    "/tickets/{ticket_id}/assign",
    group=AGENTS,
    body=schemas.Assignment,
    answer=schemas.Ticket,
    idempotent=True,
    ids=TICKET,
)
def assign_ticket(request: Request) -> Answer:
    """Make an agent responsible for a ticket."""
    store = Store()
    ticket = store.ticket(request.path["ticket_id"])
    request.require_version(ticket.version)
    ticket.assign(request.body["assignee"], request.at)
    answer = ok(ticket, version=ticket.next_version)
    store.save_ticket(ticket, request.receipt(answer))
    return answer


@api.post("/tickets/{ticket_id}/solve", group=AGENTS, answer=schemas.Ticket, idempotent=True, ids=TICKET)
def solve_ticket(request: Request) -> Answer:
    """Declare a ticket solved; its billable time goes to invoicing."""
    store = Store()
    ticket, worked = store.ticket_and_time(request.path["ticket_id"])
    request.require_version(ticket.version)
    ticket.solve(worked, request.at)
    answer = ok(ticket, version=ticket.next_version)
    store.save_ticket(ticket, request.receipt(answer))
    return answer


@api.post(
    "/tickets/{ticket_id}/messages",
    group=AGENTS,
    body=schemas.NewMessage,
    answer=schemas.Message,
    status=201,
    idempotent=True,
    ids=TICKET,
)
def add_message(request: Request) -> Answer:
    """Answer the customer, note something among agents, or enter what the customer said."""
    store = Store()
    ticket = store.ticket(request.path["ticket_id"])
    request.require_version(ticket.version)
    message = Message(id=new_id("msg"), **request.body, written_by=request.caller.username, written_at=request.at)
    ticket.add(message)
    answer = created(message, f"/tickets/{ticket.id}/messages/{message.id}")
    store.add_message(ticket, message, request.receipt(answer))
    return answer


@api.post(
    "/tickets/{ticket_id}/time-entries",
    group=AGENTS,
    body=schemas.NewTimeEntry,
    answer=schemas.TimeEntry,
    status=201,
    idempotent=True,
    ids=TICKET,
)
def enter_time(request: Request) -> Answer:
    """Enter time that was worked on an unsolved ticket; billable time is priced by its rate code."""
    store = Store()
    ticket = store.ticket(request.path["ticket_id"])
    request.require_version(ticket.version)
    entry = TimeEntry(id=new_id("tme"), **request.body, worked_by=request.caller.username, entered_at=request.at)
    ticket.log(entry)
    answer = created(entry, f"/tickets/{ticket.id}/time-entries/{entry.id}")
    store.add_time_entry(ticket, entry, request.receipt(answer))
    return answer
