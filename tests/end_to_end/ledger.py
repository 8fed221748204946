"""The services' own records, added up, to be held against the metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

from local.demo.apis import Apis
from local.demo.numbers import Numbers, measured, total
from local.demo.waiting import TooLate, until

Body = dict[str, Any]

APART = "CHF"
"""What tests credit, reverse and refund they do in this currency: analytics does not listen to that yet."""


def recorded(services: Apis) -> Numbers:
    """What the metrics must say by the lists of tickets, invoices and payments."""
    tickets = services.support.every("/tickets")
    issued = [invoice for invoice in services.invoicing.every("/invoices") if invoice["number"]]
    payments = services.invoicing.every("/payments")
    return Numbers(
        tickets_opened=len(tickets),
        tickets_solved=sum(ticket["reopen_count"] + (ticket["solved_at"] is not None) for ticket in tickets),
        invoiced=_sum(issued, "tax_inclusive"),
        collected=total([(one["amount"]["currency"], Decimal(one["amount"]["amount"])) for one in payments]),
        outstanding=_sum(issued, "remaining"),
    )


def gap(services: Apis) -> Numbers:
    """How far the metrics are from the records: nothing, once all events have arrived and each was counted once."""
    apart = measured(services.analytics).minus(recorded(services))
    sums = ("invoiced", "collected", "outstanding")
    listened_to = {name: {code: it for code, it in getattr(apart, name).items() if code != APART} for name in sums}
    return replace(apart, **listened_to)  # type: ignore[arg-type]


def assert_agreement(services: Apis, seconds: float = 30) -> None:
    """Metrics and records come to be the same."""
    try:
        until("metrics and records agree", lambda: gap(services) == Numbers(), seconds)
    except TooLate as late:
        raise AssertionError(f"{late}: they are apart by {gap(services)}") from None


def billable_time(services: Apis) -> dict[str, Body]:
    """All billable time entries of solved tickets, by id, each with its ticket's id."""
    solved = services.support.every("/tickets", status="solved")
    found = [
        {**entry, "ticket_id": ticket["id"]}
        for ticket in solved
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


def _sum(invoices: list[Body], name: str) -> Any:
    return total([(invoice["currency"], Decimal(invoice["totals"][name])) for invoice in invoices])
