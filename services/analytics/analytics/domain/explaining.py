"""What is kept of an event, so that a number can be explained by the events behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.domain.buckets import Change


@dataclass(frozen=True, slots=True)
class Measured:
    """An event with all that it changes; ``trace_id`` is None if it came without a trace."""

    event_id: str
    type: str
    aggregate_id: str
    occurred_at: datetime
    trace_id: str | None
    changes: Sequence[Change]
