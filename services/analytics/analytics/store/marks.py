"""The marks of events that were counted: they keep each event from counting twice, and explain numbers.

    pk SEEN#<generation>#<event id>            sk SEEN             the mark, with the changes of its first quarter hour
                                               sk SEEN#<quarter>   the changes of a further quarter hour; few have any
    gsi1pk EVENTS#<generation>#<hour>#<0..3>   gsi1sk <quarter>#<event id>

Marks are kept for good. An hour may have very many events: four partitions of the index share its load.
"""

from collections.abc import Mapping
from datetime import datetime

from analytics.domain.buckets import Change
from analytics.domain.explaining import Measured
from analytics.domain.measures import Measure
from backoffice.clock import parse_time, rfc3339
from backoffice.dynamodb import Item

HOUR_SHARDS = 4

_HOUR = len("2026-11-23T17")


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
            "sk": f"SEEN#{minute(quarter)}" if number else "SEEN",
            "gsi1pk": partition(generation, hour_of(minute(quarter)), ord(event.event_id[-1]) % HOUR_SHARDS),
            "gsi1sk": f"{minute(quarter)}#{event.event_id}",
            **_told(event),
            "changes": [_change_item(change) for change in quarters[quarter]],
        }
        for number, quarter in enumerate(sorted(quarters))
    ]


def partition(generation: str, hour: str, shard: int) -> str:
    """A partition of the index, with a part of the events of an hour, ``2026-11-23T17``."""
    return f"EVENTS#{generation}#{hour}#{shard}"


def minute(quarter: datetime) -> str:
    """A quarter hour as it stands in keys, ``2026-11-23T17:15``; it begins with its hour."""
    return f"{quarter:%Y-%m-%dT%H:%M}"


def hour_of(minute: str) -> str:
    """The hour of a quarter, as it stands in keys."""
    return minute[:_HOUR]


def event_of(item: Item, measures: Mapping[str, Measure]) -> Measured:
    """An event with its changes to some measures, as an item tells them."""
    quarter, _, event_id = item["gsi1sk"].partition("#")
    start = datetime.fromisoformat(f"{quarter}Z")
    return Measured(
        event_id,
        item["type"],
        item["aggregate_id"],
        parse_time(item["occurred_at"]),
        item.get("trace_id"),
        [_change(change, measures, start) for change in item["changes"] if change["measure"] in measures],
    )


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


def _change(item: Item, measures: Mapping[str, Measure], quarter: datetime) -> Change:
    bin = item.get("bin")
    return Change(
        measures[item["measure"]],
        tuple(item["dimensions"]),
        quarter,
        item["amount"],
        None if bin is None else int(bin),
    )
