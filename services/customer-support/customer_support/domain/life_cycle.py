"""Where a ticket may stand, and what it takes in each state."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backoffice.domain import RuleBroken


class Status(StrEnum):
    """Where a ticket stands. ``pending`` waits for the customer, ``on_hold`` for a third party."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


@dataclass(frozen=True)
class Transition:
    """A ticket is in ``status`` from then on."""

    status: Status
    at: datetime


# Long enough for a holiday week, short enough that a month's figures settle.
REOPEN_WINDOW = timedelta(days=7)

UNSOLVED = frozenset({Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD})
WAITING = frozenset({Status.PENDING, Status.ON_HOLD})

ALLOWED: dict[str, frozenset[Status]] = {
    "absorb": UNSOLVED,
    "answer": UNSOLVED,
    "assign": UNSOLVED,
    "change": UNSOLVED,
    "close": frozenset({Status.SOLVED}),
    "hold": frozenset({Status.NEW, Status.OPEN}),
    "merge": UNSOLVED | {Status.SOLVED},
    "rate": frozenset({Status.SOLVED, Status.CLOSED}),
    "reopen": frozenset({Status.SOLVED}),
    "reply": UNSOLVED | {Status.SOLVED},
    "resume": WAITING,
    "solve": UNSOLVED,
    "time_entry": UNSOLVED,
}
"""In which states a ticket takes an action; internal notes it always takes. What absorbs is the heir of a merger."""


def demand(action: str, status: Status) -> None:
    """Raise RuleBroken unless a ticket in that state takes the action."""
    if status not in ALLOWED[action]:
        raise RuleBroken(
            "illegal_transition",
            f"The ticket is {status.value} and does not take the action {action}.",
            status_now=status.value,
            allowed_from=sorted(allowed.value for allowed in ALLOWED[action]),
            allowed_actions=sorted(name for name, states in ALLOWED.items() if status in states and name != "absorb"),
        )
