"""What invoicing learns from other contexts."""

from collections.abc import Sequence
from typing import Any

from backoffice.clock import now
from backoffice.contention import retry_on_conflict
from backoffice.logs import logger
from backoffice.messages.envelope import Event
from backoffice.messages.inbox import Inbox
from invoicing import erasing
from invoicing.domain.account import Account, Customer
from invoicing.domain.disputes import DisputeState, Escalation
from invoicing.domain.settling import carry_out
from invoicing.domain.time_billing import WorkedTime
from invoicing.schemas import events
from invoicing.store import Credited, Store

# A transaction takes 100 items. At worst an entry needs five (its mark, its event, and a first draft in its currency
# with event and pointer); the account and the inbox mark come on top.
_ENTRIES_AT_ONCE = 19

inbox = Inbox()
handler = inbox.handler


@inbox.on("CustomerRegistered", schema=events.CustomerFact)
@inbox.on("CustomerUpdated", schema=events.CustomerFact)
def learn_of_customer(event: Event, data: dict[str, Any]) -> None:
    """Keep the account in step with its customer; older news than what is known changes nothing."""
    account_id = data.pop("customer_id")
    _learn(account_id, Customer(version=event.aggregate_version, **data), event.event_id)


@inbox.on("EraseCustomer", schema=events.EraseCustomer)
def erase_account(command: Event, data: dict[str, Any]) -> None:
    """A customer is to be erased: the account is gone at once, its documents follow."""
    erasing.begin(Store(), data["customer_id"], data["erasure_id"], command)


@inbox.on("ForgetAccount", schema=events.ForgetAccount)
def forget_account(command: Event, data: dict[str, Any]) -> None:
    """Go on with the erasure of an account."""
    erasing.go_on(Store(), data["account_id"], now(), command.event_id)


@inbox.on("TicketSolved", schema=events.TicketSolvedFact)
def bill_time(event: Event, data: dict[str, Any]) -> None:
    """Turn each billable time entry into one draft line, however often it is told of.

    A time entry's mark is written with its line, so a message may be taken in parts.
    """
    account_id, worked = data["account_id"], data["worked"]
    for begin in range(0, len(worked), _ENTRIES_AT_ONCE):
        entries = worked[begin : begin + _ENTRIES_AT_ONCE]
        _bill(account_id, entries, event.event_id if entries[-1] is worked[-1] else None)


@inbox.on("DisputeResolved", schema=events.DisputeResolved)
@retry_on_conflict("counter")
def settle_dispute(event: Event, data: dict[str, Any]) -> None:
    """Carry out what customer support has decided about a dispute; one that is settled already stays as it is."""
    store = Store()
    dispute = store.dispute(data["dispute_id"])
    if dispute.state is DisputeState.SETTLED:
        logger.info("dispute is settled already", extra={"dispute_id": dispute.id})
        return
    invoice, series = store.settleable(dispute.invoice_id)
    note = carry_out(data["decision"], dispute, invoice, series, now())
    if note:
        credited = Credited(note, series, store.freed_by(note))
        store.save_credited(dispute, invoice, credited, event.event_id)
    else:
        store.save_dispute(dispute, invoice, event_id=event.event_id)


@inbox.on("DisputeTicketRefused", schema=events.DisputeTicketRefused)
@retry_on_conflict()
def escalate_dispute(event: Event, data: dict[str, Any]) -> None:
    """Customer support cannot hear the customer: the dispute is the accountants' at once."""
    store = Store()
    dispute = store.dispute(data["dispute_id"])
    if dispute.state is DisputeState.OPEN:
        dispute.escalate(Escalation.NO_TICKET, now(), data["reason"])
        store.save_escalated(dispute, event.event_id)


@retry_on_conflict()
def _learn(account_id: str, customer: Customer, event_id: str) -> None:
    store = Store()
    account = store.known_account(account_id) or Account(id=account_id)
    if account.learn(customer):
        store.save_account(account, event_id)


@retry_on_conflict("account", "gathering", "time_entry")
def _bill(account_id: str, entries: Sequence[WorkedTime], event_id: str | None) -> None:
    store = Store()
    billable = store.billable(account_id, entries)
    if billable.unbilled:
        billable.drafts.bill(billable.unbilled, billable.rates, now())
        store.save_billed(billable, billable.unbilled, event_id)
