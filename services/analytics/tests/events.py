"""Events of the other contexts as they arrive, told by the time at which they happened."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from backoffice_testing import envelope

from backoffice.clock import rfc3339
from backoffice.ids import new_id


def ticket_opened(at: datetime) -> dict[str, Any]:
    ticket = _ticket()
    return envelope("TicketOpened", ticket["ticket_id"], {**ticket, "opened_at": rfc3339(at)})


def ticket_solved(at: datetime) -> dict[str, Any]:
    ticket = _ticket()
    solution = {
        "assignee": "agent@example.com",
        "opened_at": rfc3339(at),
        "solved_at": rfc3339(at),
        "time_entries": [],
    }
    return envelope("TicketSolved", ticket["ticket_id"], {**ticket, **solution})


def invoice_issued(at: datetime, total: str, currency: str = "EUR") -> dict[str, Any]:
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
    }
    return envelope("InvoiceIssued", invoice_id, data)


def payment_recorded(at: datetime, amount: str, allocated: Iterable[str]) -> dict[str, Any]:
    payment_id = new_id("pay")
    data = {
        "payment_id": payment_id,
        "account_id": new_id("cus"),
        "currency": "EUR",
        "amount": amount,
        "received_on": at.date().isoformat(),
        "recorded_at": rfc3339(at),
        "external_ref": payment_id,
        "allocations": [{"invoice_id": new_id("inv"), "amount": part} for part in allocated],
    }
    return envelope("PaymentRecorded", payment_id, data)


def _ticket() -> dict[str, str]:
    return {
        "ticket_id": new_id("tkt"),
        "customer_id": new_id("cus"),
        "queue": "general",
        "priority": "normal",
    }
