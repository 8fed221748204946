"""What customer support learns from other contexts, and what they ask of it."""

from typing import Any

from backoffice.clock import now
from backoffice.messages.envelope import Event
from backoffice.messages.inbox import Inbox
from customer_support import casework, forgetting, schemas
from customer_support.domain.erasure import Answer
from customer_support.domain.matters import Objection, Reminder
from customer_support.store import Store

inbox = Inbox()
handler = inbox.handler

_ENDED = {
    "InvoicePaid": "is paid",
    "InvoiceVoided": "is void",
    "InvoiceMarkedUncollectible": "was given up as uncollectible",
}


@inbox.on("ForgetCustomer", schema=schemas.ForgetCustomer)
def forget_customer(command: Event, data: dict[str, Any]) -> None:
    """Go on with the erasure of what we ourselves keep of a customer."""
    forgetting.go_on(Store(), data["customer_id"], data["look"], now(), command.event_id)


@inbox.on("ErasureAnsweredByInvoicing", schema=schemas.ErasureAnswer)
@inbox.on("ErasureAnsweredByAnalytics", schema=schemas.NothingToErase)
def take_erasure_answer(reply: Event, data: dict[str, Any]) -> None:
    """Another context says what it has erased and what it keeps."""
    answer = Answer(version=reply.aggregate_version, at=reply.occurred_at, erased=data["erased"], kept=data["kept"])
    context = reply.type.removeprefix("ErasureAnsweredBy").lower()
    forgetting.take_answer(Store(), data["erasure_id"], (context, answer), now(), reply.event_id)


@inbox.upcast("TimeEntryBilled", schema=schemas.TimeEntryBilledV1, version=1)
def tell_what_is_charged(event: Event) -> dict[str, Any]:
    """Version 1 told what was worked only: with a rate that counts begun steps, more may have been charged."""
    return {**event.data, "charged_minutes": None}


@inbox.on("TimeEntryBilled", schema=schemas.TimeEntryBilled, version=2)
def mark_billed(event: Event, data: dict[str, Any]) -> None:
    """Agents see on which invoice their time stands."""
    Store().mark_billed(event.event_id, data)


@inbox.on("DunningStepReached", schema=schemas.DunningStepReached)
def open_reminder(event: Event, data: dict[str, Any]) -> None:
    """Somebody has to remind the customer: one ticket for each step."""
    customer_id = data.pop("account_id")
    casework.take_up(Reminder(customer_id=customer_id, since=event.occurred_at, **data), event)


@inbox.on("InvoicePaid", schema=schemas.InvoiceEnded)
@inbox.on("InvoiceVoided", schema=schemas.InvoiceEnded)
@inbox.on("InvoiceMarkedUncollectible", schema=schemas.InvoiceEnded)
def end_reminders(event: Event, data: dict[str, Any]) -> None:
    """Nobody has to remind of the invoice any more."""
    why = f"Invoice {data['number']} {_ENDED[event.type]}: there is nothing left to remind of."
    casework.end(data["invoice_id"], event, why)


@inbox.on("OpenDisputeTicket", schema=schemas.OpenDisputeTicket)
def hear_dispute(command: Event, objection: Objection) -> None:
    """Invoicing asks who is right about a dispute."""
    casework.take_up(objection, command)


@inbox.on("InvoiceDisputed", schema=schemas.InvoiceDisputed)
def pause_reminders(event: Event, data: dict[str, Any]) -> None:
    """Nobody is to be reminded of a disputed invoice."""
    casework.pause(data["invoice_id"], data["dispute_id"], event)


@inbox.on("DisputeSettled", schema=schemas.DisputeSettled)
def end_dispute(event: Event, data: dict[str, Any]) -> None:
    """The dispute is settled, maybe by an accountant: nobody waits for an agent any more, and reminding goes on."""
    casework.go_on(data["invoice_id"], data["dispute_id"])
    why = f"The dispute about invoice {data['number']} is settled: {data['outcome']}."
    casework.end(data["dispute_id"], event, why, data["outcome"])
