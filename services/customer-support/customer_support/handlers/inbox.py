"""What customer support learns from other contexts."""

from typing import Any

from backoffice.clock import now
from backoffice.messages.envelope import Event
from backoffice.messages.inbox import Inbox
from customer_support import forgetting, schemas
from customer_support.domain.erasure import Answer
from customer_support.store import Store

inbox = Inbox()
handler = inbox.handler


@inbox.on("ForgetCustomer", schema=schemas.ForgetCustomer)
def forget_customer(command: Event, data: dict[str, Any]) -> None:
    """Go on with the erasure of what we ourselves keep of a customer."""
    forgetting.go_on(Store(), data["customer_id"], data["look"], now())


@inbox.on("ErasureAnsweredByInvoicing", schema=schemas.ErasureAnswer)
@inbox.on("ErasureAnsweredByAnalytics", schema=schemas.ErasureAnswer)
def take_erasure_answer(reply: Event, data: dict[str, Any]) -> None:
    """Another context says what it has erased and what it keeps."""
    answer = Answer(version=reply.aggregate_version, at=reply.occurred_at, erased=data["erased"], kept=data["kept"])
    context = reply.type.removeprefix("ErasureAnsweredBy").lower()
    forgetting.take_answer(Store(), data["erasure_id"], (context, answer), now(), reply.event_id)


@inbox.on("TimeEntryBilled", schema=schemas.TimeEntryBilled)
def mark_billed(event: Event, data: dict[str, Any]) -> None:
    """Agents see on which invoice their time stands."""
    Store().mark_billed(event.event_id, data)
