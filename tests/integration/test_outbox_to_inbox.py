"""Events from one service's outbox to another's inbox, and what they bring about there."""

from __future__ import annotations

import importlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.contract.contexts import ADDRESSED
from tests.integration.company import CONTEXTS, Body, Company, company, five_times_in_any_order, subscriptions

SUPPORT, INVOICING, ANALYTICS = CONTEXTS
RATE: Body = {
    "description": "Support",
    "unit": "HUR",
    "unit_price": "96.00",
    "currency": "EUR",
    "tax": {"category": "S", "rate": "19"},
}
SELLER: Body = {
    "name": "Seller GmbH",
    "address": {"street": "Weg 1", "city": "Kiel", "postal_code": "24103", "country": "DE"},
    "vat_id": "DE123456789",
    "bank_account": {"iban": "DE89370400440532013000"},
}
ADDRESS: Body = {"street": "Kai 2", "city": "Kiel", "postal_code": "24103", "country": "DE"}


@pytest.fixture
def firm() -> Iterator[Company]:
    with company() as made:
        yield made


def test_a_registered_customer_becomes_an_account(firm: Company) -> None:
    customer = _customer(firm)
    assert firm.call(INVOICING, "GET", f"/accounts/{customer['id']}").status == 404
    firm.deliver()
    account = firm.done(INVOICING, "GET", f"/accounts/{customer['id']}")
    assert (account["name"], account["email"]) == (customer["name"], customer["email"])


def test_a_solved_tickets_time_becomes_draft_lines_and_is_marked_with_the_invoice(firm: Company) -> None:
    _price(firm)
    customer = _customer(firm)
    ticket = _solved(firm, customer, 45, 20)
    firm.deliver()
    (draft,) = _drafts(firm, customer)
    assert [(line["quantity"], line["unit"], line["net"]) for line in draft["lines"]] == [
        ("0.75", "HUR", "72.00"),
        ("20", "MIN", "32.00"),
    ]
    entries = firm.done(SUPPORT, "GET", f"/tickets/{ticket['id']}/time-entries")["items"]
    assert [entry["invoice_id"] for entry in entries] == [draft["id"], draft["id"]]
    assert [line["time_entry_id"] for line in draft["lines"]] == [entry["id"] for entry in entries]


def test_time_that_is_not_billable_stays_with_its_ticket(firm: Company) -> None:
    _price(firm)
    customer = _customer(firm)
    ticket = _opened(firm, customer)
    firm.done(SUPPORT, "POST", f"/tickets/{ticket['id']}/time-entries", _time(30, billable=False))
    _solve(firm, ticket)
    firm.deliver()
    assert _drafts(firm, customer) == []


def test_analytics_counts_what_support_and_invoicing_tell(firm: Company) -> None:
    _price(firm)
    customer = _customer(firm)
    _solved(firm, customer, 60)
    _opened(firm, customer)
    firm.deliver()
    _issue_and_pay(firm, customer, "50.00")
    firm.deliver()
    assert _metrics(firm) == {
        "tickets_opened": 2,
        "tickets_solved": 1,
        "invoiced": "114.24",
        "collected": "50.00",
        "outstanding": "64.24",
    }


@pytest.mark.parametrize("seed", range(3))
def test_each_event_five_times_in_any_order_leaves_the_same_as_once_in_order(seed: int) -> None:
    def history(firm: Company, **how: Any) -> Any:
        _price(firm)
        customer = _customer(firm)
        change = {"name": "New Name"}
        firm.done(SUPPORT, "PATCH", f"/customers/{customer['id']}", change, etag='"1"')
        _solved(firm, customer, 45, 20)
        _solved(firm, customer, 90)
        firm.deliver(**how)
        _issue_and_pay(firm, customer, "10.00")
        firm.deliver(**how)
        account = firm.done(INVOICING, "GET", f"/accounts/{customer['id']}")
        invoices = firm.done(INVOICING, "GET", "/invoices")["items"]
        lines = sorted((line["quantity"], line["unit"], line["net"]) for one in invoices for line in one["lines"])
        return account["name"], len(invoices), lines, invoices[0]["totals"], _metrics(firm)

    with company() as calm:
        once = history(calm)
    with company() as wild:
        often = history(wild, treat=five_times_in_any_order(seed))
    assert often == once


def test_time_whose_rate_is_not_known_yet_waits_until_it_is(firm: Company) -> None:
    customer = _customer(firm)
    _solved(firm, customer, 60)
    firm.deliver()
    assert _drafts(firm, customer) == []
    assert firm.waiting(INVOICING) == 1
    _price(firm)
    firm.deliver()
    assert [line["net"] for line in _drafts(firm, customer)[0]["lines"]] == ["96.00"]
    assert firm.waiting(INVOICING) == 0


def test_published_events_leave_the_outbox_and_unpublished_ones_stay(firm: Company) -> None:
    _customer(firm)
    topic = firm.topics[SUPPORT]
    firm.topics[SUPPORT] = f"{topic}-gone"
    with pytest.raises(Exception, match="NotFound"):
        firm.relay(SUPPORT)
    assert len(firm.outbox(SUPPORT)) == 1
    firm.topics[SUPPORT] = topic
    firm.deliver()
    assert firm.outbox(SUPPORT) == []


def test_what_an_event_causes_keeps_its_correlation_and_names_it_as_the_cause(firm: Company) -> None:
    _price(firm)
    customer = _customer(firm)
    _solved(firm, customer, 60)
    firm.deliver()
    (solved,) = [one for one in firm.published if one["type"] == "TicketSolved"]
    (billed,) = [one for one in firm.published if one["type"] == "TimeEntryBilled"]
    assert billed["correlation_id"] == solved["correlation_id"]
    assert billed["causation_id"] == solved["event_id"]


def test_nobody_is_sent_what_it_does_not_understand() -> None:
    for context, package in CONTEXTS.items():
        understood = importlib.import_module(f"{package}.handlers.inbox").inbox.schemas.keys()
        wanted = {type for _, policy in subscriptions(context) for type in policy["type"]}
        assert wanted == understood - ADDRESSED


def _price(firm: Company) -> None:
    firm.done(INVOICING, "PUT", "/seller", SELLER)
    firm.done(INVOICING, "PUT", "/rates/standard", RATE)


def _customer(firm: Company) -> Any:
    new = {"name": "Ada Brandt", "email": f"ada-{uuid.uuid4().hex}@example.com"}
    return firm.done(SUPPORT, "POST", "/customers", new)


def _opened(firm: Company, customer: Body) -> Any:
    return firm.done(SUPPORT, "POST", "/tickets", {"customer_id": customer["id"], "subject": "S", "body": "B"})


def _solved(firm: Company, customer: Body, *minutes: int) -> Any:
    ticket = _opened(firm, customer)
    for number in minutes:
        firm.done(SUPPORT, "POST", f"/tickets/{ticket['id']}/time-entries", _time(number))
    return _solve(firm, ticket)


def _solve(firm: Company, ticket: Body) -> Any:
    firm.done(SUPPORT, "POST", f"/tickets/{ticket['id']}/assign", {"assignee": "ben@example.com"})
    return firm.done(SUPPORT, "POST", f"/tickets/{ticket['id']}/solve")


def _time(minutes: int, *, billable: bool = True) -> Body:
    return {"minutes": minutes, "rate_code": "standard", "billable": billable}


def _drafts(firm: Company, customer: Body) -> list[Any]:
    invoices = firm.done(INVOICING, "GET", "/invoices")["items"]
    return [one for one in invoices if one["account_id"] == customer["id"] and one["state"] == "draft"]


def _issue_and_pay(firm: Company, customer: Body, amount: str) -> None:
    path = f"/accounts/{customer['id']}"
    etag = firm.call(INVOICING, "GET", path).headers["ETag"]
    firm.done(INVOICING, "PATCH", path, {"address": ADDRESS}, etag=etag)
    (draft,) = _drafts(firm, customer)
    firm.done(INVOICING, "POST", f"/invoices/{draft['id']}/finalize", {})
    payment = {
        "account_id": customer["id"],
        "invoice_id": draft["id"],
        "amount": {"amount": amount, "currency": "EUR"},
        "external_ref": "bank-1",
    }
    firm.done(INVOICING, "POST", "/payments", payment)


def _metrics(firm: Company) -> Body:
    today = datetime.now(UTC).date()
    question = {
        "metrics": ["tickets_opened", "tickets_solved", "invoiced", "collected", "outstanding"],
        "from": (today - timedelta(days=1)).isoformat(),
        "to": (today + timedelta(days=1)).isoformat(),
        "interval": "day",
        "time_zone": "UTC",
    }
    series = firm.done(ANALYTICS, "POST", "/query", question)["series"]
    # A test may run over midnight: what it did lies in one of the two days, a level stands at the end of the second.
    return {
        one["metric"]: one["points"][-1]["value"] if one["metric"] == "outstanding" else _sum(one) for one in series
    }


def _sum(series: Body) -> Any:
    values = [Decimal(point["value"]) for point in series["points"]]
    return int(sum(values)) if series["unit"] == "tickets" else str(sum(values))
