"""Takes in the events of the other contexts."""

from typing import Any

from backoffice.messages.envelope import Event
from backoffice.messages.inbox import Inbox
from work_shop import schemas
from work_shop.domain.customer import Customer
from work_shop.store import Store

inbox = Inbox()
handler = inbox.handler


@inbox.on("CustomerRegistered", schema=schemas.CustomerFact)
@inbox.on("CustomerUpdated", schema=schemas.CustomerFact)
def learn_of_customer(event: Event, data: dict[str, Any]) -> None:
    """Keep the replica in step with its customer; older news than what is known changes nothing.

    Two at once: the one that comes second fails as stale, rests, and looks again.
    """
    store = Store()
    customer = store.known_customer(data["customer_id"]) or Customer(id=data["customer_id"])
    if customer.learn(data["time_zone"], event.aggregate_version):
        store.save_customer(customer, event.event_id)
