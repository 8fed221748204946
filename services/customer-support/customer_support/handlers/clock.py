"""What time itself causes: missed events are published, broken promises told, tickets closed, clocks rewound, answers
to erasures that stay away are asked for again.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from backoffice.clock import now
from backoffice.contention import retry_on_conflict
from backoffice.errors import StaleVersion
from backoffice.logs import invocation, logger
from backoffice.messages import relay
from customer_support.domain import promises
from customer_support.domain.history import Act
from customer_support.domain.service_levels import ServiceLevels
from customer_support.domain.tickets import Ticket
from customer_support.store import Store
from customer_support.store.service_levels import Rewind

CLOCK = "clock"
# Who had read the calendar before it was changed has written by then, or was timed out.
_SETTLED = timedelta(seconds=15)
# A batch takes less; what it leaves is due at the next run.
_LEFT_MILLISECONDS = 10_000


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the schedule. A part that fails does not keep the others from being done."""

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > _LEFT_MILLISECONDS)

    parts: list[Callable[[], None]] = [
        lambda: relay.sweep(event, context),
        lambda: wake(has_time),
        lambda: rewind(has_time),
        lambda: conduct_erasures(has_time),
    ]
    failures = []
    for part in parts:
        try:
            with invocation(context):
                part()
        except Exception as failure:
            logger.exception("a part of the clock's work failed")
            failures.append(failure)
    if failures:
        raise failures[0]


def wake(has_time: Callable[[], bool]) -> None:
    """Wake the tickets whose time has come: those that are due are read, and no others."""
    store, at = Store(), now()
    for ticket_ids in store.due(at):
        tickets, _ = store.tickets_and_levels(ticket_ids)
        for ticket in tickets:
            _wake(store, ticket, Act(CLOCK, at))
        if not has_time():
            return


def rewind(has_time: Callable[[], bool]) -> None:
    """Compute the open clocks anew whose calendar or policy was changed."""
    store = Store()
    for changed in store.rewinds():
        if changed.asked_at < now() - _SETTLED:
            _rewind(store, changed, has_time)


def conduct_erasures(has_time: Callable[[], bool]) -> None:
    """Ask again those contexts that have not answered yet, and look once more for what lists did not show at first."""
    store, at = Store(), now()
    for erasure_id in store.erasures_due(at):
        erasure = store.erasure(erasure_id)
        if late := erasure.late(at):
            logger.warning("erasure waits for answers", extra={"erasure_id": erasure.id, "contexts": late})
        erasure.wake(at)
        with suppress(StaleVersion):  # an answer has just come; whatever else is due stays so
            store.save_erasure(erasure)
        if not has_time():
            return


def _wake(store: Store, ticket: Ticket, act: Act) -> None:
    ticket.wake(act)
    if not ticket.facts:
        return  # the index lags behind: somebody was faster
    try:
        store.save_ticket(ticket)
    except StaleVersion:
        logger.info("ticket was being changed; it stays due", extra={"ticket_id": ticket.id})


def _rewind(store: Store, changed: Rewind, has_time: Callable[[], bool]) -> None:
    while has_time():
        ticket_ids = store.clocks_of(changed)
        tickets, levels = store.tickets_and_levels(ticket_ids)
        for ticket in tickets:
            try:
                _renew(store, ticket, levels)
            except StaleVersion:
                _renew_anew(store, ticket.id)
        try:
            changed = store.go_on(changed, ticket_ids[-1] if ticket_ids else None)
        except StaleVersion:
            return  # it was changed once more; the next run begins anew
        if not ticket_ids:
            return


def _renew(store: Store, ticket: Ticket, levels: ServiceLevels) -> None:
    """Compute a ticket's clocks anew."""
    before = ticket.agreement
    promises.renew(ticket, levels)
    if ticket.agreement != before:
        store.save_ticket(ticket)


@retry_on_conflict()
def _renew_anew(store: Store, ticket_id: str) -> None:
    """Whoever has changed the ticket meanwhile may have kept the old clocks."""
    _renew(store, *store.ticket_and_levels(ticket_id))
