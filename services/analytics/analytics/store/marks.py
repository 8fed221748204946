"""The marks of events that were counted: they keep each event from counting twice, and explain numbers.

    pk SEEN#<generation>#<event id>            sk SEEN             the mark, with the changes of its first quarter hour
                                               sk SEEN#<quarter>   the changes of a further quarter hour; few have any
    gsi1pk EVENTS#<generation>#<hour>#<0..3>   gsi1sk <quarter>#<event id>

Marks are kept for good. An hour may have very many events: four partitions of the index share its load.
"""

from datetime import datetime

from analytics.domain.buckets import Change
from analytics.domain.explaining import Measured
from backoffice.clock import rfc3339
from backoffice.dynamodb import Item

HOUR_SHARDS = 4


def items(event: Measured, generation: str) -> list[Item]:
    """The mark of an event, and what else is to be kept with it: one item for each quarter hour that it changes."""
    pk = f"SEEN#{generation}#{event.event_id}"
    quarters: dict[datetime, list[Change]] = {}
    for change in event.changes:
        quarters.setdefault(change.quarter, []).append(change)
    if not quarters:
        return [{"pk": pk, "sk": "SEEN", **_told(event)}]
    return [
        {
            "pk": pk,
            "sk": f"SEEN#{_minute(quarter)}" if number else "SEEN",
            "gsi1pk": partition(generation, quarter, ord(event.event_id[-1]) % HOUR_SHARDS),
            "gsi1sk": f"{_minute(quarter)}#{event.event_id}",
            **_told(event),
            "changes": [_change_item(change) for change in quarters[quarter]],
        }
        for number, quarter in enumerate(sorted(quarters))
    ]


def partition(generation: str, quarter: datetime, shard: int) -> str:
    """A partition of the index, with a part of the events of an hour."""
    return f"EVENTS#{generation}#{quarter:%Y-%m-%dT%H}#{shard}"


def _told(event: Measured) -> Item:
    return {
        "type": event.type,
        "aggregate_id": event.aggregate_id,
        "occurred_at": rfc3339(event.occurred_at),
        "trace_id": event.trace_id,
    }


def _change_item(change: Change) -> Item:
    return {
        "measure": change.measure.name,
        "dimensions": list(change.dimensions),
        "amount": change.amount,
        "bin": change.bin,
    }


def _minute(quarter: datetime) -> str:
    return f"{quarter:%Y-%m-%dT%H:%M}"
