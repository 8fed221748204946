"""The service graph as boto3's client reads it."""

import json
import random
import sqlite3
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.xray.service_graph import services
from local.xray.sums import of_trace
from local.xray.tally import add_up
from tests import graphs
from tests.xray.conftest import StartXray
from tests.xray.support import Fields, Xray, new_id, new_trace_id, segment, subsegment, wait_until
from tests.xray.working_day import Day

NOW = float(int(time.time()))


def graph_of(*documents: Fields) -> graphs.Graph:
    trace_id = documents[0]["trace_id"]
    return graphs.by_name(services(add_up(of_trace(trace_id, [json.dumps(fields) for fields in documents]))))


def test_a_request_leads_from_client_to_table_with_a_count_each(xray: Xray) -> None:
    at = NOW - 50 * 3600
    xray.send_and_wait(*Day(at).request("test-support-commands", "POST /tickets", status=409).documents)
    found = graphs.read(xray.client, at, at)
    client, stage = ("test-support/test", "client"), ("test-support/test", "AWS::ApiGateway::Stage")
    service, function = ("test-support-commands", "AWS::Lambda"), ("test-support-commands", "AWS::Lambda::Function")
    table = ("test-support", "AWS::DynamoDB::Table")
    assert found.keys() == {client, stage, service, function, table}
    chain = [client, stage, service, function, table]
    for source, target in zip(chain, chain[1:], strict=False):
        assert list(found[source]["targets"]) == [target]
        assert "EdgeType" not in found[source]["targets"][target]
    assert [found[name]["Root"] for name in chain] == [False, True, False, False, False]
    assert [found[name]["State"] for name in chain] == ["unknown", "active", "active", "active", "unknown"]
    assert graphs.counts(found[stage]["SummaryStatistics"]) == (0, 1, 0, 0)
    assert graphs.counts(found[client]["targets"][stage]["SummaryStatistics"]) == (0, 1, 0, 0)
    assert graphs.counts(found[function]["SummaryStatistics"]) == (1, 0, 0, 0)
    assert found[table]["ResponseTimeHistogram"] == [{"Value": 0.008, "Count": 1}]
    graphs.assert_sums_hold(found)
    assert graphs.read(xray.client, at + 1, at + 100) == {}


def test_a_lost_conditional_write_is_the_tables_error_and_no_fault() -> None:
    day = Day()
    invocation = day.invocation("test-support-commands")
    day.write(invocation, invocation.tip, "test-support-commands", error=True)
    day.write(invocation, invocation.tip, "test-support-commands", error=True, throttle=True)
    day.write(invocation, invocation.tip, "test-support-commands", fault=True)
    day.write(invocation, invocation.tip, "test-support-commands")
    found = graph_of(*invocation.documents)
    assert graphs.counts(found["test-support", "AWS::DynamoDB::Table"]["SummaryStatistics"]) == (1, 1, 1, 1)
    graphs.assert_sums_hold(found)


def test_the_callees_own_segment_takes_the_place_of_the_inferred_one(xray: Xray) -> None:
    at = NOW - 51 * 3600
    trace_id = new_trace_id(at)
    caller = segment(trace_id, at, name="shop")
    call = subsegment(trace_id, caller["id"], at, name="stock.example.com", namespace="remote")
    xray.send_and_wait(caller, call)
    assert ("stock.example.com", "remote") in graphs.read(xray.client, at, at)
    xray.send_and_wait(segment(trace_id, at, name="stock", origin="AWS::ECS::Container", parent_id=call["id"]))
    found = graphs.read(xray.client, at, at)
    assert found.keys() == {("shop", "client"), ("shop", ""), ("stock", "AWS::ECS::Container")}
    (edge,) = found["shop", ""]["Edges"]
    assert [alias["Name"] for alias in edge["Aliases"]] == ["stock.example.com"]
    (trace_graph,) = xray.client.get_paginator("get_trace_graph").paginate(TraceIds=[trace_id])
    assert graphs.by_name(trace_graph["Services"]) == found


def ten_tickets(day: Day, propagated: bool) -> list[Fields]:
    """Ten tickets solved, one relay batch, one consumer batch of ten."""
    requests = [day.request("test-support-commands", "POST /tickets/{ticket_id}/solve") for _ in range(10)]
    relay = day.invocation("test-support-relay")
    relayed = [day.relayed(request, "test-support-relay") for request in requests]
    day.write(relay, relay.tip, "test-support-relay")
    inbox = day.invocation("test-invoicing-inbox")
    for one in relayed:
        if propagated:
            day.taken(one, "test-invoicing-inbox")
        else:
            day.write(inbox, inbox.tip, "test-invoicing-inbox")
    return [fields for sent in (*requests, relay, inbox) for fields in sent.documents]


def test_ten_tickets_solved_are_one_connected_graph(xray: Xray) -> None:
    at = NOW - 52 * 3600
    xray.send_and_wait(*ten_tickets(Day(at), propagated=True))
    found = graphs.read(xray.client, at, at + 10)
    assert len(xray.summaries(at, at + 10)) == 12
    totals = {name: node["SummaryStatistics"]["TotalCount"] for name, node in found.items()}
    function, service = "AWS::Lambda::Function", "AWS::Lambda"
    assert totals == {
        ("test-support/test", "client"): 0,
        ("test-support/test", "AWS::ApiGateway::Stage"): 10,
        ("test-support-commands", service): 10,
        ("test-support-commands", function): 10,
        ("test-support", "AWS::DynamoDB::Table"): 11,
        ("test-support-relay", "client"): 0,
        ("test-support-relay", service): 1,
        ("test-support-relay", function): 11,
        ("test-support-events", "AWS::SNS"): 10,
        ("test-invoicing-inbox", "AWS::SQS::Queue"): 10,
        ("test-invoicing-inbox", "client"): 0,
        ("test-invoicing-inbox", service): 1,
        ("test-invoicing-inbox", function): 11,
        ("test-invoicing", "AWS::DynamoDB::Table"): 10,
    }
    assert sum(len(node["Edges"]) for node in found.values()) == 14
    links = {name: list(node["targets"]) for name, node in found.items() if any("EdgeType" in e for e in node["Edges"])}
    assert links == {
        ("test-support-commands", function): [
            ("test-support", "AWS::DynamoDB::Table"),
            ("test-support-relay", function),
        ],
        ("test-invoicing-inbox", "AWS::SQS::Queue"): [("test-invoicing-inbox", function)],
    }
    assert len(graphs.components(found)) == 1
    graphs.assert_sums_hold(found)


def test_without_the_header_the_graph_falls_apart(xray: Xray) -> None:
    at = NOW - 53 * 3600
    xray.send_and_wait(*ten_tickets(Day(at), propagated=False))
    assert len(graphs.components(graphs.read(xray.client, at, at + 10))) == 2


def test_the_graph_is_the_same_before_and_after_it_is_summed_up_and_after_a_restart(start_xray: StartXray) -> None:
    at = NOW // 60 * 60 - 3600
    xray = start_xray()
    xray.send_and_wait(*ten_tickets(Day(at), propagated=True))
    ranges = [(at, at + 59), (at - 100, at + 200), (at, at), (at + 1, at + 1)]
    before = [graphs.read(xray.client, *each) for each in ranges]
    assert before[0] == before[1]
    wait_until(lambda: _summed(xray) == 1, lambda: "the minute to be summed up")
    assert [graphs.read(xray.client, *each) for each in ranges] == before
    late = Day(at).request("test-support-queries", "GET /tickets").documents
    xray.send_and_wait(*late)
    assert ("test-support-queries", "AWS::Lambda") in graphs.read(xray.client, at, at + 59)
    xray.kill()
    again = graphs.read(start_xray().client, at, at + 59)
    assert again.pop(("test-support-queries", "AWS::Lambda::Function"))["SummaryStatistics"]["TotalCount"] == 1
    assert before[0].keys() < again.keys() | {("test-support-queries", "AWS::Lambda::Function")}


def _summed(xray: Xray) -> int:
    with sqlite3.connect(xray.db) as db:
        return int(db.execute("SELECT count(*) FROM minutes WHERE summed").fetchone()[0])


def random_trace(seed: int) -> list[Fields]:
    """Segments and calls of every kind, marked in any way; some are told of twice, in progress first."""
    chance = random.Random(seed)
    trace_id, at = new_trace_id(NOW), NOW
    known: list[str] = []
    documents: list[Fields] = []
    for _ in range(chance.randint(1, 14)):
        at += chance.choice([0.0, 0.004, 0.25, 7.5])
        marks: Fields = {mark: True for mark in ("error", "fault", "throttle") if chance.random() < 0.2}
        fields: Fields = {
            "trace_id": trace_id,
            "id": new_id(),
            "start_time": at,
            "end_time": at + chance.random(),
        } | marks
        if known and chance.random() < 0.9:
            fields["parent_id"] = chance.choice(known)
        if "parent_id" in fields and chance.random() < 0.5:
            table = {"operation": "GetItem", "table_name": chance.choice(["a", "b", "a, b"])}
            topic = {"operation": "Publish", "topic_arn": "arn:aws:sns:eu-central-1:1:t"}
            aws = chance.choice([table, topic, {}, None, "odd"])
            fields |= {
                "type": "subsegment",
                "name": "call",
                "namespace": chance.choice(["aws", "remote", "odd"]),
                "aws": aws,
            }
            fields["annotations"] = chance.choice([{"route": "GET /x"}, {}, None])
        else:
            fields |= {"name": chance.choice(["s-a-f", "s-b-f"]), "annotations": chance.choice([{"queue": "q"}, {}])}
            fields["origin"] = chance.choice(["AWS::Lambda", "AWS::Lambda::Function", None])
        known.append(fields["id"])
        documents.append(fields)
        if chance.random() < 0.3:
            documents.append(
                {k: v for k, v in fields.items() if k not in ("end_time", "fault")} | {"in_progress": True}
            )
    return documents


def way_of_a_request(consumers: int) -> list[Fields]:
    """A request, its event's relay, and so many consumers, the last of which fails: everything that is completed."""
    day = Day(NOW)
    request = day.request("test-support-commands", "POST /tickets/{ticket_id}/solve")
    relayed = day.relayed(request, "test-support-relay")
    for number in range(consumers):
        day.taken(relayed, f"test-{number}-inbox", **({"fault": True} if number == consumers - 1 else {}))
    return request.documents


TRACES = st.one_of(
    st.integers(min_value=0, max_value=2**32).map(random_trace),
    st.integers(min_value=0, max_value=3).map(way_of_a_request),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(documents=TRACES, data=st.data())
def test_any_order_and_repetition_yields_the_same_graph_and_sums_hold(
    documents: list[Fields], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(documents), max_size=8), "sent once more")
    shuffled = data.draw(st.permutations([*documents, *again]), "in this order")
    found = graph_of(*documents)
    assert graph_of(*shuffled) == found
    graphs.assert_sums_hold(found)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_the_process_answers_the_graph_of_what_it_was_sent_in_any_order(xray: Xray, seed: int) -> None:
    documents = random_trace(seed)
    shuffled = documents + documents[:2]
    random.Random(seed).shuffle(shuffled)
    xray.send_and_wait(*shuffled)
    answer = xray.client.get_trace_graph(TraceIds=[documents[0]["trace_id"]])
    expected = {name: node["SummaryStatistics"] for name, node in graph_of(*documents).items()}
    assert {name: node["SummaryStatistics"] for name, node in graphs.by_name(answer["Services"]).items()} == expected


@pytest.mark.parametrize("layout", [1, 2])
def test_a_database_without_a_graph_or_with_one_kept_otherwise_is_taken_over(
    start_xray: StartXray, layout: int
) -> None:
    xray = start_xray()
    xray.send_and_wait(*Day(NOW).request("test-support-commands", "GET /tickets").documents)
    before = graphs.read(xray.client, NOW, NOW + 1)
    xray.kill()
    with sqlite3.connect(xray.db) as db:
        for table in ("changed", "parts", "observations", "minutes", "sums"):
            db.execute(f"DROP TABLE {table}")
            if layout > 1:
                db.execute(f"CREATE TABLE {table} (of_old TEXT)")
        db.execute(f"PRAGMA user_version = {layout}")
    db.close()
    assert before
    assert graphs.read(start_xray().client, NOW, NOW + 1) == before
