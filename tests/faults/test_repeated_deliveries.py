"""The same events, five times each and in any order, leave the same state as once in order."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from local.demo.apis import Apis
from local.demo.cast import AGENT, Cast
from local.demo.day import Day
from tests.end_to_end.ledger import assert_agreement, assert_all_time_is_billed_once
from tests.faults.deliveries import Inbox, Message
from tests.faults.mappings import held_back
from tests.stage import Stage

Body = dict[str, Any]

INVOICING, ANALYTICS = "local-invoicing-inbox", "local-analytics-inbox"
WORK = [[("standard", 45), ("expert", 20)], [("standard", 90)]]
PATIENCE = 150.0  # what the restart has left behind is counted late


@pytest.fixture(scope="module")
def calm_and_wild(stage: Stage, services: Apis) -> tuple[Body, Body]:
    """Two customers with the same history: one's events came once, in order, the other's five times, shuffled."""
    Day(services).set_up()
    with held_back(stage, INVOICING, ANALYTICS):
        calm, wild = _supported(services), _supported(services)
        # Of each customer: registered, twice updated, two tickets solved; two tickets opened, assigned and solved.
        _deliver(Inbox(stage, INVOICING), calm, wild, 2 * 5)
        _deliver(Inbox(stage, ANALYTICS), calm, wild, 2 * 6)
    Inbox(stage, INVOICING).await_empty()
    with held_back(stage, ANALYTICS):
        for customer in (calm, wild):
            _invoiced_and_paid(services, customer)
        _deliver(Inbox(stage, ANALYTICS), calm, wild, 2 * 3)
    Inbox(stage, ANALYTICS).await_empty()
    return calm, wild


def test_the_account_says_what_the_customer_said_last(services: Apis, calm_and_wild: tuple[Body, Body]) -> None:
    for customer in calm_and_wild:
        account = services.invoicing.get(f"/accounts/{customer['id']}").body
        assert (account["name"], account["company"]) == ("Twice Married", "Third Company")


def test_the_invoices_are_the_same_line_by_line(services: Apis, calm_and_wild: tuple[Body, Body]) -> None:
    calm, wild = (_invoices(services, customer) for customer in calm_and_wild)
    assert calm == wild
    ((state, lines, _),) = calm
    assert (state, len(lines)) == ("open", 3)


def test_each_time_entry_is_billed_once_and_says_so(services: Apis, calm_and_wild: tuple[Body, Body]) -> None:
    assert_all_time_is_billed_once(services)


def test_the_balances_are_the_same(services: Apis, calm_and_wild: tuple[Body, Body]) -> None:
    calm, wild = (services.invoicing.get(f"/accounts/{customer['id']}/balance").body for customer in calm_and_wild)
    assert calm["balances"] == wild["balances"]


def test_the_metrics_count_each_event_once(services: Apis, calm_and_wild: tuple[Body, Body]) -> None:
    assert_agreement(services, PATIENCE)


def _supported(services: Apis) -> Body:
    """A customer with three versions and two solved tickets."""
    support = services.support
    customer = support.post("/customers", {**Cast(31).customer(), "name": "Once Married"})
    path = f"/customers/{customer.body['id']}"
    changed = support.patch(path, {"name": "Twice Married", "company": "Second Company"}, etag=customer.etag)
    support.patch(path, {"company": "Third Company"}, etag=changed.etag)
    for entries in WORK:
        ticket = support.post("/tickets", {"customer_id": customer.body["id"], "subject": "S", "body": "B"}).body
        at = f"/tickets/{ticket['id']}"
        support.post(f"{at}/assign", {"assignee": AGENT})
        for code, minutes in entries:
            support.post(f"{at}/time-entries", {"rate_code": code, "minutes": minutes})
        support.post(f"{at}/solve")
    return dict(customer.body)


def _invoiced_and_paid(services: Apis, customer: Body) -> None:
    """Issue the customer's draft and pay it in two parts, leaving something."""
    invoicing, path = services.invoicing, f"/accounts/{customer['id']}"
    address = {"street": "Kaistrasse 1", "city": "Kiel", "postal_code": "24103", "country": "DE"}
    invoicing.patch(path, {"address": address}, etag=invoicing.get(path).etag)
    (draft,) = invoicing.every("/invoices", account_id=customer["id"], state="draft")
    invoice = invoicing.post(f"/invoices/{draft['id']}/finalize", {}).body
    for number, amount in enumerate(("100.00", "50.00")):
        payment = {
            "account_id": customer["id"],
            "invoice_id": invoice["id"],
            "amount": {"amount": amount, "currency": "EUR"},
            "external_ref": f"bank-{invoice['id']}-{number}",
        }
        invoicing.post("/payments", payment)


def _deliver(inbox: Inbox, calm: Body, wild: Body, number: int) -> None:
    """Take what has come of both customers, and deliver it again: once in order, or five times shuffled."""
    taken = inbox.take(number)
    assert len(taken) == number, f"{[message.event['type'] for message in taken]}"
    shuffled = [message for message in taken if _is_about(message)(wild)] * 5
    random.Random(number).shuffle(shuffled)
    inbox.deliver([message for message in taken if _is_about(message)(calm)])
    inbox.deliver(shuffled)


def _is_about(message: Message) -> Callable[[Body], bool]:
    data = message.event["data"]
    return lambda customer: customer["id"] in (data.get("customer_id"), data.get("account_id"))


def _invoices(services: Apis, customer: Body) -> list[Any]:
    return [
        (
            invoice["state"],
            sorted((line["quantity"], line["unit"], line["unit_price"], line["net"]) for line in invoice["lines"]),
            invoice["totals"],
        )
        for invoice in services.invoicing.every("/invoices", account_id=customer["id"])
    ]
