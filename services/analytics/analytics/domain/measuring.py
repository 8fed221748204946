"""Measuring: what an event changes in which buckets."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from analytics.domain.buckets import Change, fold, quarter_of
from analytics.domain.catalogue import (
    COLLECTED,
    INVOICED,
    OUTSTANDING,
    TICKETS_OPENED,
    TICKETS_SOLVED,
    Metric,
)

Data = Mapping[str, Any]


def measure(event_type: str, data: Data) -> list[Change]:
    """The bucket changes that an event causes, at most one for each bucket.

    A change belongs to the time at which the fact happened, not to that of its arrival: a late event
    corrects the past. Changes only add, so the order in which events come does not matter.

    Args:
        event_type: one of ``MEASURED``.
        data: the event's data with zoned datetimes and Decimal amounts.
    """
    return fold(_MEASURES[event_type](data))


def _ticket_opened(data: Data) -> Iterable[Change]:
    yield _count(TICKETS_OPENED, data["opened_at"])


def _ticket_solved(data: Data) -> Iterable[Change]:
    yield _count(TICKETS_SOLVED, data["solved_at"])


def _invoice_issued(data: Data) -> Iterable[Change]:
    currency, issued_at, total = data["currency"], data["issued_at"], data["tax_inclusive"]
    yield _money(INVOICED, currency, issued_at, total)
    yield _money(OUTSTANDING, currency, issued_at, total)


def _payment_recorded(data: Data) -> Iterable[Change]:
    currency, recorded_at = data["currency"], data["recorded_at"]
    yield _money(COLLECTED, currency, recorded_at, data["amount"])
    for allocation in data["allocations"]:
        yield _money(OUTSTANDING, currency, recorded_at, -allocation["amount"])


def _count(metric: Metric, at: datetime) -> Change:
    return Change(metric, (), quarter_of(at), Decimal(1))


def _money(metric: Metric, currency: str, at: datetime, amount: Decimal) -> Change:
    return Change(metric, (currency,), quarter_of(at), amount)


_MEASURES: dict[str, Callable[[Data], Iterable[Change]]] = {
    "TicketOpened": _ticket_opened,
    "TicketSolved": _ticket_solved,
    "InvoiceIssued": _invoice_issued,
    "PaymentRecorded": _payment_recorded,
}

MEASURED = frozenset(_MEASURES)
"""The types of events that change a metric."""
