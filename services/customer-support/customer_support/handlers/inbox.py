"""What customer support learns from other contexts."""

from typing import Any

from backoffice.messages.envelope import Event
from backoffice.messages.inbox import Inbox
from customer_support import schemas
from customer_support.store import Store

inbox = Inbox()
handler = inbox.handler


@inbox.upcast("TimeEntryBilled", schema=schemas.TimeEntryBilledV1, version=1)
def tell_what_is_charged(event: Event) -> dict[str, Any]:
    """Version 1 told what was worked only: with a rate that counts begun steps, more may have been charged."""
    return {**event.data, "charged_minutes": None}


@inbox.on("TimeEntryBilled", schema=schemas.TimeEntryBilled, version=2)
def mark_billed(event: Event, data: dict[str, Any]) -> None:
    """Agents see on which invoice their time stands."""
    Store().mark_billed(event.event_id, data)
