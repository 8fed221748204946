"""Writes of tickets: opening one, and moving it along its life cycle."""

from collections.abc import Callable

from backoffice.domain import Invalid
from backoffice.errors import NotFound
from backoffice.http import Answer, Request, created, ok
from backoffice.ids import new_id
from customer_support import schemas
from customer_support.domain.conversation import Author, Message, Visibility
from customer_support.domain.history import Act
from customer_support.domain.service_levels import ServiceLevels
from customer_support.domain.tickets import Ticket
from customer_support.handlers.commands.routes import AGENTS, TICKET, act_of, action, api
from customer_support.store import Store


@api.post("/tickets", group=AGENTS, body=schemas.NewTicket, answer=schemas.Ticket, status=201, idempotent=True)
def open_ticket(request: Request) -> Answer:
    """Open a ticket for a customer; its body is the conversation's first message."""
    store, act = Store(), act_of(request)
    ticket = Ticket.open(new_id("tkt"), request.body, act, store.service_levels())
    first = Message(
        id=new_id("msg"),
        ticket_id=ticket.id,
        body=ticket.body,
        visibility=Visibility.PUBLIC,
        author=Author.CUSTOMER,
        written_by=act.by,
        written_at=act.at,
    )
    answer = created(ticket, f"/tickets/{ticket.id}", version=ticket.next_version)
    store.add_ticket(ticket, first, request.receipt(answer))
    return answer


@api.patch("/tickets/{ticket_id}", group=AGENTS, body=schemas.TicketChanges, answer=schemas.Ticket, ids=TICKET)
def change_ticket(request: Request) -> Answer:
    """Change a ticket's subject, priority, queue or tags."""
    store, ticket = _read(request)
    ticket.change(request.body, act_of(request))
    store.save_ticket(ticket)
    return ok(ticket, version=ticket.next_version)


@action("assign", body=schemas.Assignment, answer=schemas.Ticket)
def assign_ticket(request: Request) -> Answer:
    """Make an agent responsible for a ticket."""
    store, ticket = _read(request)
    ticket.assign(request.body["assignee"], act_of(request))
    return _saved(store, ticket, request)


@action("hold", body=schemas.Hold, answer=schemas.Ticket)
def hold_ticket(request: Request) -> Answer:
    """Let a ticket wait, for the customer (pending) or for a third party (on_hold); its resolution clock pauses."""
    store, ticket = _read(request)
    ticket.hold(request.body["status"], act_of(request))
    return _saved(store, ticket, request)


@action("resume", answer=schemas.Ticket)
def resume_ticket(request: Request) -> Answer:
    """Go on with a ticket that waits."""
    return _resumed(request, Ticket.resume)


@action("solve", body=schemas.Solution, answer=schemas.Ticket)
def solve_ticket(request: Request) -> Answer:
    """Declare a ticket solved; its billable time goes to invoicing, and so does the outcome of a dispute."""
    store = Store()
    ticket, worked = store.ticket_and_time(request.path["ticket_id"])
    request.require_version(ticket.version)
    ticket.solve(worked, act_of(request), store.service_levels(), request.body["resolution"])
    return _saved(store, ticket, request)


@action("reopen", answer=schemas.Ticket)
def reopen_ticket(request: Request) -> Answer:
    """Take up a solved ticket again, within seven days."""
    return _resumed(request, Ticket.reopen)


@action("close", answer=schemas.Ticket)
def close_ticket(request: Request) -> Answer:
    """Close a solved ticket before its reopen window is over; nothing opens it again."""
    store, ticket = _read(request)
    ticket.close(act_of(request), "by_agent")
    return _saved(store, ticket, request)


@action("merge", body=schemas.Merger, answer=schemas.Ticket)
def merge_ticket(request: Request) -> Answer:
    """Close a ticket as part of another of the same customer, which shows its conversation and time from then on."""
    store, into = Store(), request.body["into"]
    if into == request.path["ticket_id"]:
        raise Invalid.one("into", "A ticket cannot be merged into itself.")
    tickets, _ = store.tickets_and_levels([request.path["ticket_id"], into])
    found = {ticket.id: ticket for ticket in tickets}
    if request.path["ticket_id"] not in found:
        raise NotFound("ticket", request.path["ticket_id"])
    if into not in found:
        raise Invalid.one("into", "There is no such ticket.")
    ticket, heir = found[request.path["ticket_id"]], found[into]
    request.require_version(ticket.version)
    ticket.merge_into(heir, act_of(request))
    answer = ok(ticket, version=ticket.next_version)
    store.save_merged(ticket, heir, request.receipt(answer))
    return answer


@api.put("/tickets/{ticket_id}/satisfaction", group=AGENTS, body=schemas.Rating, answer=schemas.Ticket, ids=TICKET)
def rate_ticket(request: Request) -> Answer:
    """Enter what the customer thinks of the solution; the last word counts."""
    store, ticket = _read(request)
    ticket.rate(request.body["score"], request.body["comment"], act_of(request))
    store.save_ticket(ticket)
    return ok(ticket, version=ticket.next_version)


def _read(request: Request) -> tuple[Store, Ticket]:
    store = Store()
    ticket = store.ticket(request.path["ticket_id"])
    request.require_version(ticket.version)
    return store, ticket


def _resumed(request: Request, resume: Callable[[Ticket, Act, ServiceLevels], None]) -> Answer:
    """Let the clocks of a ticket run again."""
    store = Store()
    ticket, levels = store.ticket_and_levels(request.path["ticket_id"])
    request.require_version(ticket.version)
    resume(ticket, act_of(request), levels)
    return _saved(store, ticket, request)


def _saved(store: Store, ticket: Ticket, request: Request) -> Answer:
    answer = ok(ticket, version=ticket.next_version)
    store.save_ticket(ticket, request.receipt(answer))
    return answer
