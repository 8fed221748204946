"""The promises that were made for one ticket, and the clocks that run towards them.

Nothing here is a stopwatch: how much time has passed is computed from the ticket's transitions whenever it is asked.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from customer_support.domain.business_hours import BusinessHours
from customer_support.domain.life_cycle import UNSOLVED, Status, Transition
from customer_support.domain.service_levels import Metric, Policy, Priority

RUNNING = {
    Metric.FIRST_RESPONSE: UNSOLVED,
    Metric.RESOLUTION: frozenset({Status.NEW, Status.OPEN}),
}
"""The states in which a promise's clock runs."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """``target`` of working time at most; ``due_at`` is None while the clock is paused, or if it never comes."""

    metric: Metric
    target: timedelta
    due_at: datetime | None = None
    breached_at: datetime | None = None

    def is_overdue(self, at: datetime) -> bool:
        """Whether the time is over and nobody has noticed yet."""
        return self.breached_at is None and self.due_at is not None and self.due_at < at

    def broken(self) -> "Promise":
        """The same, broken when it was due."""
        return replace(self, breached_at=self.due_at)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """A policy as it was applied to a ticket; its targets are those of the priority at that moment."""

    policy_id: str
    calendar_id: str
    priority: Priority
    promises: tuple[Promise, ...]

    @classmethod
    def under(cls, policy: Policy, priority: Priority) -> "Agreement":
        """What a policy promises to a ticket of that priority."""
        targets = policy.targets.get(priority, {})
        promises = tuple(Promise(metric=metric, target=target) for metric, target in targets.items())
        return cls(policy_id=policy.id, calendar_id=policy.calendar_id, priority=priority, promises=promises)

    def renewed(self, policy: Policy, standing: Set[Metric]) -> "Agreement":
        """The policy as it is now; what is ``standing`` already, kept or broken, stays as it was."""
        kept = [promise for promise in self.promises if promise.metric in standing]
        fresh = Agreement.under(policy, self.priority).promises
        promises = kept + [promise for promise in fresh if promise.metric not in standing]
        return replace(self, calendar_id=policy.calendar_id, promises=tuple(promises))

    def with_promise(self, promise: Promise) -> "Agreement":
        """The same with one promise changed."""
        changed = tuple(promise if old.metric is promise.metric else old for old in self.promises)
        return replace(self, promises=changed)


def spans(metric: Metric, transitions: Sequence[Transition], until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When a metric's clock ran, up to ``until``."""
    ends = [later.at for later in transitions[1:]] + [until]
    for transition, end in zip(transitions, ends, strict=True):
        if transition.status in RUNNING[metric] and transition.at < min(end, until):
            yield transition.at, min(end, until)


def elapsed(metric: Metric, transitions: Sequence[Transition], hours: BusinessHours, until: datetime) -> timedelta:
    """How much working time a metric's clock has taken."""
    return sum((hours.between(*span) for span in spans(metric, transitions, until)), timedelta())


def due(promise: Promise, transitions: Sequence[Transition], hours: BusinessHours) -> datetime | None:
    """When the target is used up, if the ticket stays as it is; None while the clock is paused."""
    left = promise.target
    last = transitions[-1]
    for start, end in spans(promise.metric, transitions, last.at):
        taken = hours.between(start, end)
        if taken >= left:
            return hours.after(start, left)
        left -= taken
    return hours.after(last.at, left) if last.status in RUNNING[promise.metric] else None
