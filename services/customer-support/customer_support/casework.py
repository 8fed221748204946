"""What invoicing asks and tells, carried into our tickets: once each, whatever the order in which it comes."""

from collections.abc import Iterable, Sequence

from backoffice.clock import now
from backoffice.contention import retry_on_conflict
from backoffice.domain import Invalid
from backoffice.ids import derived_id, new_id
from backoffice.logs import logger
from backoffice.messages.addresses import return_address
from backoffice.messages.envelope import Event
from customer_support.domain.cases import Ending
from customer_support.domain.conversation import Author, Message, TimeEntry, Visibility
from customer_support.domain.disputes import Outcome, refusal
from customer_support.domain.history import Act
from customer_support.domain.matters import DISPUTED, ESCALATED, Matter, Objection
from customer_support.domain.replies import Reply
from customer_support.domain.service_levels import Priority, ServiceLevels
from customer_support.domain.tickets import Ticket
from customer_support.store import Store

INVOICING = "invoicing"


@retry_on_conflict()
def take_up(matter: Matter, event: Event) -> None:
    """Open the ticket of a matter; one that comes too late is solved at once. Asked again, hurry or answer again.

    Raises Contended if others kept changing the case.
    """
    store, act = Store(), Act(INVOICING, now())
    case = store.case(matter.case_id)
    if asked := case.tickets.get(matter.topic):
        # A question that comes after a later one has nothing to add to it.
        if isinstance(matter, Objection) and asked.version < event.aggregate_version:
            _hear_again(store, asked.ticket_id, matter, event)
        return
    id = derived_id("tkt", matter.since, matter.case_id, matter.topic)
    details = matter.details
    if case.is_disputed:
        details["tags"].append(DISPUTED)
    levels = store.service_levels()
    ticket = Ticket.open(id, details, act, levels)
    messages = [_note(ticket, ticket.body, act)]
    if isinstance(matter, Objection):
        ticket.dispute = matter.as_dispute(return_address(event))
    case.take_up(matter.topic, id, event.aggregate_version)
    if case.ending and case.is_over(event.aggregate_version):
        messages.append(_withdraw(ticket, [], case.ending, act, levels))
    try:
        store.add_ticket_of_case(case, ticket, messages, event.event_id)
    except Invalid:
        _refuse(store, matter, event, act)


@retry_on_conflict()
def end(case_id: str, event: Event, why: str, outcome: Outcome | None = None) -> None:
    """Solve the tickets that have no point any more; they say ``why``. Raises Contended."""
    store, act = Store(), Act(INVOICING, now())
    case, ending = store.case(case_id), Ending(event.aggregate_version, why, outcome)
    if ended := case.end(ending):
        _withdraw_all(store, ended, ending, act)
    store.save_case(case, event.event_id)


def pause(invoice_id: str, dispute_id: str, event: Event) -> None:
    """The invoice is disputed: nobody is to be reminded until that is settled. Raises Contended."""
    why = "The invoice is disputed: remind nobody until that is settled."
    _mark(invoice_id, (dispute_id, True), why, event.event_id)


def go_on(invoice_id: str, dispute_id: str) -> None:
    """A dispute of the invoice is settled; the event is to be marked as taken by what follows. Raises Contended."""
    why = "The dispute about the invoice is settled: reminding goes on."
    _mark(invoice_id, (dispute_id, False), why, None)


@retry_on_conflict()
def _mark(invoice_id: str, dispute: tuple[str, bool], why: str, event_id: str | None) -> None:
    """Tag the open reminders of an invoice while it is disputed, or take the tag off."""
    store, act = Store(), Act(INVOICING, now())
    case, (dispute_id, is_open) = store.case(invoice_id), dispute
    case.hear_of(dispute_id, is_open=is_open)
    reminders = [asked.ticket_id for asked in case.tickets.values()]
    tickets, _ = store.tickets_and_levels(reminders) if reminders else ([], None)
    for ticket in tickets:
        if ticket.has_point and (DISPUTED in ticket.tags) is not case.is_disputed:
            others = [tag for tag in ticket.tags if tag != DISPUTED]
            ticket.change({"tags": [*others, DISPUTED] if case.is_disputed else others}, act)
            note = _note(ticket, why, act)
            ticket.note(note)
            store.add_reply(Reply(ticket, note))
    store.save_case(case, event_id)


def _hear_again(store: Store, ticket_id: str, objection: Objection, event: Event) -> None:
    """Asked about a dispute once more: tell what was decided, or hurry."""
    ticket, act, note = store.ticket(ticket_id), Act(INVOICING, now()), None
    if ticket.erased_at and ticket.is_undecided:
        _refuse(store, objection, event, act)
        return
    if not ticket.is_undecided:
        ticket.tell_decision(return_address(event), act.at)
    elif objection.escalated and ESCALATED not in ticket.tags:
        ticket.change({"priority": Priority.URGENT, "tags": [*ticket.tags, ESCALATED]}, act)
        note = _note(ticket, "Invoicing has waited too long for the outcome: the accountants have been told.", act)
        ticket.note(note)
    store.save_told(ticket, event.event_id, note)


def _refuse(store: Store, matter: Matter, event: Event, act: Act) -> None:
    """Nobody can be heard or reminded: there is no such customer (any more)."""
    logger.warning("there is no customer to open a ticket for", extra={"case_id": matter.case_id})
    case = store.case(matter.case_id)
    if isinstance(matter, Objection):
        case.reply(return_address(event), "DisputeTicketRefused", refusal(matter.dispute_id, act.at), act.at)
    store.save_case(case, event.event_id)


def _withdraw_all(store: Store, ticket_ids: Sequence[str], ending: Ending, act: Act) -> None:
    tickets, levels = store.tickets_and_levels(ticket_ids)
    for ticket in tickets:
        if ticket.has_point:
            ticket, worked = store.ticket_and_time(ticket.id)
            note = _withdraw(ticket, worked, ending, act, levels)
            store.add_reply(Reply(ticket, note))


def _withdraw(ticket: Ticket, worked: Iterable[TimeEntry], ending: Ending, act: Act, levels: ServiceLevels) -> Message:
    note = _note(ticket, ending.why, act)
    ticket.note(note)
    ticket.withdraw(worked, act, levels, ending.outcome)
    return note


def _note(ticket: Ticket, text: str, act: Act) -> Message:
    return Message(
        id=new_id("msg"),
        ticket_id=ticket.id,
        body=text,
        visibility=Visibility.INTERNAL,
        author=Author.AGENT,
        written_by=act.by,
        written_at=act.at,
    )
