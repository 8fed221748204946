"""Lambda workers die in the middle of a working day: afterwards all sums agree."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from local.client import Reply
from local.demo.apis import Apis, apis
from local.demo.day import Day, Done
from local.demo.waiting import until
from tests.end_to_end.ledger import assert_agreement, assert_all_time_is_billed_once
from tests.faults.persistent import Persistent
from tests.faults.workers import kill
from tests.stage import Stage

INBOXES = ("local-customer-support-inbox", "local-invoicing-inbox", "local-analytics-inbox")
MASSACRES = range(8, 84, 15)  # by the number of answers that the day has got
PATIENCE = 150.0  # what the restart has left behind is counted late


@dataclass(frozen=True)
class Survived:
    """The day, and how many workers died while it was played."""

    done: Done
    killed: int


@pytest.fixture(scope="module", autouse=True)
def soon_visible_again(stage: Stage) -> Iterator[None]:
    """A message whose worker dies comes again when its time-out has passed: seconds here, minutes otherwise."""
    sqs = stage.client("sqs")
    urls = [sqs.get_queue_url(QueueName=inbox)["QueueUrl"] for inbox in INBOXES]
    names = ["VisibilityTimeout"]
    before = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] for url in urls]
    for url in urls:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
    yield
    for url, attributes in zip(urls, before, strict=True):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


@pytest.fixture(scope="module")
def survived(stage: Stage) -> Survived:
    replies: list[Reply] = []
    Persistent.repeats = 0
    day = Day(apis(stage.place, client=Persistent, heard=replies.append), seed=13, customers=5)
    killed = 0
    with ThreadPoolExecutor(1) as pool:
        playing = pool.submit(day.play)
        for answers in MASSACRES:
            until(f"{answers} answers", lambda answers=answers: _is_so_far(playing, replies, answers), 120)  # type: ignore[misc]
            killed += kill(stage)
        return Survived(playing.result(), killed)


def test_workers_have_died_and_requests_were_repeated(survived: Survived) -> None:
    assert survived.killed > len(MASSACRES)
    assert Persistent.repeats > 0


def test_the_day_was_played_to_its_end(survived: Survived) -> None:
    done = survived.done
    assert (len(done.customers), len(done.tickets)) == (5, 10)
    assert {reply.body["status"] for reply in done.solved} == {"solved"}
    assert {invoice["state"] for invoice in done.invoices} == {"open"}
    assert len(done.invoices) == len(done.billable)


def test_each_time_entry_is_billed_once(services: Apis, survived: Survived) -> None:
    assert_all_time_is_billed_once(services, 60)


def test_nothing_was_created_twice(services: Apis, survived: Survived) -> None:
    for customer in survived.done.customers:
        mine = [ticket["id"] for ticket in survived.done.tickets if ticket["customer_id"] == customer["id"]]
        found = services.support.every("/tickets", customer_id=customer["id"])
        assert sorted(ticket["id"] for ticket in found) == sorted(mine)
    payments = services.invoicing.every("/payments")
    assert len({payment["external_ref"] for payment in payments}) == len(payments)


def test_invoice_numbers_have_neither_gap_nor_twin(services: Apis, survived: Survived) -> None:
    numbers = sorted(one["number"] for one in services.invoicing.every("/invoices") if one["series"] == "INV")
    assert numbers == [f"INV-{count:06}" for count in range(1, len(numbers) + 1)]


def test_the_sums_of_tickets_lines_invoices_payments_and_metrics_agree(services: Apis, survived: Survived) -> None:
    assert_agreement(services, PATIENCE)


def _is_so_far(playing: Future[Done], replies: list[Reply], answers: int) -> bool:
    return playing.done() or len(replies) >= answers
