"""Ten tickets solved, one relay batch, one consumer batch of ten: the deployed handlers, and the graph they leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.demo.apis import Apis, apis
from local.demo.cast import AGENT, Cast
from local.demo.day import Day
from local.demo.traces import Document, documents
from local.demo.waiting import TooLate, until
from tests import graphs
from tests.faults.deliveries import Inbox
from tests.faults.mappings import held_back
from tests.graphs import Graph, Node
from tests.stage import Stage
from tests.tracing.batches import Queue, Record, deliver, new_root, outbox, without_header

SUPPORT, INVOICING, ANALYTICS = "local-customer-support", "local-invoicing", "local-analytics"
RELAY, INBOX = f"{SUPPORT}-relay", f"{INVOICING}-inbox"
STAGE, SERVICE, FUNCTION = "AWS::ApiGateway::Stage", "AWS::Lambda", "AWS::Lambda::Function"
TABLE, TOPIC, QUEUE, CLIENT = "AWS::DynamoDB::Table", "AWS::SNS", "AWS::SQS::Queue", "client"
TICKETS = 10


@dataclass(frozen=True)
class Played:
    """The traces that the test has named: one of each request, one of each of the two batches' invocations."""

    requests: list[str]
    relay: str
    inbox: str
    batch: list[Record]

    @property
    def traces(self) -> list[str]:
        return [*self.requests, self.relay, self.inbox]


@pytest.fixture(scope="module")
def queue(stage: Stage) -> Queue:
    return Queue(stage, INBOX)


@pytest.fixture(scope="module")
def services(stage: Stage) -> Apis:
    return apis(stage.place)


@pytest.fixture(scope="module")
def by_hand(stage: Stage, services: Apis) -> Iterator[str]:
    """A customer whose account is known; from now on nothing carries an event but the tests."""
    Day(services).set_up()
    customer = services.support.post("/customers", Cast(31).customer()).body["id"]
    until("the account", lambda: services.invoicing.send("GET", f"/accounts/{customer}").status == 200)
    until("an empty outbox", lambda: not outbox(stage, SUPPORT))
    Inbox(stage, INBOX).await_empty()
    with held_back(stage, RELAY, INBOX, f"{ANALYTICS}-inbox", f"{ANALYTICS}-archivist", f"{INVOICING}-relay"):
        yield customer


@pytest.fixture(scope="module")
def carried(stage: Stage, services: Apis, queue: Queue, by_hand: str) -> Played:
    return _play(stage, services, queue, by_hand, carried=True)


@pytest.fixture(scope="module")
def cut(stage: Stage, services: Apis, queue: Queue, by_hand: str) -> Played:
    """The same, but that nobody carries the requests' trace headers along."""
    return _play(stage, services, queue, by_hand, carried=False)


def _play(stage: Stage, services: Apis, queue: Queue, customer: str, *, carried: bool) -> Played:
    tickets = [_worked_on(services, customer, number) for number in range(TICKETS)]
    deliver(stage, RELAY, outbox(stage, SUPPORT), f"Root={new_root()};Sampled=1")
    requests, relay, inbox = [new_root() for _ in tickets], new_root(), new_root()
    for ticket, root in zip(tickets, requests, strict=True):
        path, headers = f"/tickets/{ticket}/solve", {"X-Amzn-Trace-Id": f"Root={root};Sampled=1"}
        solved = services.support.send("POST", path, headers={"Idempotency-Key": ticket, **headers})
        assert solved.status == 200, solved.body
    changed = (lambda record: record) if carried else without_header
    images = [changed(record) for record in outbox(stage, SUPPORT)]
    assert len(images) == TICKETS
    deliver(stage, RELAY, images, f"Root={relay};Sampled=1")
    batch = [changed(record) for record in queue.take(TICKETS)]
    assert deliver(stage, INBOX, batch, f"Root={inbox};Sampled=1") == {"batchItemFailures": []}
    queue.delete(batch)
    return Played(requests, relay, inbox, batch)


def _worked_on(services: Apis, customer: str, number: int) -> str:
    ticket = {"customer_id": customer, "subject": f"Number {number}", "body": "Ten of a kind."}
    ticket_id = str(services.support.post("/tickets", ticket).body["id"])
    worked = {"minutes": 30, "rate_code": "standard", "billable": True}
    services.support.post(f"/tickets/{ticket_id}/assign", {"assignee": AGENT})
    services.support.post(f"/tickets/{ticket_id}/time-entries", worked)
    return ticket_id


def test_ten_tickets_solved_are_twelve_traces_of_so_many_segments(stage: Stage, carried: Played) -> None:
    xray = stage.client("xray")
    assert len({*carried.traces}) == 12
    # stage, service, function, 3 calls of its table; relay, topic; queue, inbox, 3 calls of its table
    in_a_request = 6 + 2 + 5
    # service and function, and the relay's one call that deletes what was published
    expected = [in_a_request] * TICKETS + [3, 2]
    until("all segments", lambda: _segments(xray, carried.traces) == expected)


def test_ten_tickets_solved_are_one_connected_graph_with_exact_counts(stage: Stage, carried: Played) -> None:
    client, stage_ = (f"{SUPPORT}/local", CLIENT), (f"{SUPPORT}/local", STAGE)
    commands, relay, inbox = f"{SUPPORT}-commands", RELAY, INBOX
    support, invoicing, topic = (SUPPORT, TABLE), (INVOICING, TABLE), (f"{SUPPORT}-events", TOPIC)
    found = _settled(
        stage,
        carried,
        {
            client: (0, {stage_: 10}),
            stage_: (10, {(commands, SERVICE): 10}),
            (commands, SERVICE): (10, {(commands, FUNCTION): 10}),
            (commands, FUNCTION): (10, {support: 30, (relay, FUNCTION): 10}),
            (relay, CLIENT): (0, {(relay, SERVICE): 1}),
            (relay, SERVICE): (1, {(relay, FUNCTION): 1}),
            (relay, FUNCTION): (11, {topic: 10, support: 1}),
            support: (31, {}),
            topic: (10, {(inbox, QUEUE): 10}),
            (inbox, QUEUE): (10, {(inbox, FUNCTION): 10}),
            (inbox, CLIENT): (0, {(inbox, SERVICE): 1}),
            (inbox, SERVICE): (1, {(inbox, FUNCTION): 1}),
            (inbox, FUNCTION): (11, {invoicing: 30}),
            invoicing: (30, {}),
        },
    )
    assert sum(len(node["targets"]) for node in found.values()) == 14
    assert len(graphs.components(found)) == 1
    assert all(_is_ok(node["SummaryStatistics"]) for node in found.values())
    links = [(source, target) for source, target, edge in _edges(found) if edge.get("EdgeType") == "link"]
    assert links == [((commands, FUNCTION), (relay, FUNCTION)), ((inbox, QUEUE), (inbox, FUNCTION))]


def test_where_nobody_carries_the_header_the_graph_falls_apart(stage: Stage, cut: Played) -> None:
    client, stage_ = (f"{SUPPORT}/local", CLIENT), (f"{SUPPORT}/local", STAGE)
    commands, relay, inbox = f"{SUPPORT}-commands", RELAY, INBOX
    support, invoicing, topic = (SUPPORT, TABLE), (INVOICING, TABLE), (f"{SUPPORT}-events", TOPIC)
    senders: Counted = {
        client: (0, {stage_: 10}),
        stage_: (10, {(commands, SERVICE): 10}),
        (commands, SERVICE): (10, {(commands, FUNCTION): 10}),
        (commands, FUNCTION): (10, {support: 30}),
        (relay, CLIENT): (0, {(relay, SERVICE): 1}),
        (relay, SERVICE): (1, {(relay, FUNCTION): 1}),
        (relay, FUNCTION): (1, {topic: 10, support: 1}),
        support: (31, {}),
        topic: (10, {}),
    }
    consumers: Counted = {
        (inbox, CLIENT): (0, {(inbox, SERVICE): 1}),
        (inbox, SERVICE): (1, {(inbox, FUNCTION): 1}),
        (inbox, FUNCTION): (1, {invoicing: 30}),
        invoicing: (30, {}),
    }
    parts = graphs.components(_settled(stage, cut, senders | consumers))
    assert parts == [senders.keys(), consumers.keys()], "without the header the consumers must be cut off"


@pytest.fixture(scope="module")
def poisoned(stage: Stage, queue: Queue, carried: Played) -> list[str]:
    """The traces of ten messages that were one batch: nine that were taken before, the last one poison."""
    roots = [new_root() for _ in range(TICKETS)]
    bodies = [record["body"] for record in carried.batch[1:]] + ["this is no event"]
    for root, body in zip(roots, bodies, strict=True):
        queue.send(body, f"Root={root};Parent=00000000000000aa;Sampled=1")
    batch = queue.take(TICKETS)
    answer = deliver(stage, INBOX, batch, f"Root={new_root()};Sampled=1")
    (poison,) = [record for record in batch if record["body"] == bodies[-1]]
    queue.delete(batch)
    assert answer == {"batchItemFailures": [{"itemIdentifier": poison["messageId"]}]}
    return roots


def test_one_poison_record_in_ten_faults_alone(stage: Stage, poisoned: list[str]) -> None:
    marks = [_record(stage, root).fields.get("fault", False) for root in poisoned]
    assert marks == [False] * 9 + [True]
    node = graphs.of_traces(stage.client("xray"), poisoned)[INBOX, FUNCTION]
    assert graphs.counts(node["SummaryStatistics"]) == (9, 0, 0, 1)


def test_what_is_counted_in_one_call_is_seen_in_each_of_ten_traces(stage: Stage, carried: Played) -> None:
    roots, inbox = [new_root() for _ in range(TICKETS)], f"{ANALYTICS}-inbox"
    batch = [_sent_with(record, root) for record, root in zip(carried.batch, roots, strict=True)]
    assert deliver(stage, inbox, batch, f"Root={new_root()};Sampled=1") == {"batchItemFailures": []}

    # A second one, if the generations have changed since the worker wrote last.
    def look() -> bool:
        found = _counted(graphs.of_traces(stage.client("xray"), roots))
        return found.get((inbox, FUNCTION)) in [(10, {(ANALYTICS, TABLE): 10 * calls}) for calls in (1, 2)]

    until("a call in each trace", look)


def _sent_with(record: Record, root: str) -> Record:
    """The same message, sent within another trace."""
    header = {"stringValue": f"Root={root};Parent=00000000000000aa;Sampled=1", "dataType": "String"}
    return {**without_header(record), "messageAttributes": {"xray": header}}


Counted = dict[Node, tuple[int, dict[Node, int]]]
"""Of each node: how many requests, and how many went on to which other node."""


def _settled(stage: Stage, played: Played, expected: Counted) -> Graph:
    """The graph of the traces, once it is what is expected; else the test fails with the difference."""
    seen: Graph = {}

    def look() -> Graph | None:
        seen.clear()
        seen.update(graphs.of_traces(stage.client("xray"), played.traces))
        return seen if _counted(seen) == expected else None

    try:
        return until("the graph that is expected", look, 10)
    except TooLate:
        assert _counted(seen) == expected
        raise


def _counted(found: Graph) -> Counted:
    def total(part: dict[str, Any]) -> int:
        return int(part["SummaryStatistics"]["TotalCount"])

    return {
        name: (total(node), {target: total(edge) for target, edge in node["targets"].items()})
        for name, node in found.items()
    }


def _edges(found: Graph) -> list[tuple[Node, Node, dict[str, Any]]]:
    return sorted((name, target, edge) for name, node in found.items() for target, edge in node["targets"].items())


def _is_ok(statistics: dict[str, Any]) -> bool:
    return graphs.counts(statistics) == (statistics["TotalCount"], 0, 0, 0)


def _segments(xray: Any, traces: list[str]) -> list[int]:
    return [sum(len(one["Segments"]) for one in xray.batch_get_traces(TraceIds=[trace])["Traces"]) for trace in traces]


def _record(stage: Stage, root: str) -> Document:
    """The one segment of the inbox in a message's trace."""
    xray = stage.client("xray")

    def look() -> list[Document]:
        return [one for one in documents(xray, root) if one.name == INBOX and one.fields.get("origin") == FUNCTION]

    (record,) = until("the record's segment", look)
    return record
