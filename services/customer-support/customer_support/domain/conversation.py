"""What is said on a ticket, and the time that is worked on it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from backoffice.clock import rfc3339
from customer_support.domain.service_levels import Priority


class Visibility(StrEnum):
    """``internal`` messages are notes among agents; the customer never sees them."""

    PUBLIC = "public"
    INTERNAL = "internal"


class Author(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that came with a message; ``key`` is where it is kept."""

    id: str
    filename: str
    content_type: str
    size: int
    key: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """One contribution to a ticket's conversation; ``marks`` tell what was wrong with the mail that it came by."""

    id: str
    ticket_id: str
    body: str
    visibility: Visibility
    author: Author
    written_by: str
    written_at: datetime
    attachments: tuple[Attachment, ...] = ()
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TimeEntry:
    """Time that was worked on a ticket, in whole minutes; a billable one is priced by its rate code.

    ``invoice_id`` is where it was billed, once it was, and ``charged_minutes`` how much of it: the rate may count begun
    steps. None where invoicing has not told.
    """

    id: str
    ticket_id: str
    minutes: int
    rate_code: str
    billable: bool
    worked_by: str
    entered_at: datetime
    note: str | None = None
    invoice_id: str | None = None
    charged_minutes: int | None = None

    def told(self) -> dict[str, Any]:
        """As events tell it."""
        return {"time_entry_id": self.id, "minutes": self.minutes, "rate_code": self.rate_code}


@dataclass(frozen=True, kw_only=True)
class Satisfaction:
    """What the customer thinks of the solution: 1 is the worst, 5 the best.

    ``queue``, ``priority`` and ``assignee`` are those that the ticket had then.
    """

    score: int
    comment: str | None
    rated_at: datetime
    queue: str
    priority: Priority
    assignee: str | None

    def told(self) -> dict[str, Any]:
        """As events tell it."""
        return {
            "score": self.score,
            "rated_at": rfc3339(self.rated_at),
            "queue": self.queue,
            "priority": self.priority.value,
            "assignee": self.assignee,
        }
