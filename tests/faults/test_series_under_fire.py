"""Sixteen writers finalize five hundred drafts in one series while workers die at random: 1 to 500, once each."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from local.demo.apis import Apis, apis
from local.demo.cast import SELLER, Cast
from local.demo.waiting import until
from tests.faults.persistent import Persistent
from tests.faults.workers import kill_one
from tests.stage import Stage

DRAFTS, WRITERS, ACCOUNTS = 500, 16, 16
SERIES = "FIRE"
LINE = {
    "description": "Support",
    "quantity": "1",
    "unit": "C62",
    "unit_price": "10.00",
    "tax": {"category": "S", "rate": "19"},
}


@dataclass(frozen=True)
class Fought:
    """The answers of all finalizations, and how many workers died meanwhile."""

    answers: list[dict[str, Any]]
    killed: int


@pytest.fixture(scope="module")
def fought(stage: Stage) -> Fought:
    invoicing = apis(stage.place).invoicing
    invoicing.put("/seller", SELLER)
    invoicing.put(f"/series/{SERIES}", {"prefix": f"{SERIES}-"})
    writers = [apis(stage.place, client=Persistent) for _ in range(WRITERS)]
    accounts = [_account(writers[0], number) for number in range(ACCOUNTS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        drafts = list(pool.map(lambda n: _draft(writers[n % WRITERS], accounts[n % ACCOUNTS]), range(DRAFTS)))
        with _killing(stage) as killed:
            answers = list(pool.map(lambda n: _finalized(writers[n % WRITERS], drafts[n]), range(DRAFTS)))
    return Fought(answers, len(killed))


def test_workers_have_died(fought: Fought) -> None:
    assert fought.killed >= 3


def test_each_draft_has_got_a_number_and_each_number_is_used_once(fought: Fought) -> None:
    assert sorted(answer["number"] for answer in fought.answers) == [f"{SERIES}-{n:06}" for n in range(1, DRAFTS + 1)]
    assert {answer["state"] for answer in fought.answers} == {"open"}


def test_the_audit_reads_every_number_and_finds_no_gap_no_twin_and_no_date_out_of_order(
    fought: Fought, services: Apis
) -> None:
    audit = services.invoicing.get(f"/series/{SERIES}/audit").body
    assert audit["is_complete"], audit
    assert (audit["numbers"], audit["last_number"]) == (DRAFTS, DRAFTS)


def test_the_invoices_say_the_same_as_their_answers_said(fought: Fought, services: Apis) -> None:
    standing = {one["id"]: one for one in services.invoicing.every("/invoices") if one["series"] == SERIES}
    assert {id: one["number"] for id, one in standing.items()} == {one["id"]: one["number"] for one in fought.answers}
    by_number = sorted(standing.values(), key=lambda one: str(one["number"]))
    assert all(before["issue_date"] <= after["issue_date"] for before, after in pairwise(by_number))


def test_each_account_owes_its_own(fought: Fought, services: Apis) -> None:
    accounts = {answer["account_id"] for answer in fought.answers}
    balances = [services.invoicing.get(f"/accounts/{one}/balance").body["balances"][0] for one in accounts]
    cents = [int(balance["outstanding"]["amount"].replace(".", "")) for balance in balances]
    assert sum(cents) == DRAFTS * 1190


@contextmanager
def _killing(stage: Stage) -> Iterator[list[int]]:
    """Workers of `commands` die one by one, at random moments, until the block ends."""
    victims: list[int] = []
    ended, chance = threading.Event(), random.Random(500)

    def massacre() -> None:
        while not ended.wait(chance.uniform(1.0, 4.0)):
            if victim := kill_one(stage, "local-invoicing-commands", chance):
                victims.append(victim)

    thread = threading.Thread(target=massacre)
    thread.start()
    try:
        yield victims
    finally:
        ended.set()
        thread.join()


def _account(services: Apis, number: int) -> str:
    customer = services.support.post("/customers", Cast(9000 + number).customer()).body["id"]
    path = f"/accounts/{customer}"
    until("the account", lambda: services.invoicing.send("GET", path).status == 200)
    address = {"street": "Lindenweg 1", "city": "Köln", "postal_code": "50667", "country": "DE"}
    services.invoicing.patch(path, {"address": address}, etag=services.invoicing.get(path).etag)
    return str(customer)


def _draft(services: Apis, account_id: str) -> str:
    body = {"account_id": account_id, "currency": "EUR", "lines": [LINE]}
    return str(services.invoicing.post("/invoices", body).body["id"])


def _finalized(services: Apis, invoice_id: str) -> dict[str, Any]:
    return dict(services.invoicing.post(f"/invoices/{invoice_id}/finalize", {"series": SERIES}).body)
