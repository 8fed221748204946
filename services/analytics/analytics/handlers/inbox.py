"""Takes in the events of the other contexts and counts each one once."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from analytics.domain.explaining import Measured
from analytics.domain.measuring import measure
from analytics.schemas import events
from analytics.store.counting import Counter
from backoffice import tracing
from backoffice.messages.envelope import Event
from backoffice.messages.inbox import BatchInbox


@lru_cache(maxsize=1)
def _counter() -> Counter:
    return Counter()


def count(events: Sequence[Measured]) -> Collection[str]:
    """Count a batch of events."""
    return _counter().count(events)


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
