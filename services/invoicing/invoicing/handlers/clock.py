"""What time itself causes: invoices are overdue, dunning goes on, disputes escalate, left-over events are published.

What a law has kept of an erased account is erased when its time is over.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from backoffice.clock import now
from backoffice.errors import StaleVersion
from backoffice.logs import invocation, logger
from backoffice.messages.relay import sweep
from invoicing.erasing import look_again
from invoicing.store import Overdue, Reminder, Store

T = TypeVar("T")

# A minute's work; what is left waits for the next one.
_MOST_AT_ONCE = 200


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the schedule. Raises the first failure once everything else was done."""
    failures = []
    for part in (pursue_invoices, escalate_disputes, end_retentions, partial(sweep, event, context)):
        try:
            with invocation(context):
                part()
        except Exception as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def pursue_invoices() -> None:
    """Tell of each invoice that is overdue, and of each step of its dunning; one that fails does not hold up others."""
    store = Store()
    reminders = store.reminders(now().date(), _MOST_AT_ONCE)
    _each(reminders, lambda reminder: _pursue(store, reminder))


def escalate_disputes() -> None:
    """Leave disputes to the accountants that customer support has not answered in time, and ask once more."""
    store = Store()
    _each(store.unanswered(now().date(), _MOST_AT_ONCE), lambda overdue: _escalate(store, overdue))


def end_retentions() -> None:
    """Begin to erase what no law keeps any more of accounts that were erased."""
    store, at = Store(), now()
    _each(store.retentions_over(at.date(), _MOST_AT_ONCE), lambda account_id: look_again(store, account_id, at))


def _each(due: Iterable[T], work: Callable[[T], None]) -> None:
    """Do what is due, one by one. Raises the first failure once all have been tried."""
    first_failure: Exception | None = None
    for one in due:
        try:
            # Somebody has changed it just now: the next minute sees how.
            with suppress(StaleVersion):
                work(one)
        except Exception as failure:
            logger.exception("what was due is not done", extra={"due": str(one)})
            first_failure = first_failure or failure
    if first_failure:
        raise first_failure


def _pursue(store: Store, reminder: Reminder) -> None:
    invoice, policy = store.pursuable(reminder)
    if not invoice.waits_for(reminder.day):
        store.forget_reminder(invoice, reminder)
        return
    at = now()
    invoice.pursue(policy, at.date(), at)
    store.save_pursued(invoice, reminder)


def _escalate(store: Store, overdue: Overdue) -> None:
    dispute, invoice = store.remindable(overdue)
    if dispute.waits_for(overdue.day):
        dispute.remind(invoice, now())
        store.save_escalated(dispute)
