"""Idempotency keys over HTTP: however often a creating request comes, it creates once."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.client import Reply
from local.demo.apis import Apis
from local.demo.cast import Cast
from local.demo.waiting import until

Body = dict[str, Any]


@pytest.fixture(scope="module")
def customer(services: Apis) -> Body:
    created: Body = services.support.post("/customers", Cast(3).customer()).body
    return created


@pytest.fixture
def new_ticket(customer: Body) -> Body:
    return {"customer_id": customer["id"], "subject": "Twice?", "body": f"Or once? {uuid.uuid4()}"}


def test_the_same_key_and_body_get_the_first_answer_again(services: Apis, new_ticket: Body) -> None:
    key = str(uuid.uuid4())
    first, again = _post(services, new_ticket, key), _post(services, new_ticket, key)
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    assert _tickets_like(services, new_ticket) == [first.body["id"]]


def test_the_order_of_members_does_not_matter(services: Apis, new_ticket: Body) -> None:
    key = str(uuid.uuid4())
    reordered = dict(reversed(new_ticket.items()))
    assert _post(services, new_ticket, key).body == _post(services, reordered, key).body


def test_the_same_key_with_another_body_is_refused(services: Apis, new_ticket: Body) -> None:
    key = str(uuid.uuid4())
    first = _post(services, new_ticket, key)
    other = _post(services, {**new_ticket, "subject": "Something else"}, key)
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    assert _tickets_like(services, new_ticket) == [first.body["id"]]


def test_a_repetition_that_would_break_a_rule_by_now_still_gets_the_first_answer(services: Apis) -> None:
    key, customer = str(uuid.uuid4()), Cast(4).customer()
    first = services.support.post("/customers", customer, key=key)
    again = services.support.post("/customers", customer, key=key)
    assert again.body == first.body
    taken = services.support.send("POST", "/customers", customer, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert (taken.status, taken.body["code"]) == (409, "email_taken")


def test_requests_with_one_key_at_the_same_moment_create_once(services: Apis, new_ticket: Body) -> None:
    key = str(uuid.uuid4())
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: _post(services, new_ticket, key), range(6)))
    assert {reply.status for reply in replies} <= {201, 409}
    created = {reply.body["id"] for reply in replies if reply.status == 201}
    assert len(created) == 1
    assert {reply.body["code"] for reply in replies if reply.status == 409} <= {"in_flight"}
    assert _tickets_like(services, new_ticket) == [*created]


def test_a_payment_that_is_sent_twice_pays_once(services: Apis) -> None:
    customer = services.support.post("/customers", Cast(5).customer()).body
    body = {
        "account_id": customer["id"],
        "amount": {"amount": "10.00", "currency": "EUR"},
        "external_ref": f"bank-{uuid.uuid4()}",
    }
    key = str(uuid.uuid4())
    _wait_for_account(services, customer["id"])
    first = services.invoicing.post("/payments", body, key=key)
    again = services.invoicing.post("/payments", body, key=key)
    assert again.body == first.body
    assert [one["id"] for one in services.invoicing.every("/payments", account_id=customer["id"])] == [first.body["id"]]


def _wait_for_account(services: Apis, account_id: str) -> None:
    until("an account", lambda: services.invoicing.send("GET", f"/accounts/{account_id}").status == 200)


def _post(services: Apis, body: Body, key: str) -> Reply:
    return services.support.send("POST", "/tickets", body, headers={"Idempotency-Key": key})


def _tickets_like(services: Apis, body: Body) -> list[str]:
    tickets = services.support.every("/tickets", customer_id=body["customer_id"])
    return [ticket["id"] for ticket in tickets if ticket["body"] == body["body"]]
