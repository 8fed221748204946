"""The service map and what becomes of a part of it over time, from X-Ray's answers."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from operations import parts, service_map
from operations.figures import Times
from operations.parts import Edge, Node
from operations.periods import WINDOW, Period
from operations.stacks import FUNCTION, QUEUE, Stacks
from tests.operations.answers import INBOX, LETTERS, NOW, AnsweredStage, edge, pages, service, statistics, url
from tests.operations.conftest import Serve

QUARTER = Period(NOW - timedelta(minutes=15), NOW)


def test_a_graph_on_several_pages_is_one_whose_edges_cross_the_pages() -> None:
    first = service(0, "prod-invoicing/prod", "AWS::ApiGateway::Stage", [edge(1)], Root=True)
    stage = AnsweredStage({"GetServiceGraph": pages("Services", [first], [service(1, INBOX, "AWS::Lambda")])})
    found = service_map.service_map(stage, Stacks(stage), QUARTER)

    assert [(one["name"], one["root"]) for one in found["nodes"]] == [("prod-invoicing/prod", True), (INBOX, False)]
    (one,) = found["edges"]
    assert (one["source"], one["target"]) == tuple(node["id"] for node in found["nodes"])


def test_a_node_tells_its_outcomes_its_calls_a_minute_and_its_percentiles() -> None:
    counts = statistics(ok=24, error=3, throttle=2, fault=1)
    times = [{"Value": 0.01, "Count": 28}, {"Value": 0.5, "Count": 1}, {"Value": 2.0, "Count": 1}]
    graph = service(0, INBOX, "AWS::Lambda", SummaryStatistics=counts, ResponseTimeHistogram=times)
    stage = AnsweredStage({"GetServiceGraph": {"Services": [graph]}})
    (node,) = service_map.service_map(stage, Stacks(stage), QUARTER)["nodes"]

    seen = node["statistics"]
    assert (seen.ok, seen.error, seen.throttle, seen.fault, seen.total) == (24, 3, 2, 1, 30)
    assert (node["calls_per_minute"], node["p50"], node["p95"]) == (2.0, 0.01, 0.5)
    assert node["context"] == "invoicing"


def test_more_than_six_hours_are_asked_for_in_parts_and_summed_up() -> None:
    stage = AnsweredStage({"GetServiceGraph": lambda asked: {"Services": [service(7, INBOX, "AWS::Lambda")]}})
    found = service_map.service_map(stage, Stacks(stage), Period(NOW - timedelta(hours=13), NOW))
    asked = [(one["StartTime"], one["EndTime"]) for one in stage.requests("GetServiceGraph")]

    assert len(asked) == 3
    assert all(end - start < WINDOW for start, end in asked)
    assert all(later_start > end for (later_start, _), (_, end) in zip(asked, asked[1:], strict=False))
    assert (asked[-1][0], asked[0][1]) == (NOW - timedelta(hours=13), NOW)
    (node,) = found["nodes"]
    assert node["statistics"].total == 6
    assert node["histogram"] == [{"value": 0.1, "count": 3}, {"value": 0.3, "count": 3}]


def test_a_link_tells_the_age_of_what_was_received_and_no_response_time() -> None:
    link = edge(1, EdgeType="link", ReceivedEventAgeHistogram=[{"Value": 0.2, "Count": 1}])
    graph = [service(0, INBOX, "AWS::SQS::Queue", [link]), service(1, INBOX, "AWS::Lambda::Function")]
    stage = AnsweredStage({"GetServiceGraph": {"Services": graph}})
    (one,) = service_map.service_map(stage, Stacks(stage), QUARTER)["edges"]

    assert (one["link"], one["p50"], one["ages"]) == (True, None, [{"value": 0.2, "count": 1}])


def test_a_client_belongs_to_no_context_and_may_lack_a_name_as_on_aws() -> None:
    nameless = {"ReferenceId": 1, "Names": [], "Type": "client", "Edges": [edge(0)]}
    graph = [service(0, "prod-invoicing/prod", "AWS::ApiGateway::Stage"), nameless]
    stage = AnsweredStage({"GetServiceGraph": {"Services": graph}})
    found = service_map.service_map(stage, Stacks(stage), QUARTER)

    assert [(one["id"], one["context"]) for one in found["nodes"] if one["type"] == "client"] == [
        ("client|client", None)
    ]


@pytest.mark.parametrize(
    "part",
    [
        Node("AWS::Lambda", INBOX),
        Node("", "api.example.com"),
        Edge(Node("AWS::Lambda", "a"), Node("AWS::SNS", "b|c")),
        Edge(Node("AWS::SQS::Queue", "a"), Node("AWS::Lambda::Function", "a"), link=True),
    ],
)
def test_an_id_names_its_part(part: Node | Edge) -> None:
    assert (parts.edge(part.id) if isinstance(part, Edge) else parts.node(part.id)) == part


def test_a_name_cannot_break_out_of_the_filter_expression_that_names_it() -> None:
    assert Node("remote", 'a" OR fault OR "\\').filter == (
        'service(id(name: "a\\" OR fault OR \\"\\\\", type: "remote"))'
    )


def test_a_percentile_is_the_value_that_so_many_do_not_exceed() -> None:
    times = Times(Counter({0.1: 50, 0.2: 45, 9.0: 5}))

    assert (times.percentile(0.5), times.percentile(0.51), times.percentile(0.95)) == (0.1, 0.2, 0.2)
    assert (times.percentile(0.96), times.percentile(1.0), Times().percentile(0.5)) == (9.0, 9.0, None)


def test_a_parts_series_is_asked_for_by_its_selector(serve: Serve) -> None:
    slot = {
        "Timestamp": datetime(2026, 1, 1, 12, tzinfo=UTC),
        "EdgeSummaryStatistics": statistics(ok=1, fault=1),
        "ResponseTimeHistogram": [{"Value": 0.1, "Count": 1}, {"Value": 0.4, "Count": 1}],
    }
    stage = AnsweredStage({"GetTimeSeriesServiceStatistics": {"TimeSeriesServiceStatistics": [slot]}})
    id_ = Edge(Node("AWS::Lambda", "a"), Node("AWS::SNS", "b")).id
    answer = serve(stage).get("/api/series", params={"edge": id_, "from": "1h"}).json()

    (asked,) = stage.requests("GetTimeSeriesServiceStatistics")
    assert asked["EntitySelectorExpression"] == (
        'edge(id(name: "a", type: "AWS::Lambda"), id(name: "b", type: "AWS::SNS"))'
    )
    (point,) = answer["points"]
    assert answer["period"] == asked["Period"] == 60
    assert (point["at"], point["total"], point["fault"], point["average"]) == ("2026-01-01T12:00:00.000Z", 2, 1, 0.25)
    assert (point["p50"], point["p95"]) == (0.1, 0.4)


def test_resources_are_those_of_the_stages_own_stacks_and_are_asked_for_once() -> None:
    stage = AnsweredStage({})
    stacks = Stacks(stage)

    assert [one.id for one in stacks.resources(QUEUE)][:2] == [url(INBOX), url(LETTERS)]
    assert {one["StackName"] for one in stage.requests("ListStackResources")} == {"prod-invoicing", "prod-shared"}
    asked = len(stage.asked)
    stacks.resources(FUNCTION)
    assert len(stage.asked) == asked


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("prod-customer-support/prod", "customer-support"),
        ("prod-customer-support", "customer-support"),
        ("prod-customer-inbox", "customer"),
        ("prod-customers", None),
        ("dev-customer-inbox", None),
    ],
)
def test_a_nodes_context_is_the_longest_stack_that_its_name_begins_with(name: str, context: str | None) -> None:
    stacks = Stacks(AnsweredStage({}))

    assert stacks.context_of(name, ["customer", "customer-support"]) == context


def test_a_map_of_300_nodes_is_answered_in_a_moment(serve: Serve) -> None:
    times = [{"Value": value / 1000, "Count": 3} for value in range(1, 60)]
    graph = [
        service(
            number, f"prod-invoicing-{number}", "AWS::Lambda", [edge((number + 1) % 300, ResponseTimeHistogram=times)]
        )
        | {"ResponseTimeHistogram": times}
        for number in range(300)
    ]
    console = serve(AnsweredStage({"GetServiceGraph": pages("Services", graph[:100], graph[100:200], graph[200:])}))
    console.get("/api/map")
    began = time.process_time()  # of all threads, and whatever else this machine does
    found = json.loads(console.get("/api/map").content)

    assert (len(found["nodes"]), len(found["edges"])) == (300, 300)
    assert time.process_time() - began < 1.0
