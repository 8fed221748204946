"""The transactional outbox: a message is an item of the same transaction as the change that it tells of.

Source: https://microservices.io/patterns/data/transactional-outbox.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from backoffice import tracing
from backoffice.clock import now
from backoffice.domain import Aggregate, Command, Fact, Reply
from backoffice.dynamodb import Item, Table
from backoffice.ids import new_id
from backoffice.messages import addresses
from backoffice.messages.envelope import Event, Origin, current_origin

# One partition takes 1,000 writes a second; an event is written (in a transaction: twice the cost) and deleted once.
SHARDS = 4


@dataclass(frozen=True)
class Pending:
    """A message that waits in the outbox, with the trace header of the request that caused it.

    It goes to the context's topic or, a command or reply, to one ``queue``.
    """

    pk: str
    event_id: str
    type: str
    event: str
    xray: str | None
    queue: str | None

    @classmethod
    def from_item(cls, item: Item) -> "Pending":
        return cls(item["pk"], item["sk"], item["type"], item["event"], item.get("xray"), item.get("queue"))

    @property
    def key(self) -> tuple[str, str]:
        return self.pk, self.event_id


def items(aggregate: Aggregate) -> Iterator[Item]:
    """The outbox items of the aggregate's facts, commands and replies."""
    work = current_origin()
    for fact in aggregate.facts:
        origin = Origin(fact.to.correlation_id, fact.to.command_id) if isinstance(fact, Reply) else work
        event = Event(
            event_id=new_id("evt"),
            type=fact.type,
            schema_version=fact.schema_version,
            occurred_at=fact.occurred_at,
            recorded_at=now(),
            aggregate_id=aggregate.id,
            aggregate_version=aggregate.next_version,
            correlation_id=origin.correlation_id,
            causation_id=origin.causation_id,
            data=fact.data,
            reply_to=addresses.own_inbox() if isinstance(fact, Command) else None,
        )
        yield _item(event) | _route(fact)


def pending_before(table: Table, time: datetime) -> Iterator[Pending]:
    """Messages that were put into the outbox before ``time`` and are still there, oldest first within a shard."""
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


def _route(fact: Fact) -> Item:
    """Where a message goes if not to the topic; a reply also continues the trace of its command, however old."""
    if isinstance(fact, Command):
        return {"queue": addresses.commands_of(fact.asked)}
    if isinstance(fact, Reply):
        return {"queue": fact.to.queue} | ({"xray": fact.to.trace} if fact.to.trace else {})
    return {}


def _partition(shard: int) -> str:
    return f"OUTBOX#{shard}"
