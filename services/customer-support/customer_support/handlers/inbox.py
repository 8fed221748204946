"""What customer support learns from other contexts."""

from typing import Any

from backoffice.messages.envelope import Event
from backoffice.messages.inbox import Inbox
from customer_support import schemas
from customer_support.store import Store

inbox = Inbox()
handler = inbox.handler


@inbox.on("TimeEntryBilled", schema=schemas.TimeEntryBilled)
def mark_billed(event: Event, data: dict[str, Any]) -> None:
    """Agents see on which invoice their time stands."""
    Store().mark_billed(event.event_id, data)
