"""Aggregates with facts, events and the outbox, for the tests of the message kit."""

from datetime import UTC, datetime

from backoffice.domain import Aggregate
from backoffice.ids import new_id
from backoffice.messages import outbox
from backoffice.messages.envelope import Event
from backoffice.transactions import Transaction

AT = datetime(2026, 11, 23, 17, 0, 0, 123000, tzinfo=UTC)


def aggregate(*types, version=0):
    made = Aggregate(id=new_id("tkt"), version=version)
    for number, type in enumerate(types):
        made.record(type, {"number": number}, AT)
    return made


def event(type="TicketSolved", data=None, **changes):
    values = {
        "event_id": new_id("evt"),
        "type": type,
        "schema_version": 1,
        "occurred_at": AT,
        "recorded_at": AT,
        "aggregate_id": new_id("tkt"),
        "aggregate_version": 1,
        "correlation_id": "cor-1",
        "causation_id": "cau-1",
        "data": {"minutes": 5} if data is None else data,
    }
    return Event(**values | changes)


def emit(table, made):
    transaction = Transaction(table)
    transaction.emit(made)
    transaction.commit()


def waiting(table):
    """What is in the outbox."""
    return [item for shard in range(outbox.SHARDS) for item in table.query(f"OUTBOX#{shard}").items]
