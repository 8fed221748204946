"""A solution in figures. They are kept until the ticket is reopened, which then tells what did not hold."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backoffice.clock import rfc3339

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Solution:
    """``business_time`` is None where no policy tells business hours, ``promise_kept`` where nothing was promised."""

    solved_at: datetime
    business_time: timedelta | None
    promise_kept: bool | None

    def told(self) -> dict[str, Any]:
        """As events tell it."""
        return {
            "solved_at": rfc3339(self.solved_at),
            "business_seconds": whole_seconds(self.business_time),
            "promise_kept": self.promise_kept,
        }


def whole_seconds(duration: timedelta | None) -> int | None:
    """A duration as events tell it."""
    return None if duration is None else duration // _SECOND
