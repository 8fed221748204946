"""Tickets: from a customer's question to its solution."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from backoffice.clock import rfc3339
from backoffice.domain import Aggregate, RuleBroken

# With the longest notes still within the 1 MB of one query: solving reads them all at once.
MOST_TIME_ENTRIES = 300


class Status(StrEnum):
    """Where a ticket stands. ``pending`` waits for the customer, ``on_hold`` for a third party."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Visibility(StrEnum):
    """``internal`` messages are notes among agents; the customer never sees them."""

    PUBLIC = "public"
    INTERNAL = "internal"


class Author(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"


UNSOLVED = frozenset({Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD})


@dataclass(frozen=True, kw_only=True)
class Message:
    """One contribution to a ticket's conversation."""

    id: str
    body: str
    visibility: Visibility
    author: Author
    written_by: str
    written_at: datetime


@dataclass(frozen=True, kw_only=True)
class TimeEntry:
    """Time that was worked on a ticket, in whole minutes; a billable one is priced by its rate code.

    ``invoice_id`` is where it was billed, once it was.
    """

    id: str
    minutes: int
    rate_code: str
    billable: bool
    worked_by: str
    entered_at: datetime
    note: str | None = None
    invoice_id: str | None = None


@dataclass(kw_only=True)
class Ticket(Aggregate):
    """A customer's question and how far we are with it."""

    customer_id: str
    subject: str
    body: str
    priority: Priority
    queue: str
    opened_at: datetime
    updated_at: datetime
    tags: list[str] = field(default_factory=list)
    status: Status = Status.NEW
    assignee: str | None = None
    first_responded_at: datetime | None = None
    solved_at: datetime | None = None
    time_entry_count: int = 0

    @classmethod
    def open(cls, id: str, details: dict[str, Any], at: datetime) -> "Ticket":
        """A new ticket. ``details``: customer_id, subject, body, priority, queue, tags."""
        ticket = cls(id=id, **details, opened_at=at, updated_at=at)
        ticket.record("TicketOpened", ticket._about(opened_at=rfc3339(at)), at)
        return ticket

    def change(self, details: dict[str, Any], at: datetime) -> None:
        """Change subject, priority, queue or tags; the others stay."""
        self._demand("change", UNSOLVED)
        for name, value in details.items():
            setattr(self, name, value)
        self.updated_at = at

    def assign(self, assignee: str, at: datetime) -> None:
        """Make an agent responsible; a new ticket is open from then on."""
        self._demand("assign", UNSOLVED)
        self.assignee = assignee
        if self.status is Status.NEW:
            self.status = Status.OPEN
        self.updated_at = at
        self.record("TicketAssigned", self._about(assignee=assignee, assigned_at=rfc3339(at)), at)

    def add(self, message: Message) -> None:
        """Take a message into the conversation.

        The first public message of an agent is the first response. A customer's reply wakes a waiting ticket. What a
        solved ticket still takes is notes.
        """
        if message.visibility is Visibility.PUBLIC:
            self._demand("reply", UNSOLVED)
            if message.author is Author.AGENT:
                self._respond(message.written_at)
            elif self.status in (Status.PENDING, Status.ON_HOLD):
                self.status = Status.OPEN
        self.updated_at = message.written_at

    def log(self, entry: TimeEntry) -> None:
        """Count time that was worked; what a solved ticket has taken is with invoicing already."""
        self._demand("time_entry", UNSOLVED)
        if self.time_entry_count >= MOST_TIME_ENTRIES:
            raise RuleBroken("too_many_time_entries", f"A ticket takes {MOST_TIME_ENTRIES} time entries.")
        self.time_entry_count += 1
        self.updated_at = entry.entered_at

    def solve(self, worked: list[TimeEntry], at: datetime) -> None:
        """Declare the question answered, and tell the billable time of all that was ``worked``."""
        self._demand("solve", UNSOLVED)
        if self.assignee is None:
            raise RuleBroken("unassigned", "A ticket needs an assignee before it can be solved.")
        self.status = Status.SOLVED
        self.solved_at = self.updated_at = at
        about = self._about(assignee=self.assignee, opened_at=rfc3339(self.opened_at), solved_at=rfc3339(at))
        billable = [
            {"time_entry_id": entry.id, "minutes": entry.minutes, "rate_code": entry.rate_code}
            for entry in worked
            if entry.billable
        ]
        self.record("TicketSolved", {**about, "time_entries": billable}, at)

    def _respond(self, at: datetime) -> None:
        if self.status is Status.NEW:
            self.status = Status.OPEN
        if self.first_responded_at is None:
            self.first_responded_at = at
            about = self._about(opened_at=rfc3339(self.opened_at), responded_at=rfc3339(at))
            self.record("FirstResponseSent", about, at)

    def _demand(self, action: str, allowed: frozenset[Status]) -> None:
        if self.status not in allowed:
            raise RuleBroken(
                "illegal_transition",
                f"A {self.status} ticket does not take the action {action}.",
                status_now=self.status.value,
                allowed_from=sorted(status.value for status in allowed),
            )

    def _about(self, **more: Any) -> dict[str, Any]:
        return {
            "ticket_id": self.id,
            "customer_id": self.customer_id,
            "queue": self.queue,
            "priority": self.priority.value,
            **more,
        }
