"""The transactional outbox: an event is an item of the same transaction as the change that it tells of.

Source: https://microservices.io/patterns/data/transactional-outbox.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from backoffice import tracing
from backoffice.clock import now
from backoffice.domain import Aggregate
from backoffice.dynamodb import Item, Table
from backoffice.ids import new_id
from backoffice.messages.envelope import Event, current_origin

# One partition takes 1,000 writes a second; an event is written (in a transaction: twice the cost) and deleted once.
SHARDS = 4


@dataclass(frozen=True)
class Pending:
    """An event that waits in the outbox, with the trace header of the request that caused it."""

    pk: str
    event_id: str
    type: str
    event: str
    xray: str | None

    @classmethod
    def from_item(cls, item: Item) -> "Pending":
        return cls(item["pk"], item["sk"], item["type"], item["event"], item.get("xray"))

    @property
    def key(self) -> tuple[str, str]:
        return self.pk, self.event_id


def items(aggregate: Aggregate) -> Iterator[Item]:
    """The outbox items of the aggregate's facts."""
    origin = current_origin()
    for fact in aggregate.facts:
        event = Event(
            event_id=new_id("evt"),
            type=fact.type,
            schema_version=1,
            occurred_at=fact.occurred_at,
            recorded_at=now(),
            aggregate_id=aggregate.id,
            aggregate_version=aggregate.next_version,
            correlation_id=origin.correlation_id,
            causation_id=origin.causation_id,
            data=fact.data,
        )
        yield _item(event)


def pending_before(table: Table, time: datetime) -> Iterator[Pending]:
    """Events that were put into the outbox before ``time`` and are still there, oldest first within a shard."""
    last = f"evt_{ULID.from_datetime(time)}"
    for shard in range(SHARDS):
        for item in table.query_all(_partition(shard), sk_between=("evt_", last)):
            yield Pending.from_item(item)


def _item(event: Event) -> Item:
    shard = ord(event.event_id[-1]) % SHARDS
    return {
        "pk": _partition(shard),
        "sk": event.event_id,
        "type": event.type,
        "event": event.to_json(),
        "xray": tracing.header(),
    }


def _partition(shard: int) -> str:
    return f"OUTBOX#{shard}"
