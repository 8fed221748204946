"""The flows that cross contexts, over HTTP, each with the one trace from its first request to its last effect."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.client import Reply
from local.demo.apis import Apis
from local.demo.cast import SELLER, Cast
from local.demo.traces import Document, children, documents, trace_ids
from local.demo.waiting import until
from tests.stage import Stage

Body = dict[str, Any]
Steps = list[tuple[str, str]]

TODAY = datetime.now(UTC).date()
AGENT = {"assignee": "agent@example.com"}
LINES = [
    {"description": name, "quantity": "1", "unit": "C62", "unit_price": price, "tax": {"category": "S", "rate": "19"}}
    for name, price in (("Setup", "100.00"), ("Training", "50.00"))
]


@pytest.fixture(scope="module")
def customer_id(services: Apis) -> str:
    services.invoicing.put("/seller", SELLER)
    customer = services.support.post("/customers", Cast(808).customer()).body["id"]
    path = f"/accounts/{customer}"
    until("the account", lambda: services.invoicing.send("GET", path).status == 200)
    address = {"street": "Lindenweg 1", "city": "Köln", "postal_code": "50667", "country": "DE"}
    services.invoicing.patch(path, {"address": address}, etag=services.invoicing.get(path).etag)
    return str(customer)


def test_a_dispute_is_decided_on_a_ticket_and_ends_in_a_credit_note(
    stage: Stage, services: Apis, customer_id: str
) -> None:
    invoice = _issued(services, customer_id, TODAY)
    raised = services.invoicing.post(f"/invoices/{invoice['id']}/disputes", {"reason": "The training never was"})
    dispute = raised.body

    (ticket,) = until(
        "the ticket", lambda: _tickets(services, customer_id, f"Dispute about invoice {invoice['number']}")
    )
    assert (ticket["priority"], ticket["dispute"]["dispute_id"]) == ("high", dispute["id"])
    path = f"/tickets/{ticket['id']}"
    services.support.post(f"{path}/assign", AGENT)
    refused = services.support.send("POST", f"{path}/solve", headers={"Idempotency-Key": str(uuid.uuid4())})
    assert (refused.status, refused.body["errors"][0]["field"]) == (422, "outcome")
    services.support.post(f"{path}/solve", {"outcome": "credited", "lines": [{"line_id": "2"}]})

    settled = until("the settlement", lambda: _settled(services, dispute["id"]))
    assert (settled["outcome"], settled["ticket_id"]) == ("credited", ticket["id"])
    note = services.invoicing.get(f"/credit-notes/{settled['credit_note_id']}").body
    assert note["totals"]["tax_inclusive"] == "59.50"
    after = services.invoicing.get(f"/invoices/{invoice['id']}").body
    assert (after["disputed"], after["totals"]["remaining"]) == (False, "119.00")

    steps = [
        ("local-invoicing-relay", "SendMessage"),
        ("local-customer-support-inbox", "TransactWriteItems"),
        ("local-customer-support-relay", "SendMessage"),
        ("local-invoicing-inbox", "TransactWriteItems"),
        ("local-invoicing-relay", "Publish"),
        ("local-customer-support-inbox", "TransactWriteItems"),
    ]
    found = until("the dispute's whole trace", lambda: _led(_only_trace(stage, raised), "raise_dispute", steps))
    queues = {one.name for one in found if one.fields.get("origin") == "AWS::SQS::Queue"}
    assert queues >= {"local-customer-support-commands", "local-invoicing-inbox"}
    assert not [one.name for one in found if one.fields.get("fault")]


def test_reminders_become_tickets_that_a_payment_solves(stage: Stage, services: Apis, customer_id: str) -> None:
    services.invoicing.put("/dunning-policies/flows", {"step_days": [1, 2, 30]})
    path = f"/accounts/{customer_id}"
    services.invoicing.patch(path, {"dunning_policy": "flows"}, etag=services.invoicing.get(path).etag)
    invoice = _issued(services, customer_id, TODAY - timedelta(days=5))
    _tick(stage)

    def reminders() -> list[Body]:
        return [one for step in (1, 2) for one in _tickets(services, customer_id, f"Reminder {step}: invoice {number}")]

    number = invoice["number"]
    first, second = until("two reminders", lambda: found if len(found := reminders()) == 2 else None)
    assert [one["priority"] for one in (first, second)] == ["normal", "high"]
    payment = {"account_id": customer_id, "amount": {"amount": "178.50", "currency": "EUR"}}
    paid = services.invoicing.post(
        "/payments", {**payment, "external_ref": f"bank-{uuid.uuid4()}", "invoice_id": invoice["id"]}
    )
    until("the end of reminding", lambda: {one["status"] for one in reminders()} == {"solved"})
    notes = services.support.get(f"/tickets/{second['id']}/messages").body["items"]
    assert notes[-1]["body"] == f"Invoice {number} is paid: there is nothing left to remind of."

    steps = [("local-invoicing-relay", "Publish"), ("local-customer-support-inbox", "TransactWriteItems")]
    until("the payment's whole trace", lambda: _led(_only_trace(stage, paid), "record_payment", steps))
    until("the clock's whole trace", lambda: _of_clock(stage, steps))


def _issued(services: Apis, customer_id: str, day: Any) -> Body:
    body = {"account_id": customer_id, "currency": "EUR", "lines": LINES, "terms": {"net_days": 0}}
    draft = services.invoicing.post("/invoices", body).body
    series = f"FLOWS-{(TODAY - day).days}"
    services.invoicing.put(f"/series/{series}", {"prefix": f"{series}-"})
    finalization = {"series": series, "issue_date": f"{day}"}
    return dict(services.invoicing.post(f"/invoices/{draft['id']}/finalize", finalization).body)


def _tickets(services: Apis, customer_id: str, subject: str) -> list[Body]:
    return [one for one in services.support.every("/tickets", customer_id=customer_id) if one["subject"] == subject]


def _settled(services: Apis, dispute_id: str) -> Body | None:
    dispute: Body = services.invoicing.get(f"/disputes/{dispute_id}").body
    return dispute if dispute["state"] == "settled" else None


def _tick(stage: Stage) -> None:
    """What the schedule does once a minute, now."""
    stage.client("lambda").invoke(FunctionName="local-invoicing-clock", Payload=json.dumps({}))


def _only_trace(stage: Stage, reply: Reply) -> list[Document]:
    """The documents of the one trace that tells of a request; none yet."""
    xray = stage.client("xray")
    (ids,) = trace_ids(xray, [reply]).values()
    assert len(ids) <= 1, "one request, one trace"
    return documents(xray, ids[0]) if ids else []


def _of_clock(stage: Stage, steps: Steps) -> list[Document] | None:
    """The documents of an invocation of the clock that has led through these steps."""
    xray = stage.client("xray")
    end = datetime.now(UTC) + timedelta(seconds=1)
    pages = xray.get_paginator("get_trace_summaries").paginate(
        StartTime=end - timedelta(minutes=10), EndTime=end, FilterExpression='service("local-invoicing-clock")'
    )
    ways = (_led(documents(xray, id), "local-invoicing-clock", steps) for id in pages.search("TraceSummaries[].Id"))
    return next((found for found in ways if found), None)


def _led(found: list[Document], start: str, steps: Steps) -> list[Document] | None:
    """The documents, if a way leads from that one, through queues and topics, to functions that make such calls."""
    reached = [one for one in found if one.name == start]
    for name, operation in steps:
        below = [one for top in reached for one in _all_below(found, top)]
        reached = [one for one in below if one.name == name and _is_function(one) and _calls(found, one, operation)]
    return found if reached else None


def _is_function(one: Document) -> bool:
    return bool(one.fields.get("origin") == "AWS::Lambda::Function")


def _calls(found: list[Document], one: Document, operation: str) -> bool:
    return any(call.aws.get("operation") == operation for call in children(found, one))


def _all_below(found: list[Document], top: Document) -> Iterator[Document]:
    for child in children(found, top):
        yield child
        yield from _all_below(found, child)
