"""The day in a few lines, for the person who has played it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from local.demo.day import Done
from local.demo.evening import Episode
from local.demo.numbers import Amounts, Numbers
from local.demo.traces import Document, tree


def told(done: Done, numbers: Numbers, highlights: list[str]) -> str:
    """What was done, and what analytics makes of it and of all that happened since yesterday."""
    return "\n".join([*_done(done), "", *_numbers(numbers), *(f"  {line}" for line in highlights)])


def remembered(episodes: list[Episode]) -> str:
    """What the day left for the evening, each with the trace that shows it."""
    lines = [line for one in episodes for line in (f"  {one.title:<22}{one.outcome}", f"{'':<24}trace {one.trace_id}")]
    return "\n".join(["In the evening:", *lines])


def followed(ticket_id: str, trace_id: str, documents: list[Document]) -> str:
    """One request's way through the services."""
    lines = [f"  {line}" for line in tree(documents)]
    return "\n".join([f"Solving {ticket_id} is trace {trace_id}:", *lines])


def _done(done: Done) -> Iterator[str]:
    billable = sum(len(entries) for entries in done.billable.values())
    in_full = sum(invoice["id"] in _paid_in_full(done) for invoice in done.invoices)
    yield "A working day:"
    yield f"  customers registered  {len(done.customers)}"
    yield f"  tickets opened        {len(done.tickets)}, solved {len(done.solved)}"
    yield f"  time entries          {len(done.time_entries)}, billed {billable}"
    yield f"  invoices issued       {len(done.invoices)}: {', '.join(one['number'] for one in done.invoices)}"
    yield f"  payments recorded     {len(done.payments)}, {in_full} in full"
    yield f"  invoiced              {_amounts(done.numbers().invoiced)}"
    yield f"  collected             {_amounts(done.numbers().collected)}"


def _numbers(numbers: Numbers) -> Iterator[str]:
    yield "Analytics, since yesterday (UTC), all days played:"
    yield f"  tickets opened        {numbers.tickets_opened}"
    yield f"  tickets solved        {numbers.tickets_solved}"
    yield f"  invoiced              {_amounts(numbers.invoiced)}"
    yield f"  collected             {_amounts(numbers.collected)}"
    yield f"  outstanding           {_amounts(numbers.outstanding)}"


def _paid_in_full(done: Done) -> set[str]:
    owed = {invoice["id"]: Decimal(invoice["totals"]["tax_inclusive"]) for invoice in done.invoices}
    shares = [share for payment in done.payments for share in payment["allocations"]]
    return {share["invoice_id"] for share in shares if Decimal(share["amount"]["amount"]) == owed[share["invoice_id"]]}


def _amounts(amounts: Amounts) -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in sorted(amounts.items())) or "nothing"
