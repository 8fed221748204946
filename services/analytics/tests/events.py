"""Events of the other contexts as they arrive, told by the time at which they happened."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from backoffice_testing import envelope

from backoffice.clock import rfc3339
from backoffice.ids import new_id

AGENT = "agent@example.com"


def ticket_opened(at: datetime, **about: Any) -> dict[str, Any]:
    return _of_ticket("TicketOpened", opened_at=rfc3339(at), **about)


def ticket_assigned(at: datetime, previous: str | None = None, **about: Any) -> dict[str, Any]:
    held = {"assignee": AGENT, "previous_assignee": previous} | about
    return _of_ticket("TicketAssigned", assigned_at=rfc3339(at), **held)


def first_response(at: datetime, waited: timedelta = timedelta(), **about: Any) -> dict[str, Any]:
    figures = {"responded_by": AGENT, "business_seconds": None, "promise_kept": None} | about
    return _of_ticket("FirstResponseSent", opened_at=rfc3339(at - waited), responded_at=rfc3339(at), **figures)


def ticket_solved(at: datetime, took: timedelta = timedelta(), **about: Any) -> dict[str, Any]:
    figures = {"assignee": AGENT, "business_seconds": None, "promise_kept": None, "time_entries": []} | about
    return _of_ticket("TicketSolved", opened_at=rfc3339(at - took), solved_at=rfc3339(at), **figures)


def ticket_reopened(at: datetime, solved: dict[str, Any]) -> dict[str, Any]:
    """The solution that ``solved`` tells of did not hold."""
    data = solved["data"]
    names = ("ticket_id", "customer_id", "queue", "priority", "assignee", "opened_at")
    solution = {name: data[name] for name in ("solved_at", "business_seconds", "promise_kept")}
    about = {name: data[name] for name in names} | {"reopened_by": "agent", "solution": solution}
    return _of_ticket("TicketReopened", reopened_at=rfc3339(at), **about)


def ticket_closed(at: datetime, was_solved: bool = True, **about: Any) -> dict[str, Any]:
    why = {"assignee": AGENT, "reason": "by_agent", "merged_into": None, "was_solved": was_solved} | about
    return _of_ticket("TicketClosed", closed_at=rfc3339(at), **why)


def promise_broken(at: datetime, **about: Any) -> dict[str, Any]:
    promise = {"metric": "resolution", "policy_id": "default", "promised_priority": "normal", "target_minutes": 60}
    return _of_ticket("SlaBreached", due_at=rfc3339(at), **{"assignee": AGENT} | promise | about)


def rated(at: datetime, score: int, earlier: dict[str, Any] | None = None, **about: Any) -> dict[str, Any]:
    """A score, which takes the place of the one that ``earlier`` tells of."""
    names = ("queue", "priority", "assignee", "score", "rated_at")
    previous = earlier and {name: earlier["data"][name] for name in names}
    about = {"assignee": AGENT} | about
    return _of_ticket("SatisfactionRecorded", score=score, rated_at=rfc3339(at), previous=previous, **about)


def invoice_issued(at: datetime, total: str, currency: str = "EUR", **about: Any) -> dict[str, Any]:
    invoice_id = new_id("inv")
    data = {
        "invoice_id": invoice_id,
        "account_id": new_id("cus"),
        "number": "2026-00001",
        "series": "default",
        "currency": currency,
        "issue_date": at.date().isoformat(),
        "due_date": at.date().isoformat(),
        "issued_at": rfc3339(at),
        "tax_exclusive": total,
        "tax": "0.00",
        "tax_inclusive": total,
        "payable": total,
    }
    return envelope("InvoiceIssued", invoice_id, data | about)


def payment_recorded(
    at: datetime, amount: str, allocated: Iterable[str], due: date | None = None, **about: Any
) -> dict[str, Any]:
    payment_id = new_id("pay")
    due_date = (due or at.date()).isoformat()
    data = {
        "payment_id": payment_id,
        "account_id": new_id("cus"),
        "currency": "EUR",
        "amount": amount,
        "received_on": at.date().isoformat(),
        "recorded_at": rfc3339(at),
        "external_ref": payment_id,
        "allocations": [
            {"invoice_id": new_id("inv"), "amount": part, "due_date": due_date, "written_off": "0.00"}
            for part in allocated
        ],
    }
    return envelope("PaymentRecorded", payment_id, data | about)


def _of_ticket(type: str, **about: Any) -> dict[str, Any]:
    ticket = {"ticket_id": new_id("tkt"), "customer_id": new_id("cus"), "queue": "general", "priority": "normal"}
    data = ticket | about
    return envelope(type, data["ticket_id"], data)
