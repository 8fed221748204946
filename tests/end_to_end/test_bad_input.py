"""Bad input over HTTP: each mistake gets its problem, and none gets a 500."""

from __future__ import annotations

import copy
import json
import uuid
from typing import Any

import pytest

from local.client import Client, Reply
from local.demo.apis import Apis
from local.demo.cast import RATES, SELLER, Cast
from local.demo.waiting import until
from tests.end_to_end.problems import assert_problem

Body = dict[str, Any]

UNKNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
LINE: Body = {
    "description": "Setting up",
    "quantity": "1",
    "unit": "HUR",
    "unit_price": "96.00",
    "tax": {"category": "S", "rate": "19"},
}
QUESTION: Body = {
    "metrics": ["tickets_opened"],
    "from": "2026-11-01",
    "to": "2026-11-02",
    "interval": "day",
    "time_zone": "UTC",
}


class World:
    """What the requests are about: a customer with a ticket and an account."""

    def __init__(self, services: Apis) -> None:
        self.customer = services.support.post("/customers", Cast(11).customer()).body["id"]
        ticket = {"customer_id": self.customer, "subject": "Bad input", "body": "All of it."}
        self.ticket = services.support.post("/tickets", ticket).body["id"]
        until("the account", lambda: services.invoicing.send("GET", f"/accounts/{self.customer}").status == 200)

    def fill(self, value: Any) -> Any:
        """The value with `<customer>` and `<ticket>` replaced by their ids."""
        text = json.dumps(value).replace("<customer>", self.customer).replace("<ticket>", self.ticket)
        return json.loads(text)


@pytest.fixture(scope="module")
def world(services: Apis) -> World:
    return World(services)


def new_ticket(**other: Any) -> Body:
    return {"customer_id": "<customer>", "subject": "A", "body": "B", **other}


def new_invoice(**other: Any) -> Body:
    return {"account_id": "<customer>", "currency": "EUR", "lines": [LINE], **other}


def with_line(**other: Any) -> Body:
    return new_invoice(lines=[{**LINE, **other}])


def payment(**other: Any) -> Body:
    money = {"amount": "10.00", "currency": "EUR"}
    return {"account_id": "<customer>", "amount": money, "external_ref": "bank-1", **other}


def money(amount: Any, currency: Any) -> Body:
    return payment(amount={"amount": amount, "currency": currency})


def rate(**other: Any) -> Body:
    return {**RATES["standard"], **other}


def seller(**other: Any) -> Body:
    return {**copy.deepcopy(SELLER), **other}


TIME = "/tickets/<ticket>/time-entries"
MESSAGES = "/tickets/<ticket>/messages"
STANDARD = {"minutes": 30, "rate_code": "standard"}

REFUSED_FIELDS = [
    # customer support
    ("support", "POST", "/customers", {}, ["name", "email"]),
    ("support", "POST", "/customers", {"name": "A", "email": "nobody"}, ["email"]),
    ("support", "POST", "/customers", {"name": "A", "email": "a@example.com", "vip": True}, ["vip"]),
    ("support", "POST", "/customers", {"name": 7, "email": ["a@example.com"]}, ["name", "email"]),
    ("support", "POST", "/customers", {"name": "A", "email": "a@example.com", "time_zone": "Mars/Base"}, ["time_zone"]),
    ("support", "POST", "/customers", {"name": "A", "email": "a@example.com", "locale": "klingon!"}, ["locale"]),
    ("support", "POST", "/customers", {"name": "  ", "email": "a@example.com"}, ["name"]),
    ("support", "POST", "/customers", {"name": "A\u0000B", "email": "a@example.com"}, ["name"]),
    ("support", "POST", "/customers", {"name": "A" * 201, "email": "a@example.com"}, ["name"]),
    ("support", "POST", "/tickets", new_ticket(customer_id="<ticket>"), ["customer_id"]),
    ("support", "POST", "/tickets", new_ticket(customer_id=7), ["customer_id"]),
    ("support", "POST", "/tickets", new_ticket(priority="panic"), ["priority"]),
    ("support", "POST", "/tickets", new_ticket(priority=None), ["priority"]),
    ("support", "POST", "/tickets", new_ticket(tags="billing"), ["tags"]),
    ("support", "POST", "/tickets", new_ticket(tags=["a", {"b": 1}]), ["tags.1"]),
    ("support", "POST", "/tickets", new_ticket(status="solved"), ["status"]),
    ("support", "POST", "/tickets/<ticket>/assign", {}, ["assignee"]),
    ("support", "POST", "/tickets/<ticket>/assign", {"assignee": "two words"}, ["assignee"]),
    ("support", "POST", MESSAGES, {"body": "x", "visibility": "secret"}, ["visibility"]),
    ("support", "POST", MESSAGES, {"body": "x", "visibility": "internal", "author": "customer"}, ["visibility"]),
    ("support", "POST", TIME, {**STANDARD, "minutes": -5}, ["minutes"]),
    ("support", "POST", TIME, {**STANDARD, "minutes": 0}, ["minutes"]),
    ("support", "POST", TIME, {**STANDARD, "minutes": 1.5}, ["minutes"]),
    ("support", "POST", TIME, {**STANDARD, "minutes": "30"}, ["minutes"]),
    ("support", "POST", TIME, {**STANDARD, "minutes": True}, ["minutes"]),
    ("support", "POST", TIME, {**STANDARD, "minutes": 10**30}, ["minutes"]),
    ("support", "POST", TIME, {**STANDARD, "billable": "yes"}, ["billable"]),
    ("support", "POST", TIME, {**STANDARD, "rate_code": "../standard"}, ["rate_code"]),
    # invoicing
    ("invoicing", "PUT", "/seller", seller(vat_id=None), ["vat_id"]),
    ("invoicing", "PUT", "/seller", seller(bank_account={"iban": "DE00370400440532013000"}), ["bank_account.iban"]),
    (
        "invoicing",
        "PUT",
        "/seller",
        seller(address={"street": "S", "city": "C", "country": "Germany"}),
        ["address.country"],
    ),
    ("invoicing", "PUT", "/rates/bad", rate(currency="XQX"), ["currency"]),
    ("invoicing", "PUT", "/rates/bad", rate(unit_price=96.5), ["unit_price"]),
    ("invoicing", "PUT", "/rates/bad", rate(unit_price="-1"), ["unit_price"]),
    ("invoicing", "PUT", "/rates/bad", rate(tax={"category": "?", "rate": "19"}), ["tax.category"]),
    ("invoicing", "PUT", "/rates/bad", rate(tax={"category": "S", "rate": "101"}), ["tax.rate"]),
    ("invoicing", "POST", "/invoices", new_invoice(currency="ZZZ"), ["currency"]),
    ("invoicing", "POST", "/invoices", new_invoice(currency="eur"), ["currency"]),
    ("invoicing", "POST", "/invoices", new_invoice(account_id="<ticket>"), ["account_id"]),
    ("invoicing", "POST", "/invoices", new_invoice(lines={}), ["lines"]),
    ("invoicing", "POST", "/invoices", new_invoice(lines=[LINE, "line"]), ["lines.1"]),
    ("invoicing", "POST", "/invoices", new_invoice(state="paid"), ["state"]),
    ("invoicing", "POST", "/invoices", with_line(quantity=1), ["lines.0.quantity"]),
    ("invoicing", "POST", "/invoices", with_line(quantity="1e3"), ["lines.0.quantity"]),
    ("invoicing", "POST", "/invoices", with_line(quantity="NaN"), ["lines.0.quantity"]),
    ("invoicing", "POST", "/invoices", with_line(quantity="9" * 60), []),
    ("invoicing", "POST", "/invoices", with_line(unit_price="-1.00"), ["lines.0.unit_price"]),
    ("invoicing", "POST", "/invoices", with_line(base_quantity="0"), ["lines.0.base_quantity"]),
    ("invoicing", "POST", "/invoices", with_line(unit="hours"), ["lines.0.unit"]),
    ("invoicing", "POST", "/invoices", with_line(tax={"rate": "19"}), ["lines.0.tax.category"]),
    ("invoicing", "POST", "/invoices", with_line(tax={"category": "S"}), ["lines.0.tax.rate"]),
    ("invoicing", "POST", "/invoices", with_line(tax={"category": "E", "rate": "7"}), ["lines.0.tax.rate"]),
    ("invoicing", "POST", "/invoices", with_line(allowances=[{"charge": False}]), ["lines.0.allowances.0.amount"]),
    ("invoicing", "POST", "/credit-notes", {"invoice_id": "<ticket>"}, ["invoice_id", "reason"]),
    ("invoicing", "PUT", "/dunning-policies/default", {"step_days": [14, 7]}, ["step_days"]),
    ("invoicing", "POST", "/invoices/preview", {"currency": "ABC", "lines": [LINE]}, ["currency"]),
    ("invoicing", "POST", "/payments", money("10.00", "ABC"), ["amount.currency"]),
    ("invoicing", "POST", "/payments", money("10.5", "EUR"), ["amount.amount"]),
    ("invoicing", "POST", "/payments", money("10.50", "JPY"), ["amount.amount"]),
    ("invoicing", "POST", "/payments", money("10.50", "KWD"), ["amount.amount"]),
    ("invoicing", "POST", "/payments", money(10.5, "EUR"), ["amount.amount"]),
    ("invoicing", "POST", "/payments", money("-10.00", "EUR"), ["amount.amount"]),
    ("invoicing", "POST", "/payments", money("0.00", "EUR"), ["amount.amount"]),
    ("invoicing", "POST", "/payments", payment(amount="10.00 EUR"), ["amount"]),
    ("invoicing", "POST", "/payments", payment(received_on="2026-02-30"), ["received_on"]),
    ("invoicing", "POST", "/payments", payment(received_on="2999-01-01"), ["received_on"]),
    ("invoicing", "POST", "/payments", payment(invoice_id="<ticket>"), ["invoice_id"]),
    # analytics
    ("analytics", "POST", "/query", {}, ["metrics", "from", "to", "interval", "time_zone"]),
    ("analytics", "POST", "/query", {**QUESTION, "metrics": ["tickets_opened", "happiness"]}, ["metrics.1"]),
    ("analytics", "POST", "/query", {**QUESTION, "metrics": "tickets_opened"}, ["metrics"]),
    ("analytics", "POST", "/query", {**QUESTION, "interval": "fortnight"}, ["interval"]),
    ("analytics", "POST", "/query", {**QUESTION, "time_zone": "Europe/Atlantis"}, ["time_zone"]),
    ("analytics", "POST", "/query", {**QUESTION, "from": "2026-11-02", "to": "2026-11-01"}, ["to"]),
    ("analytics", "POST", "/query", {**QUESTION, "from": "yesterday"}, ["from"]),
    ("analytics", "POST", "/query", {**QUESTION, "from": 20261101}, ["from"]),
    ("analytics", "POST", "/query", {**QUESTION, "to": "9999-12-31"}, ["to"]),
    ("analytics", "POST", "/query", {**QUESTION, "filters": {"currency": ["euro"]}}, ["filters.currency.0"]),
    ("analytics", "POST", "/query", {**QUESTION, "filters": {"weather": ["rain"]}}, ["filters.weather"]),
    ("analytics", "POST", "/query", {**QUESTION, "limit": 3}, ["limit"]),
]


@pytest.mark.parametrize(("service", "method", "path", "body", "fields"), REFUSED_FIELDS)
def test_fields_that_make_no_sense_are_refused_by_name(
    services: Apis, world: World, service: str, method: str, path: str, body: Body, fields: list[str]
) -> None:
    reply = _send(getattr(services, service), method, world.fill(path), world.fill(body))
    problem = assert_problem(reply, 422, "validation_failed", *fields)
    assert problem["errors"]


CREATING = [("support", "/tickets"), ("invoicing", "/invoices"), ("analytics", "/query")]
NO_JSON_OBJECT = [
    b"{",
    b'{"subject": "A"',
    b"[]",
    b'"text"',
    b"null",
    b'{"a": NaN}',
    b"[" * 50_000,
    b'{"a":' * 50_000,
]


@pytest.mark.parametrize(("service", "path"), CREATING)
@pytest.mark.parametrize("body", NO_JSON_OBJECT, ids=lambda body: repr(body[:16]))
def test_a_body_that_is_no_json_object_is_malformed(services: Apis, service: str, path: str, body: bytes) -> None:
    assert_problem(_send(getattr(services, service), "POST", path, body), 400, "malformed_json")


@pytest.mark.parametrize(("service", "path"), CREATING)
def test_a_body_that_is_not_there_is_the_clients_mistake(services: Apis, service: str, path: str) -> None:
    reply = _send(getattr(services, service), "POST", path)
    assert_problem(reply, 400 if reply.status == 400 else 422)


def test_bytes_that_are_no_text_are_the_clients_mistake(services: Apis) -> None:
    # What reaches the function is up to API Gateway, which makes text of them in its own way.
    for client, path in ((services.support, "/tickets"), (services.invoicing, "/invoices")):
        reply = _send(client, "POST", path, b'{"subject": "\xff\xfe"}')
        assert_problem(reply, 400 if reply.status == 400 else 422)


def test_a_body_beyond_all_measure_is_too_large(services: Apis, world: World) -> None:
    body = world.fill(new_ticket(body="x" * 300_000))
    assert_problem(_send(services.support, "POST", "/tickets", body), 413, "content_too_large")


UNKNOWN_THINGS = [
    ("support", "/customers/{}", "cus", "customer_not_found"),
    ("support", "/tickets/{}", "tkt", "ticket_not_found"),
    ("support", "/tickets/{}/messages", "tkt", "ticket_not_found"),
    ("support", "/tickets/{}/time-entries", "tkt", "ticket_not_found"),
    ("invoicing", "/accounts/{}", "cus", "account_not_found"),
    ("invoicing", "/accounts/{}/balance", "cus", "account_not_found"),
    ("invoicing", "/invoices/{}", "inv", "invoice_not_found"),
    ("invoicing", "/payments/{}", "pay", "payment_not_found"),
    ("invoicing", "/credit-notes/{}", "crn", "credit_note_not_found"),
    ("invoicing", "/disputes/{}", "dsp", "dispute_not_found"),
]


@pytest.mark.parametrize(("service", "path", "kind", "code"), UNKNOWN_THINGS)
def test_what_is_not_there_is_not_found_whether_its_id_is_unknown_of_another_kind_or_none(
    services: Apis, service: str, path: str, kind: str, code: str
) -> None:
    other_kind = "tkt" if kind != "tkt" else "cus"
    for id in (f"{kind}_{UNKNOWN}", f"{other_kind}_{UNKNOWN}", f"{kind}_{UNKNOWN.lower()}", UNKNOWN, "1", "a b"):
        assert_problem(_send(getattr(services, service), "GET", path.format(id)), 404, code)
    for id in ("%00", "%E2%82%AC", "%2e%2e"):
        assert _send(getattr(services, service), "GET", path.format(id)).status == 404


def test_a_ticket_of_an_unknown_customer_is_not_opened(services: Apis) -> None:
    body = new_ticket(customer_id=f"cus_{UNKNOWN}")
    assert_problem(_send(services.support, "POST", "/tickets", body), 422, "validation_failed", "customer_id")


def test_a_rate_that_nobody_set_is_not_found(services: Apis) -> None:
    assert_problem(_send(services.invoicing, "GET", f"/rates/none-{uuid.uuid4().hex}"), 404, "rate_not_found")


def test_an_unknown_path_is_a_problem_too(services: Apis) -> None:
    for client in (services.support, services.invoicing, services.analytics):
        reply = client.send("GET", "/nothing/here")
        assert reply.status == 404
        assert reply.headers["Content-Type"].partition(";")[0] == "application/problem+json"
        assert (reply.body["status"], reply.body["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": 0}, "bad_limit"),
        ({"limit": 101}, "bad_limit"),
        ({"limit": "ten"}, "bad_limit"),
        ({"cursor": "garbage"}, "bad_cursor"),
        ({"cursor": "e30"}, "bad_cursor"),
        ({"cursor": ""}, "bad_cursor"),
    ],
)
def test_a_limit_or_cursor_that_is_none_is_a_bad_request(services: Apis, query: Body, code: str) -> None:
    for client, path in ((services.support, "/tickets"), (services.invoicing, "/invoices")):
        assert_problem(client.send("GET", path, query=query), 400, code)


def test_a_cursor_belongs_to_its_own_list_and_caller(services: Apis, world: World, as_user: Any) -> None:
    for _ in range(2):
        body = world.fill(new_ticket())
        services.support.post("/tickets", body)
    cursor = services.support.get("/tickets", limit=1).body["next_cursor"]
    assert services.support.get("/tickets", limit=1, cursor=cursor).body["items"]
    others = [
        services.support.send("GET", "/customers", query={"cursor": cursor}),
        services.support.send("GET", "/tickets", query={"cursor": cursor, "status": "new"}),
        as_user("customer-support", "operator").send("GET", "/tickets", query={"cursor": cursor}),
    ]
    for reply in others:
        assert_problem(reply, 400, "bad_cursor")


def test_filters_that_no_list_has_are_refused(services: Apis) -> None:
    for client, path in ((services.support, "/tickets"), (services.invoicing, "/invoices")):
        assert_problem(client.send("GET", path, query={"colour": "red"}), 422, "validation_failed", "colour")
    assert_problem(services.support.send("GET", "/tickets", query={"status": "odd"}), 422, None, "status")


@pytest.mark.parametrize(
    ("service", "path", "body"),
    [
        ("support", "/customers", {}),
        ("support", "/tickets", new_ticket()),
        ("support", MESSAGES, {"body": "x"}),
        ("support", TIME, STANDARD),
        ("invoicing", "/invoices", new_invoice()),
        ("invoicing", "/payments", payment()),
    ],
)
def test_a_creating_request_needs_an_idempotency_key(
    services: Apis, world: World, service: str, path: str, body: Body
) -> None:
    reply = getattr(services, service).send("POST", world.fill(path), world.fill(body))
    assert_problem(reply, 400, "idempotency_key_required")


def test_a_change_needs_the_version_that_was_seen(services: Apis, world: World) -> None:
    for client, path, change in (
        (services.support, "/tickets/<ticket>", {"subject": "Other"}),
        (services.support, "/customers/<customer>", {"name": "Other"}),
        (services.invoicing, "/accounts/<customer>", {"vat_id": "DE1"}),
    ):
        path = world.fill(path)
        before = client.get(path)
        assert_problem(client.send("PATCH", path, change), 428, "if_match_required")
        for etag in ('"999"', "nonsense"):
            assert_problem(client.send("PATCH", path, change, headers={"If-Match": etag}), 412, "stale_version")
        assert client.get(path).body == before.body


def test_what_the_state_forbids_is_a_conflict(services: Apis, world: World) -> None:
    support = services.support
    ticket = support.post("/tickets", world.fill(new_ticket())).body
    path = f"/tickets/{ticket['id']}"
    assert_problem(_send(support, "POST", f"{path}/solve"), 409, "unassigned")
    support.post(f"{path}/assign", {"assignee": "agent@example.com"})
    support.post(f"{path}/solve")
    for action, body in (
        ("solve", None),
        ("assign", {"assignee": "a"}),
        ("time-entries", STANDARD),
        ("messages", {"body": "x"}),
    ):
        assert_problem(_send(support, "POST", f"{path}/{action}", body), 409, "illegal_transition")


def test_an_invoice_is_not_finalized_without_what_the_law_wants(services: Apis, world: World) -> None:
    invoicing = services.invoicing
    draft = invoicing.post("/invoices", world.fill(new_invoice(lines=[]))).body
    reply = _send(invoicing, "POST", f"/invoices/{draft['id']}/finalize", {})
    assert_problem(reply, 422, "validation_failed", "lines", "buyer.address")
    reply = _send(invoicing, "POST", f"/invoices/{draft['id']}/finalize", {"issue_date": "2999-01-01"})
    assert_problem(reply, 422, "validation_failed", "issue_date")
    assert_problem(_send(invoicing, "POST", "/payments", _paying(draft)), 409, "not_payable")


def _paying(invoice: Body) -> Body:
    money = {"amount": "1.00", "currency": "EUR"}
    ref = f"bank-{uuid.uuid4()}"
    return {"account_id": invoice["account_id"], "invoice_id": invoice["id"], "amount": money, "external_ref": ref}


def _send(client: Client, method: str, path: str, body: Any = None) -> Reply:
    """With a fresh Idempotency-Key, so that it is the body that is refused."""
    return client.send(method, path, body, headers={"Idempotency-Key": str(uuid.uuid4())})
