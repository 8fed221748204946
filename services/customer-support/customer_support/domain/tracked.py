"""Where a ticket stands: each step is allowed or refused, remembered, and held against what was promised."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backoffice.clock import rfc3339
from backoffice.domain import RuleBroken
from customer_support.domain import promises
from customer_support.domain.agreement import Agreement, Promise
from customer_support.domain.history import Act, Remembering
from customer_support.domain.life_cycle import Status, Transition, demand
from customer_support.domain.service_levels import Priority, ServiceLevels


@dataclass(kw_only=True)
class Tracked(Remembering):
    """The life cycle of a ticket, and the clocks that run with it.

    ``reopen_until`` is how long a solved ticket takes replies; ``merged_into`` is the ticket that it was closed for;
    ``erased_at`` is since when its customer is being forgotten.
    """

    customer_id: str
    priority: Priority
    queue: str
    opened_at: datetime
    status: Status = Status.NEW
    assignee: str | None = None
    transitions: tuple[Transition, ...] = ()
    first_responded_at: datetime | None = None
    reopen_until: datetime | None = None
    closed_at: datetime | None = None
    merged_into: str | None = None
    agreement: Agreement | None = None
    erased_at: datetime | None = None

    def is_over(self, at: datetime) -> bool:
        """Whether a reply of the customer comes too late for this ticket and opens a follow-up."""
        return self.status is Status.CLOSED or (self.reopen_until is not None and self.reopen_until < at)

    def assign(self, assignee: str, act: Act) -> None:
        """Make an agent responsible; a new ticket is open from then on."""
        self._begin("assign", act)
        before = self.assignee
        self._turn("assigned", self._taken_up, act, assignee=assignee)
        self.record("TicketAssigned", self._held(previous_assignee=before, assigned_at=rfc3339(act.at)), act.at)

    def hold(self, waiting: Status, act: Act) -> None:
        """Let the ticket wait: ``pending`` for the customer, ``on_hold`` for a third party."""
        self._begin("hold", act)
        self._turn("held", waiting, act)

    def resume(self, act: Act, levels: ServiceLevels) -> None:
        """Go on with a ticket that waits."""
        self._begin("resume", act)
        self._turn("resumed", Status.OPEN, act)
        promises.wind(self, levels)

    def close(self, act: Act, reason: str) -> None:
        """End it. ``reason``: reopen_window_over, or by_agent."""
        self._begin("close", act)
        self._close("closed", act, reason)

    @property
    def wakes_at(self) -> datetime | None:
        """When time itself has something to do here: a promise is overdue, or the reopen window is over."""
        moments = [promise.due_at for promise in promises.pending(self)]
        if self.status is Status.SOLVED:
            moments.append(self.reopen_until)
        return min((moment for moment in moments if moment), default=None)

    def wake(self, act: Act) -> None:
        """Do what time has brought about: tell of broken promises, close what nobody has reopened."""
        self.notice(act)
        if self.status is Status.SOLVED and self.is_over(act.at):
            self.close(act, "reopen_window_over")

    def notice(self, act: Act) -> None:
        """Tell of promises whose time is over; each is told once."""
        for promise in promises.overdue(self, act.at):
            self._breach(promise, act)

    @property
    def _taken_up(self) -> Status:
        return Status.OPEN if self.status is Status.NEW else self.status

    def _must_not_be_erased(self) -> None:
        if self.erased_at:
            raise RuleBroken("customer_erased", "The customer of this ticket was erased.")

    def _begin(self, action: str, act: Act) -> None:
        self._must_not_be_erased()
        demand(action, self.status)
        self.notice(act)

    def _turn(self, action: str, status: Status, act: Act, *, refers_to: str | None = None, **changes: Any) -> None:
        if status is not self.status:
            self.transitions = (*self.transitions, Transition(status, act.at))
        self.remember(action, act, refers_to=refers_to, status=status, **changes)
        promises.pause(self)

    def _close(self, action: str, act: Act, reason: str, **changes: Any) -> None:
        was_solved = self.status is Status.SOLVED
        self._turn(action, Status.CLOSED, act, **changes)
        self.closed_at, self.reopen_until = act.at, None
        told = {"reason": reason, "merged_into": self.merged_into, "was_solved": was_solved}
        self.record("TicketClosed", self._held(**told, closed_at=rfc3339(act.at)), act.at)

    def _breach(self, promise: Promise, act: Act) -> None:
        assert self.agreement is not None and promise.due_at is not None, "only what was promised can be broken"
        self.agreement = self.agreement.with_promise(promise.broken())
        self.remember("breached", act, refers_to=promise.metric.value)
        told = {
            "metric": promise.metric.value,
            "policy_id": self.agreement.policy_id,
            "promised_priority": self.agreement.priority.value,
            "target_minutes": int(promise.target.total_seconds() // 60),
            "due_at": rfc3339(promise.due_at),
        }
        self.record("SlaBreached", self._held(**told), promise.due_at)

    def _held(self, **more: Any) -> dict[str, Any]:
        return self._about(assignee=self.assignee, **more)

    def _about(self, **more: Any) -> dict[str, Any]:
        return {
            "ticket_id": self.id,
            "customer_id": self.customer_id,
            "queue": self.queue,
            "priority": self.priority.value,
            **more,
        }
