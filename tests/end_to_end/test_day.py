"""The working day: what the APIs answer afterwards, and what the metrics make of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from local.demo.apis import Apis
from local.demo.cast import AGENT, RATES
from local.demo.numbers import asked
from tests.end_to_end.conftest import Played
from tests.end_to_end.ledger import assert_agreement, assert_all_time_is_billed_once, recorded

CENT = Decimal("0.01")


def test_a_solved_ticket_tells_who_solved_it_and_when(services: Apis, day: Played) -> None:
    for reply in day.done.solved:
        ticket = services.support.get(f"/tickets/{reply.body['id']}").body
        assert ticket == reply.body
        assert (ticket["status"], ticket["assignee"]) == ("solved", AGENT)
        assert ticket["opened_at"] <= ticket["first_responded_at"] <= ticket["solved_at"]


def test_tickets_that_nobody_solved_are_still_open(services: Apis, day: Played) -> None:
    solved = {reply.body["id"] for reply in day.done.solved}
    unsolved = {ticket["id"] for ticket in day.done.tickets} - solved
    assert unsolved
    assert unsolved <= {ticket["id"] for ticket in services.support.every("/tickets", status="open")}


def test_a_tickets_conversation_holds_question_note_and_answer(services: Apis, day: Played) -> None:
    ticket = day.done.tickets[0]
    messages = services.support.every(f"/tickets/{ticket['id']}/messages")
    assert [(one["author"], one["visibility"]) for one in messages] == [
        ("customer", "public"),
        ("agent", "internal"),
        ("agent", "public"),
    ]


def test_an_account_is_the_replica_of_its_customer(services: Apis, day: Played) -> None:
    for customer in day.done.customers:
        account = services.invoicing.get(f"/accounts/{customer['id']}").body
        assert {name: account[name] for name in ("name", "email", "company", "time_zone")} == {
            name: customer[name] for name in ("name", "email", "company", "time_zone")
        }


def test_each_billable_time_entry_of_a_solved_ticket_stands_on_one_invoice_line_and_says_so(
    services: Apis, day: Played
) -> None:
    assert_all_time_is_billed_once(services)


def test_a_line_is_priced_by_its_rate_code_and_totals_add_up(services: Apis, day: Played) -> None:
    worked = {entry["id"]: entry for entry in day.done.time_entries}
    assert day.done.invoices
    for invoice in day.done.invoices:
        nets = []
        for line in invoice["lines"]:
            entry = worked[line["time_entry_id"]]
            price = Decimal(RATES[entry["rate_code"]]["unit_price"])
            assert Decimal(line["net"]) == _rounded(Decimal(entry["minutes"]) * price / 60)
            nets.append(Decimal(line["net"]))
        tax = _rounded(sum(nets) * Decimal("0.19"))
        totals = invoice["totals"]
        assert (Decimal(totals["tax_exclusive"]), Decimal(totals["tax"])) == (sum(nets), tax)
        assert Decimal(totals["tax_inclusive"]) == sum(nets) + tax


def test_a_finalized_invoice_names_seller_and_buyer_and_when_it_is_due(services: Apis, day: Played) -> None:
    for invoice in day.done.invoices:
        found = services.invoicing.get(f"/invoices/{invoice['id']}").body
        assert found["seller"]["vat_id"] == "DE123456789"
        assert found["buyer"]["address"]["country"] == "DE"
        assert found["issue_date"] <= found["due_date"]
        assert found["lines"] == invoice["lines"]


def test_invoice_numbers_have_neither_gap_nor_twin(services: Apis, day: Played) -> None:
    numbers = sorted(one["number"] for one in services.invoicing.every("/invoices") if one["series"] == "INV")
    assert numbers == [f"INV-{count:06}" for count in range(1, len(numbers) + 1)]


def test_an_invoice_is_paid_when_nothing_remains_and_partially_paid_before(services: Apis, day: Played) -> None:
    received: Counter[str] = Counter()
    for payment in day.done.payments:
        received[payment["invoice_id"]] += Decimal(payment["amount"]["amount"])  # type: ignore[assignment]
    states = set()
    for invoice in day.done.invoices:
        found = services.invoicing.get(f"/invoices/{invoice['id']}").body
        totals = found["totals"]
        paid = Decimal(received[invoice["id"]])
        assert Decimal(totals["paid"]) == paid
        assert Decimal(totals["remaining"]) == Decimal(totals["tax_inclusive"]) - paid
        assert found["state"] == ("open" if Decimal(totals["remaining"]) else "paid")
        assert found["partially_paid"] == (0 < paid < Decimal(totals["tax_inclusive"]))
        states.add((found["state"], found["partially_paid"]))
    assert states == {("paid", False), ("open", True), ("open", False)}


def test_an_accounts_balance_is_what_remains_of_its_invoices(services: Apis, day: Played) -> None:
    for account_id in day.done.billable:
        (balance,) = services.invoicing.get(f"/accounts/{account_id}/balance").body["balances"]
        invoices = services.invoicing.every("/invoices", account_id=account_id)
        remaining = sum(Decimal(invoice["totals"]["remaining"]) for invoice in invoices if invoice["number"])
        assert balance["outstanding"] == {"amount": f"{remaining:.2f}", "currency": "EUR"}


def test_the_metrics_agree_with_what_was_done(services: Apis, day: Played) -> None:
    assert_agreement(services)
    done, held = day.done.numbers(), recorded(services)
    assert held.tickets_opened >= done.tickets_opened == len(day.done.tickets)
    assert held.tickets_solved >= done.tickets_solved == len(day.done.solved)
    for name in ("invoiced", "collected", "outstanding"):
        assert getattr(held, name)["EUR"] >= getattr(done, name)["EUR"] > 0


def test_local_hours_of_any_zone_add_up_to_the_same_counts(services: Apis, day: Played) -> None:
    assert_agreement(services)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    expected = asked(services.analytics, (today - timedelta(days=1)).date()).tickets_opened
    for zone in ("Asia/Kathmandu", "America/St_Johns", "Europe/Berlin"):
        counts = _opened(services, {"interval": "hour", "time_zone": zone}, today)
        assert sum(counts) == expected


def test_a_number_leads_to_the_events_behind_it_and_to_their_traces(services: Apis, day: Played) -> None:
    assert_agreement(services)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    bucket = "/".join((today + days * timedelta(days=1)).isoformat() for days in (-1, 1))
    events = services.analytics.every("/metrics/tickets_opened/events", bucket=bucket)
    assert sum(event["amount"] for event in events) == sum(
        _opened(services, {"interval": "day", "time_zone": "UTC"}, today)
    )
    traces = {event["aggregate_id"]: event["trace_id"] for event in events}
    assert all(traces[ticket["id"]] for ticket in day.done.tickets)


def _opened(services: Apis, how: dict[str, Any], today: datetime) -> list[int]:
    question = {
        "metrics": ["tickets_opened"],
        "from": (today - timedelta(days=1)).isoformat(),
        "to": (today + timedelta(days=1)).isoformat(),
        **how,
    }
    series = services.analytics.post("/query", question).body["series"]
    return [point["value"] for one in series for point in one["points"]]


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
