"""Takes in the events of the other contexts and counts each one once."""

from typing import Any

from analytics import schemas
from analytics.domain.measuring import measure
from analytics.store.counting import Counter
from backoffice.messages.envelope import Event
from backoffice.messages.inbox import Inbox

inbox = Inbox()
handler = inbox.handler


@inbox.on("TicketOpened", schema=schemas.TicketOpened)
@inbox.on("TicketSolved", schema=schemas.TicketSolved)
@inbox.on("InvoiceIssued", schema=schemas.InvoiceIssued)
@inbox.on("PaymentRecorded", schema=schemas.PaymentRecorded)
def count(event: Event, data: dict[str, Any]) -> None:
    """Add what the event changes to the buckets of its own time."""
    Counter().count(event.event_id, measure(event.type, data))
