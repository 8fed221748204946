"""What the events of invoicing change."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from analytics.domain import measures
from analytics.domain.buckets import Change, quarter_of
from analytics.domain.measures import Measure

Data = Mapping[str, Any]


def _issued(data: Data) -> Iterator[Change]:
    at = data["issued_at"]
    yield _money(data, measures.INVOICED, at, data["tax_inclusive"])
    yield from _owed(data, data["due_date"], at, data["payable"])


def _voided(data: Data) -> Iterator[Change]:
    at, amount, written_off = data["voided_at"], data["amount"], data["written_off"]
    yield _money(data, measures.VOIDED, at, data["tax_inclusive"])
    yield _money(data, measures.WRITTEN_OFF, at, -written_off)
    yield from _owed(data, data["due_date"], at, written_off - amount)


def _marked_uncollectible(data: Data) -> Iterator[Change]:
    at = data["marked_at"]
    yield _money(data, measures.WRITTEN_OFF, at, data["amount"])
    yield from _owed(data, data["due_date"], at, -data["amount"])


def _payment_recorded(data: Data) -> Iterator[Change]:
    yield _money(data, measures.COLLECTED, data["recorded_at"], data["amount"])
    yield from _settled(data, data["recorded_at"])


def _payment_allocated(data: Data) -> Iterator[Change]:
    yield from _settled(data, data["allocated_at"])


def _payment_reversed(data: Data) -> Iterator[Change]:
    yield _money(data, measures.COLLECTED, data["reversed_at"], -data["amount"])
    yield from _settled(data, data["reversed_at"], -1)


def _settled(data: Data, at: datetime, times: int = 1) -> Iterator[Change]:
    """What a payment allocates, or (``times`` -1) takes back; what had been written off was owed no more."""
    for allocation in data["allocations"]:
        written_off = times * allocation["written_off"]
        yield _money(data, measures.WRITTEN_OFF, at, -written_off)
        yield from _owed(data, allocation["due_date"], at, written_off - times * allocation["amount"])


def _payment_refunded(data: Data) -> Iterator[Change]:
    yield _money(data, measures.REFUNDED, data["recorded_at"], data["amount"])


def _credited(data: Data) -> Iterator[Change]:
    at, written_off = data["issued_at"], data["written_off"]
    yield _money(data, measures.CREDITED, at, data["tax_inclusive"])
    yield _money(data, measures.WRITTEN_OFF, at, -written_off)
    yield from _owed(data, data["due_date"], at, written_off + data["freed"] - data["payable"])


def _owed(data: Data, due_date: date, at: datetime, amount: Decimal) -> Iterator[Change]:
    yield _money(data, measures.OUTSTANDING, at, amount)
    due = due_date.toordinal()
    yield Change(measures.OUTSTANDING_BY_DUE_DATE, _dimensions(data), quarter_of(at), amount, due)


def _money(data: Data, measure: Measure, at: datetime, amount: Decimal) -> Change:
    return Change(measure, _dimensions(data), quarter_of(at), amount)


def _dimensions(data: Data) -> tuple[str, ...]:
    return data["currency"], data["account_id"]


MEASURES: dict[str, Callable[[Data], Iterable[Change]]] = {
    "InvoiceIssued": _issued,
    "InvoiceVoided": _voided,
    "InvoiceMarkedUncollectible": _marked_uncollectible,
    "PaymentRecorded": _payment_recorded,
    "PaymentAllocated": _payment_allocated,
    "PaymentReversed": _payment_reversed,
    "PaymentRefunded": _payment_refunded,
    "CreditNoteIssued": _credited,
}
