"""Absorbs days that are over, so that questions about them stay quick."""

from typing import Any

from analytics.store.compacting import Compactor
from backoffice.clock import parse_time
from backoffice.logs import invocation, logger

# An item takes some tens of milliseconds; what is left is found the next time.
_ENOUGH_MILLISECONDS = 10_000


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the schedule. What one run does not finish, the next one does; answers stay the same.

    A day is over by the time of the schedule's own event.
    """
    with invocation(context):
        absorbed = Compactor().compact(
            parse_time(event["time"]), lambda: context.get_remaining_time_in_millis() < _ENOUGH_MILLISECONDS
        )
        logger.info("days compacted", extra={"items": absorbed})
