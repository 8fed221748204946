"""Events as consumers see them, data already loaded, and what counting takes of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from analytics.domain.explaining import Measured
from analytics.domain.measuring import measure
from backoffice.ids import new_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def measured(event, event_id=None):
    """An event of a type and data, with what it changes."""
    return changing(*measure(*event), event_id=event_id, type=event[0])


def changing(*changes, event_id=None, type="TicketOpened"):
    """An event that changes just this."""
    event_id = event_id or new_id("evt")
    return Measured(event_id, type, f"agg_of_{event_id}", NOON, f"1-6742a000-{event_id[-24:].lower():0>24}", changes)


def invoice(at, total, currency="EUR", account_id="cus_1"):
    sums = dict.fromkeys(("tax_inclusive", "payable"), Decimal(total))
    about = {"currency": currency, "account_id": account_id, "due_date": at.date()}
    return "InvoiceIssued", {**about, "issued_at": at, **sums}


def payment(at, amount, currency="EUR"):
    allocations = [{"amount": Decimal(amount), "due_date": at.date(), "written_off": Decimal(0)}]
    about = {"currency": currency, "account_id": "cus_1", "amount": Decimal(amount)}
    return "PaymentRecorded", {**about, "recorded_at": at, "allocations": allocations}


def ticket(at, queue="general"):
    return "TicketOpened", {"queue": queue, "priority": "normal", "opened_at": at}


def history(rng, count):
    """Events of some six months."""
    makers = [
        ticket,
        lambda at: invoice(at, f"{rng.randrange(1, 10**6)}.{rng.randrange(100):02}", rng.choice(["EUR", "USD"])),
        lambda at: payment(at, f"{rng.randrange(1, 10**5)}.{rng.randrange(100):02}", rng.choice(["EUR", "USD"])),
    ]
    return [rng.choice(makers)(NOON + timedelta(seconds=rng.randrange(-8_000_000, 8_000_000))) for _ in range(count)]
