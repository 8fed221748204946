"""Reads of the customer support API."""

from backoffice.errors import NotFound
from backoffice.http import Answer, Api, Request, ok
from backoffice.http.served import openapi_document
from customer_support import schemas
from customer_support.domain import promises
from customer_support.store import Store

AGENTS = "agents"
CUSTOMER = {"customer_id": "cus"}
ERASURE = {"erasure_id": "era"}
TICKET = {"ticket_id": "tkt"}

api = Api()
handler = api.handler
api.get("/openapi.json", group=None)(openapi_document)


@api.get("/customers", group=AGENTS, query=schemas.CustomerFilter, answer=schemas.Customer, many=True)
def list_customers(request: Request) -> Answer:
    """All customers, newest first; or those with a name, a company or an address, in the order of the name."""
    store = Store()
    for kind, value in request.query.items():
        if kind == "email":
            found = store.customer_with(value)
            return request.listing([found] if found else [], None)
        return request.listing(*store.customers_called(kind, value, request.page))
    return request.listing(*store.customers(request.page))


@api.get("/customers/{customer_id}", group=AGENTS, answer=schemas.Customer, ids=CUSTOMER)
def get_customer(request: Request) -> Answer:
    """One customer."""
    customer = Store().customer(request.path["customer_id"])
    return ok(customer, version=customer.version)


@api.get(
    "/customers/{customer_id}/export",
    group=AGENTS,
    query=schemas.ExportPosition,
    answer=schemas.CustomerExport,
    ids=CUSTOMER,
)
def export_customer(request: Request) -> Answer:
    """All that is kept of a customer (GDPR, article 15): details, tickets, messages, time, histories.

    What is too much for one answer goes on after the ticket that ``next_after`` names.
    """
    return ok(Store().export(request.path["customer_id"], request.query.get("after"), request.at))


@api.get("/customers/{customer_id}/history", group=AGENTS, answer=schemas.HistoryEntry, many=True, ids=CUSTOMER)
def list_customer_history(request: Request) -> Answer:
    """Who changed what of a customer, oldest first."""
    return request.listing(*Store().customer_history(request.path["customer_id"], request.page))


@api.get("/erasures", group=AGENTS, query=schemas.ErasureFilter, answer=schemas.Erasure, many=True)
def list_erasures(request: Request) -> Answer:
    """Erasures of customers, of one state or all, newest first."""
    erasures, start = Store().erasures(request.query.get("state"), request.page)
    return request.listing([schemas.erasure_at(erasure, request.at) for erasure in erasures], start)


@api.get("/erasures/{erasure_id}", group=AGENTS, answer=schemas.Erasure, ids=ERASURE)
def get_erasure(request: Request) -> Answer:
    """How far an erasure is: what each context was asked and has answered, and in the end the certificate."""
    erasure = Store().erasure(request.path["erasure_id"])
    return ok(schemas.erasure_at(erasure, request.at))


@api.get("/tickets", group=AGENTS, query=schemas.TicketFilter, answer=schemas.Ticket, many=True)
def list_tickets(request: Request) -> Answer:
    """Tickets by status, queue, assignee, customer, tag or words, or all of them; newest first."""
    store, filter = Store(), dict(request.query)
    if wanted := filter.pop("q", None):
        return request.listing(*store.search(wanted, filter, request.page))
    return request.listing(*store.tickets(filter, request.page))


@api.get("/tickets/{ticket_id}", group=AGENTS, answer=schemas.Ticket, ids=TICKET)
def get_ticket(request: Request) -> Answer:
    """One ticket."""
    ticket = Store().ticket(request.path["ticket_id"])
    return ok(ticket, version=ticket.version)


@api.get("/tickets/{ticket_id}/history", group=AGENTS, answer=schemas.HistoryEntry, many=True, ids=TICKET)
def list_ticket_history(request: Request) -> Answer:
    """Who did what on a ticket, oldest first."""
    return request.listing(*Store().ticket_history(request.path["ticket_id"], request.page))


@api.get("/tickets/{ticket_id}/messages", group=AGENTS, answer=schemas.Message, many=True, ids=TICKET)
def list_messages(request: Request) -> Answer:
    """A ticket's conversation, oldest first."""
    return request.listing(*Store().messages(request.path["ticket_id"], request.page))


@api.get("/tickets/{ticket_id}/attachments/{attachment_id}", group=AGENTS, status=303, ids=TICKET)
def get_attachment(request: Request) -> Answer:
    """Where a file that came with a message is downloaded: a link that is good for five minutes."""
    attachment = Store().attachment(request.path["ticket_id"], request.path["attachment_id"])
    # What signs links is loaded by those who want one.
    from customer_support.store.mailbox import Mailbox

    return Answer(303, headers={"Location": Mailbox.from_env().link(attachment)})


@api.get("/mails", group=AGENTS, query=schemas.MailFilter, answer=schemas.ReceivedMail, many=True)
def list_mails(request: Request) -> Answer:
    """Mails that were received and what became of each, newest first."""
    return request.listing(*Store().mails(request.query.get("fate"), request.page))


@api.get("/tickets/{ticket_id}/time-entries", group=AGENTS, answer=schemas.TimeEntry, many=True, ids=TICKET)
def list_time_entries(request: Request) -> Answer:
    """Time that was worked on a ticket, oldest first."""
    return request.listing(*Store().time_entries(request.path["ticket_id"], request.page))


@api.get("/tickets/{ticket_id}/sla", group=AGENTS, answer=schemas.ServiceLevel, ids=TICKET)
def get_service_level(request: Request) -> Answer:
    """What was promised for a ticket, and how its clocks stand at this moment."""
    ticket, levels = Store().ticket_and_levels(request.path["ticket_id"])
    promised = vars(ticket.agreement) if ticket.agreement else {}
    names = ("policy_id", "calendar_id", "priority")
    return ok({name: promised.get(name) for name in names} | {"clocks": promises.clocks(ticket, levels, request.at)})


@api.get("/calendars/{calendar_id}", group=AGENTS, answer=schemas.Calendar)
def get_calendar(request: Request) -> Answer:
    """Working hours."""
    id = request.path["calendar_id"]
    calendar = Store().service_levels().calendars.get(id)
    if calendar is None:
        raise NotFound("calendar", id)
    return ok(calendar, version=calendar.version)


@api.get("/sla-policies/{policy_id}", group=AGENTS, answer=schemas.Policy)
def get_policy(request: Request) -> Answer:
    """The targets of a policy."""
    id = request.path["policy_id"]
    policy = Store().service_levels().policies.get(id)
    if policy is None:
        raise NotFound("policy", id)
    return ok(policy, version=policy.version)
