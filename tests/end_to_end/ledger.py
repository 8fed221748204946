"""The services' own records, added up, to be held against the metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from local.demo.apis import Apis
from local.demo.numbers import Amounts, Numbers, measured, total
from local.demo.waiting import TooLate, until

Body = dict[str, Any]

_OLDEST = {"ageing_current": 0, "ageing_1_30": 30, "ageing_31_60": 60, "ageing_61_90": 90}
"""The last day of each range, in days after the due date; what is older is over 90."""


def recorded(services: Apis) -> Numbers:
    """What the metrics must say by the lists of tickets, invoices, credit notes and payments."""
    tickets = services.support.every("/tickets")
    issued = [invoice for invoice in services.invoicing.every("/invoices") if invoice["number"]]
    payments = services.invoicing.every("/payments")
    owed = [invoice for invoice in issued if invoice["state"] == "open"]
    return Numbers(
        tickets_opened=len(tickets),
        tickets_solved=sum(ticket["reopen_count"] + (ticket["solved_at"] is not None) for ticket in tickets),
        backlog=sum(ticket["status"] not in {"solved", "closed"} for ticket in tickets),
        invoiced=_sum(issued, "tax_inclusive"),
        collected=_money(one["amount"] for one in payments if one["state"] == "recorded"),
        credited=_sum(services.invoicing.every("/credit-notes"), "tax_inclusive"),
        refunded=_money(one["refunded"] for one in payments),
        written_off=_sum([one for one in issued if one["state"] == "uncollectible"], "remaining"),
        outstanding=_sum(owed, "remaining"),
        ageing=_ageing(owed),
    )


def gap(services: Apis) -> Numbers:
    """How far the metrics are from the records: nothing, once all events have arrived and each was counted once."""
    return measured(services.analytics).minus(recorded(services))


def assert_agreement(services: Apis, seconds: float = 30) -> None:
    """Metrics and records come to be the same."""
    try:
        until("metrics and records agree", lambda: gap(services) == Numbers(), seconds)
    except TooLate as late:
        raise AssertionError(f"{late}: they are apart by {gap(services)}") from None


def billable_time(services: Apis) -> dict[str, Body]:
    """All billable time entries of tickets that are solved, closed ones too, by id, each with its ticket's id."""
    over = [ticket for status in ("solved", "closed") for ticket in services.support.every("/tickets", status=status)]
    found = [
        {**entry, "ticket_id": ticket["id"]}
        for ticket in over
        if ticket["solved_at"]
        for entry in services.support.every(f"/tickets/{ticket['id']}/time-entries")
    ]
    return {entry["id"]: entry for entry in found if entry["billable"]}


def time_on_invoices(services: Apis) -> Counter[tuple[str, str]]:
    """How many lines charge for each time entry, by the entry's and the invoice's ids."""
    invoices = services.invoicing.every("/invoices")
    return Counter(
        (line["time_entry_id"], invoice["id"])
        for invoice in invoices
        for line in invoice["lines"]
        if line["time_entry_id"]
    )


def assert_all_time_is_billed_once(services: Apis, seconds: float = 30) -> None:
    """Each billable time entry of a solved ticket stands on one line of one invoice, and its ticket says on which."""

    def look() -> bool:
        entries = billable_time(services)
        return time_on_invoices(services) == Counter((id, entry["invoice_id"]) for id, entry in entries.items())

    try:
        until("each billable time entry on one line", look, seconds)
    except TooLate as late:
        entries, lines = billable_time(services), time_on_invoices(services)
        told = Counter((id, entry["invoice_id"]) for id, entry in entries.items())
        raise AssertionError(f"{late}: only tickets tell {told - lines}, only invoices tell {lines - told}") from None


def _sum(documents: list[Body], name: str) -> Amounts:
    return total([(one["currency"], Decimal(one["totals"][name])) for one in documents])


def _money(amounts: Iterable[Body]) -> Amounts:
    return total([(one["currency"], Decimal(one["amount"])) for one in amounts])


def _ageing(owed: list[Body]) -> Amounts:
    today = datetime.now(UTC).date()
    aged = []
    for invoice in owed:
        days = (today - date.fromisoformat(invoice["due_date"])).days
        name = next((name for name, oldest in _OLDEST.items() if days <= oldest), "ageing_over_90")
        aged.append((f"{invoice['currency']} {name}", Decimal(invoice["totals"]["remaining"])))
    return total(aged)
