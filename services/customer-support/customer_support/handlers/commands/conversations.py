"""Writes of what is said and worked on tickets."""

from backoffice.http import Answer, Request, created
from backoffice.ids import new_id
from customer_support import schemas
from customer_support.domain.conversation import Author, Message, TimeEntry
from customer_support.domain.replies import Reply, receive
from customer_support.handlers.commands.routes import act_of, action
from customer_support.store import Store


@action("messages", body=schemas.NewMessage, answer=schemas.Message, status=201)
def add_message(request: Request) -> Answer:
    """Answer the customer, note something among agents, or enter what the customer said.

    What a customer says of a closed ticket opens a follow-up; the answer's ticket_id names it.
    """
    store, act = Store(), act_of(request)
    by_customer = request.body["author"] is Author.CUSTOMER
    read = store.replied_to if by_customer else store.ticket_and_levels
    ticket, levels = read(request.path["ticket_id"])
    if ticket.id == request.path["ticket_id"]:
        request.require_version(ticket.version)
    message = Message(id=new_id("msg"), ticket_id=ticket.id, **request.body, written_by=act.by, written_at=act.at)
    if by_customer:
        reply = receive(ticket, message, new_id("tkt"), levels)
    else:
        ticket.add(message, levels)
        reply = Reply(ticket, message)
    answer = created(reply.message, f"/tickets/{reply.ticket.id}/messages/{message.id}")
    store.add_reply(reply, request.receipt(answer))
    return answer


@action("time-entries", body=schemas.NewTimeEntry, answer=schemas.TimeEntry, status=201)
def enter_time(request: Request) -> Answer:
    """Enter time that was worked on an unsolved ticket; billable time is priced by its rate code."""
    store = Store()
    ticket = store.ticket(request.path["ticket_id"])
    request.require_version(ticket.version)
    act = act_of(request)
    entry = TimeEntry(id=new_id("tme"), ticket_id=ticket.id, **request.body, worked_by=act.by, entered_at=act.at)
    ticket.log(entry)
    answer = created(entry, f"/tickets/{ticket.id}/time-entries/{entry.id}")
    store.add_time_entry(ticket, entry, request.receipt(answer))
    return answer
