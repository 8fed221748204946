"""The service graph of the working day, as an operator looks at it: one system, not a heap of functions."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from local.client import Reply
from local.demo.apis import Apis, apis
from local.demo.day import Day
from local.demo.numbers import asked
from local.demo.traces import trace_ids
from local.demo.waiting import TooLate, until
from tests import graphs
from tests.end_to_end.conftest import Played
from tests.graphs import Graph, Node
from tests.stage import Stage

STAGE, SERVICE, FUNCTION = "AWS::ApiGateway::Stage", "AWS::Lambda", "AWS::Lambda::Function"
TABLE, TOPIC, QUEUE, CLIENT = "AWS::DynamoDB::Table", "AWS::SNS", "AWS::SQS::Queue", "client"
BUCKET = "AWS::S3::Bucket"
SUPPORT, INVOICING, ANALYTICS = "local-customer-support", "local-invoicing", "local-analytics"
FUNCTIONS = {
    SUPPORT: ["commands", "queries", "relay", "inbox", "indexer"],
    INVOICING: ["commands", "queries", "relay", "inbox"],
    ANALYTICS: ["queries", "inbox", "archivist"],
}
PUBLISHING = (SUPPORT, INVOICING)


def expected() -> set[Node]:
    """A node for each part of the architecture, but for the clocks, which may not have struck yet."""
    found: set[Node] = set()
    for context, roles in FUNCTIONS.items():
        found |= {(f"{context}/local", CLIENT), (f"{context}/local", STAGE), (context, TABLE)}
        found |= {(f"{context}-{role}", type_) for role in roles for type_ in (SERVICE, FUNCTION)}
        found |= {(f"{context}-{role}", CLIENT) for role in roles if role in ("relay", "inbox", "indexer", "archivist")}
        found.add((f"{context}-inbox", QUEUE))
    found |= {(f"{ANALYTICS}-archive", QUEUE), (f"{ANALYTICS}-archive-000000000000", BUCKET)}
    return found | {(f"{context}-events", TOPIC) for context in PUBLISHING}


def clocks() -> set[Node]:
    return {(f"{context}-clock", type_) for context in FUNCTIONS for type_ in (CLIENT, SERVICE, FUNCTION)}


def told_late() -> set[Node]:
    """Analytics tells nothing of such a day; what other tests have made it tell may still be on its way."""
    relay = {(f"{ANALYTICS}-relay", type_) for type_ in (CLIENT, SERVICE, FUNCTION)}
    return relay | {(f"{ANALYTICS}-events", TOPIC)}


@pytest.fixture(scope="module")
def day(stage: Stage) -> Played:
    """A day of its own: what other tests have asked for before is none of its graph."""
    replies: list[Reply] = []
    return Played(Day(apis(stage.place, heard=replies.append), seed=11).play(), replies)


@pytest.fixture(scope="module")
def graph(stage: Stage, services: Apis, day: Played) -> Graph:
    """From the day's first request to now, once all that the day has set going is there."""
    asked(services.analytics, datetime.now(UTC).date())
    xray = stage.client("xray")
    seen: Graph = {}

    def look() -> Graph | None:
        seen.clear()
        seen.update(graphs.read(xray, _begin(xray, day), datetime.now(UTC).timestamp()))
        return seen if expected() <= seen.keys() else None

    try:
        return until("a node for each part of the architecture", look)
    except TooLate:
        pytest.fail(f"missing in the graph: {sorted(expected() - seen.keys())}", pytrace=False)


def test_the_working_day_is_one_connected_component(graph: Graph) -> None:
    parts = graphs.components(graph)
    assert len(parts) == 1, f"the graph falls apart; not connected to the rest: {parts[1:]}"


def test_it_has_a_node_for_each_part_of_the_architecture_and_no_other(graph: Graph) -> None:
    assert graph.keys() - clocks() - told_late() == expected()


def test_a_request_leads_from_its_client_through_two_topics_to_the_last_consumers_table(graph: Graph) -> None:
    way: list[Node] = [
        (f"{SUPPORT}/local", CLIENT),
        (f"{SUPPORT}/local", STAGE),
        (f"{SUPPORT}-commands", SERVICE),
        (f"{SUPPORT}-commands", FUNCTION),
        (f"{SUPPORT}-relay", FUNCTION),
        (f"{SUPPORT}-events", TOPIC),
        (f"{INVOICING}-inbox", QUEUE),
        (f"{INVOICING}-inbox", FUNCTION),
        (f"{INVOICING}-relay", FUNCTION),
        (f"{INVOICING}-events", TOPIC),
        (f"{ANALYTICS}-inbox", QUEUE),
        (f"{ANALYTICS}-inbox", FUNCTION),
        (ANALYTICS, TABLE),
    ]
    for source, target in pairwise(way):
        assert target in graph[source]["targets"], f"no edge from {source} to {target}"


@pytest.mark.parametrize("context", FUNCTIONS)
def test_each_function_of_a_context_reaches_its_table(graph: Graph, context: str) -> None:
    for role in set(FUNCTIONS[context]) - {"archivist"}:
        assert (context, TABLE) in graph[f"{context}-{role}", FUNCTION]["targets"], role


def test_edges_that_nobody_waits_on_are_links_and_all_others_are_calls(graph: Graph) -> None:
    links = {
        (source, target)
        for source, node in graph.items()
        for target, edge in node["targets"].items()
        if edge.get("EdgeType") == "link"
    }
    written = {((f"{context}-commands", FUNCTION), (f"{context}-relay", FUNCTION)) for context in PUBLISHING}
    taken = {((f"{context}-inbox", QUEUE), (f"{context}-inbox", FUNCTION)) for context in FUNCTIONS}
    taken.add(((f"{ANALYTICS}-archive", QUEUE), (f"{ANALYTICS}-archivist", FUNCTION)))
    # Only if another test has left something that falls due does a clock tell of it.
    told_by_time = {((f"{context}-clock", FUNCTION), (f"{context}-relay", FUNCTION)) for context in FUNCTIONS}
    billed = {((f"{INVOICING}-inbox", FUNCTION), (f"{INVOICING}-relay", FUNCTION))}
    assert links - told_by_time == written | taken | billed


def test_each_of_the_days_requests_is_counted_and_all_sums_hold(graph: Graph, day: Played) -> None:
    total = sum(graph[f"{context}/local", STAGE]["SummaryStatistics"]["TotalCount"] for context in PUBLISHING)
    assert total >= len(day.replies)
    graphs.assert_sums_hold(graph)


def _begin(xray: Any, day: Played) -> float:
    """The second of the day's first request, as its trace's id names it."""
    found = [trace for traces in trace_ids(xray, day.replies).values() for trace in traces]
    return min((float(int(trace.split("-")[1], 16)) for trace in found), default=0.0)
