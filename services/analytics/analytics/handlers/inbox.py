"""Takes in the events of the other contexts and counts each one once; answers when a customer is to be erased."""

from collections.abc import Collection, Sequence
from typing import Any

from analytics.domain.erasure import Search
from analytics.domain.explaining import Measured
from analytics.domain.measuring import measure
from analytics.schemas import events
from analytics.schemas.erasure import EraseCustomer
from analytics.store.counting import counter_of_process
from analytics.store.erasures import ErasureStore
from backoffice import tracing
from backoffice.clock import now
from backoffice.messages.addresses import return_address
from backoffice.messages.envelope import Event
from backoffice.messages.inbox import BatchInbox


def count(events: Sequence[Measured]) -> Collection[str]:
    """Count a batch of events."""
    return counter_of_process().count(events)


inbox = BatchInbox(write=count)
handler = inbox.handler


@inbox.on("TicketOpened", schema=events.TicketOpened)
@inbox.on("TicketAssigned", schema=events.TicketAssigned)
@inbox.on("TicketReclassified", schema=events.TicketReclassified)
@inbox.on("FirstResponseSent", schema=events.FirstResponseSent)
@inbox.on("TicketSolved", schema=events.TicketSolved)
@inbox.on("TicketReopened", schema=events.TicketReopened)
@inbox.on("TicketClosed", schema=events.TicketClosed)
@inbox.on("SlaBreached", schema=events.SlaBreached)
@inbox.on("SatisfactionRecorded", schema=events.SatisfactionRecorded)
@inbox.on("InvoiceIssued", schema=events.InvoiceIssued)
@inbox.on("InvoiceVoided", schema=events.InvoiceVoided)
@inbox.on("InvoiceMarkedUncollectible", schema=events.InvoiceMarkedUncollectible)
@inbox.on("PaymentRecorded", schema=events.PaymentRecorded)
@inbox.on("PaymentAllocated", schema=events.PaymentAllocated)
@inbox.on("PaymentReversed", schema=events.PaymentReversed)
@inbox.on("PaymentRefunded", schema=events.PaymentRefunded)
@inbox.on("CreditNoteIssued", schema=events.CreditNoteIssued)
def measured(event: Event, data: dict[str, Any]) -> Measured:
    """What the event changes in the buckets of its own time."""
    changes = measure(event.type, data)
    return Measured(event.event_id, event.type, event.aggregate_id, event.occurred_at, tracing.trace_id(), changes)


@inbox.on("EraseCustomer", schema=EraseCustomer)
def answer_erasure(command: Event, data: dict[str, Any]) -> None:
    """A customer is to be erased, and whoever asks wants to hear what was here."""
    search = Search(id=data["customer_id"])
    search.answer(data["erasure_id"], return_address(command), now())
    ErasureStore().answer(search, command.event_id)
