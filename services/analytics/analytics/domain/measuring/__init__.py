"""Measuring: what an event changes in which buckets."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from analytics.domain.buckets import Change, fold
from analytics.domain.measuring import invoicing, support

Data = Mapping[str, Any]

_MEASURES: dict[str, Callable[[Data], Iterable[Change]]] = {**support.MEASURES, **invoicing.MEASURES}

MEASURED = frozenset(_MEASURES)
"""The types of events that change a metric."""


def measure(event_type: str, data: Data) -> list[Change]:
    """The bucket changes that an event causes, at most one for each bucket.

    A change belongs to the time at which the fact happened, not to that of its arrival: a late event
    corrects the past. Changes only add, and what an event takes back it tells itself, with the time at which it had
    been counted; so the order in which events come does not matter.

    Args:
        event_type: one of ``MEASURED``.
        data: the event's data with zoned datetimes, dates and Decimal amounts.
    """
    return fold(_MEASURES[event_type](data))
