"""What time itself causes: invoices become overdue, steps of dunning are reached, left-over events are published."""

from contextlib import suppress
from typing import Any

from backoffice.clock import now
from backoffice.errors import StaleVersion
from backoffice.logs import invocation, logger
from backoffice.messages.relay import sweep
from invoicing.store import Reminder, Store

# A minute's work; what is left waits for the next one.
_MOST_AT_ONCE = 200


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the schedule. Raises the first failure once everything else was done."""
    try:
        with invocation(context):
            pursue_invoices()
    finally:
        sweep(event, context)


def pursue_invoices() -> None:
    """Tell of each invoice that is overdue, and of each step of its dunning; one that fails does not hold up others."""
    store, at = Store(), now()
    first_failure: Exception | None = None
    for reminder in store.reminders(at.date(), _MOST_AT_ONCE):
        try:
            # Somebody has changed the invoice just now: the next minute sees how.
            with suppress(StaleVersion):
                _pursue(store, reminder)
        except Exception as failure:
            logger.exception("invoice not pursued", extra={"invoice_id": reminder.invoice_id})
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
