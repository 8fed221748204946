"""What becomes of a ticket's promises: kept, broken, or still to be kept."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from customer_support.domain.agreement import RUNNING, Promise, due, elapsed
from customer_support.domain.life_cycle import UNSOLVED, WAITING
from customer_support.domain.service_levels import Metric, ServiceLevels

if TYPE_CHECKING:
    from customer_support.domain.tracked import Tracked


class ClockState(StrEnum):
    """``stopped``: the ticket was solved before anybody answered it."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Clock:
    """How a promise stands at a moment; ``elapsed`` and ``target`` are working time."""

    metric: Metric
    state: ClockState
    target: timedelta
    elapsed: timedelta
    due_at: datetime | None
    breached_at: datetime | None


def pending(ticket: "Tracked") -> Iterator[Promise]:
    """The promises that are neither kept nor broken yet: those of an unsolved ticket whose clock has not ended."""
    if ticket.agreement is None or ticket.status not in UNSOLVED:
        return
    for promise in ticket.agreement.promises:
        answered = promise.metric is Metric.FIRST_RESPONSE and ticket.first_responded_at is not None
        if promise.breached_at is None and not answered:
            yield promise


def overdue(ticket: "Tracked", at: datetime) -> list[Promise]:
    """The pending promises whose time is over."""
    return [promise for promise in pending(ticket) if promise.is_overdue(at)]


def wind(ticket: "Tracked", levels: ServiceLevels) -> None:
    """Compute anew when the pending promises are due."""
    for promise in list(pending(ticket)):
        assert ticket.agreement is not None, "what is pending was promised"
        hours = levels.hours(ticket.agreement.calendar_id)
        wound = replace(promise, due_at=due(promise, ticket.transitions, hours))
        ticket.agreement = ticket.agreement.with_promise(wound)


def pause(ticket: "Tracked") -> None:
    """A clock that does not run is never due."""
    for promise in list(pending(ticket)):
        if ticket.status not in RUNNING[promise.metric] and ticket.agreement is not None:
            ticket.agreement = ticket.agreement.with_promise(replace(promise, due_at=None))


def renew(ticket: "Tracked", levels: ServiceLevels) -> None:
    """Apply policy and calendar as they are now to what is pending; what is kept or broken stays so."""
    if ticket.agreement is None or ticket.status not in UNSOLVED:
        return
    standing = {promise.metric for promise in ticket.agreement.promises if promise.breached_at}
    if ticket.first_responded_at is not None:
        standing.add(Metric.FIRST_RESPONSE)
    policy = levels.policies[ticket.agreement.policy_id]
    ticket.agreement = ticket.agreement.renewed(policy, standing)
    wind(ticket, levels)


def is_kept(ticket: "Tracked", metric: Metric) -> bool | None:
    """Whether what now ends the metric's clock comes in time; None if nothing was promised."""
    promises = ticket.agreement.promises if ticket.agreement else ()
    return next((promise.breached_at is None for promise in promises if promise.metric is metric), None)


def business_time(ticket: "Tracked", metric: Metric, levels: ServiceLevels, until: datetime) -> timedelta | None:
    """The working time that a metric's clock has taken, promised or not; None without a policy, which has the hours."""
    if ticket.agreement is None:
        return None
    return elapsed(metric, ticket.transitions, levels.hours(ticket.agreement.calendar_id), until)


def clocks(ticket: "Tracked", levels: ServiceLevels, at: datetime) -> list[Clock]:
    """How every promise of a ticket stands."""
    if ticket.agreement is None:
        return []
    hours = levels.hours(ticket.agreement.calendar_id)
    read = []
    for promise in ticket.agreement.promises:
        until = ticket.first_responded_at if promise.metric is Metric.FIRST_RESPONSE else None
        read.append(
            Clock(
                metric=promise.metric,
                state=_state(ticket, promise, at),
                target=promise.target,
                elapsed=elapsed(promise.metric, ticket.transitions, hours, until or at),
                due_at=promise.due_at,
                breached_at=promise.breached_at or (promise.due_at if promise in overdue(ticket, at) else None),
            )
        )
    return read


def _state(ticket: "Tracked", promise: Promise, at: datetime) -> ClockState:
    if promise.breached_at or promise in overdue(ticket, at):
        return ClockState.BREACHED
    answered = ticket.first_responded_at is not None
    if promise.metric is Metric.FIRST_RESPONSE and answered:
        return ClockState.MET
    if ticket.status not in UNSOLVED:
        return ClockState.MET if promise.metric is Metric.RESOLUTION else ClockState.STOPPED
    paused = promise.metric is Metric.RESOLUTION and ticket.status in WAITING
    return ClockState.PAUSED if paused else ClockState.RUNNING
