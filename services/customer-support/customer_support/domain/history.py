"""History: who did what, and when."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backoffice.domain import Aggregate


@dataclass(frozen=True)
class Act:
    """Who does something, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a history.

    ``changes`` holds ``{"from": .., "to": ..}`` by field; ``refers_to`` is the id of the message, the time entry or the
    other ticket that it is about.
    """

    action: str
    by: str
    at: datetime
    changes: dict[str, Any] = field(default_factory=dict)
    refers_to: str | None = None


@dataclass(kw_only=True)
class Remembering(Aggregate):
    """An aggregate that keeps a history; ``updated_at`` is when its last line was written.

    ``history`` are the new lines: they are written together with the change that they tell of.
    """

    updated_at: datetime
    history: list[Entry] = field(default_factory=list, compare=False, repr=False)

    def remember(self, action: str, act: Act, *, refers_to: str | None = None, **changes: Any) -> None:
        """Set the fields in ``changes`` and write a line that tells what they were and what they became."""
        told = {}
        for name, value in changes.items():
            before = getattr(self, name)
            if before != value:
                told[name] = {"from": before, "to": value}
                setattr(self, name, value)
        self.updated_at = act.at
        self.history.append(Entry(action=action, by=act.by, at=act.at, changes=told, refers_to=refers_to))
