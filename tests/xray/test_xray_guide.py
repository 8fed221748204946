"""The example documents of AWS's developer guide load, and yield what the guide says they yield."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from local.xray.sums import second_of
from tests import graphs
from tests.xray import guide
from tests.xray.support import Fields, Xray, segment

ENVIRONMENT, FUNCTION, SERVICE = "AWS::ElasticBeanstalk::Environment", "AWS::Lambda::Function", "AWS::Lambda"

ALONE: dict[str, Fields] = {
    "the smallest complete segment": guide.MINIMAL,
    "a segment in progress": guide.BEGUN,
    "a request that an EC2 instance has served": guide.SERVED,
    "an independent subsegment": guide.HEALTH_CALL
    | {"type": "subsegment", "trace_id": "1-581cf771-a006649127e371903a2de97a", "parent_id": "defdfd9912dc5a57"},
}


@pytest.mark.parametrize("document", ALONE.values(), ids=ALONE.keys())
def test_an_example_is_read_back_field_by_field(xray: Xray, document: Fields) -> None:
    answer = xray.client.put_trace_segments(TraceSegmentDocuments=[json.dumps(document)])
    assert answer["UnprocessedTraceSegments"] == []
    assert document in xray.trace(document["trace_id"])


def test_a_remote_call_yields_the_guides_inferred_segment(xray: Xray) -> None:
    own = segment("1-5880168b-fd5153bb58284b67678aa78c", 1484786387.0, subsegments=[guide.NAMES_CALL])
    xray.send_and_wait(own)
    _, inferred = xray.trace(own["trace_id"])
    assert (inferred.pop("origin"), inferred.pop("trace_id")) == ("remote", own["trace_id"])
    assert inferred == guide.NAMES_INFERRED | {"id": inferred["id"]}
    assert inferred["id"] not in (own["id"], guide.NAMES_CALL["id"])


def test_a_call_of_a_traced_service_leads_to_it_once_it_tells_of_itself(xray: Xray) -> None:
    began, trace_id = guide.HEALTH["start_time"], guide.HEALTH["trace_id"]
    at = second_of(trace_id)
    xray.send_and_wait(guide.HEALTH)
    www = ("www.example.com", "")
    assert graphs.read(xray.client, at, at)[www]["targets"].keys() == {("api.example.com", "remote")}
    xray.send_and_wait(segment(trace_id, began, name="api", origin=ENVIRONMENT, parent_id=guide.HEALTH_CALL["id"]))
    found = graphs.read(xray.client, at, at)
    assert found.keys() == {("www.example.com", "client"), www, ("api", ENVIRONMENT)}
    assert [alias["Name"] for alias in found[www]["targets"]["api", ENVIRONMENT]["Aliases"]] == ["api.example.com"]


def test_table_database_and_remote_host_of_the_examples_are_nodes_below_their_caller(xray: Xray) -> None:
    at = 1484789387.0
    own = segment("1-5880168b-fd5158284b67678a3bb5a78d", at, name="scorekeep", origin=ENVIRONMENT)
    own |= {"aws": guide.ENVIRONMENT, "subsegments": [guide.OWN_WORK, guide.SQL_CALL, guide.NAMES_CALL]}
    xray.send_and_wait(own)
    (answer,) = xray.client.get_paginator("get_trace_graph").paginate(TraceIds=[own["trace_id"]])
    found = graphs.by_name(answer["Services"])
    assert found["scorekeep", ENVIRONMENT]["targets"].keys() == {
        ("scorekeep-user", "AWS::DynamoDB::Table"),
        (guide.SQL_CALL["name"], "Database::SQL"),
        ("names.example.com", "remote"),
    }
    assert len(found) == 5
    graphs.assert_sums_hold(found)


def test_the_scorekeep_trace_is_returned_with_the_guides_inferred_table(xray: Xray) -> None:
    xray.send_and_wait(*guide.SCOREKEEP)
    (trace,) = xray.client.batch_get_traces(TraceIds=[guide.SCOREKEEP_TRACE])["Traces"]
    assert round(trace["Duration"], 3) == 3.232
    found = {one["Id"]: json.loads(one["Document"]) for one in trace["Segments"]}
    assert len(found) == 5
    for sent in guide.SCOREKEEP:
        assert found.pop(sent["id"]) == sent
    by_origin = {one["origin"]: one for one in found.values()}
    table, topic = by_origin["AWS::DynamoDB::Table"], by_origin["AWS::SNS"]
    # The guide's documents are named after the services, ours after the resources, as the nodes of the map are.
    assert table == guide.SCOREKEEP_TABLE | {"id": table["id"], "name": "scorekeep-user"}
    assert (topic["name"], topic["parent_id"]) == (guide.TOPIC, "b29b548af4d54a0f")


def test_the_scorekeep_traces_graph_leads_from_client_to_topic_and_table(xray: Xray) -> None:
    xray.send_and_wait(*guide.SCOREKEEP)
    (answer,) = xray.client.get_paginator("get_trace_graph").paginate(TraceIds=[guide.SCOREKEEP_TRACE])
    found = graphs.by_name(answer["Services"])
    assert {name: set(node["targets"]) for name, node in found.items()} == {
        ("Scorekeep", "client"): {("Scorekeep", ENVIRONMENT)},
        ("Scorekeep", ENVIRONMENT): {("random-name", SERVICE), ("scorekeep-user", "AWS::DynamoDB::Table")},
        ("random-name", SERVICE): {("random-name", FUNCTION)},
        ("random-name", FUNCTION): {(guide.TOPIC, "AWS::SNS")},
        ("scorekeep-user", "AWS::DynamoDB::Table"): set(),
        (guide.TOPIC, "AWS::SNS"): set(),
    }
    graphs.assert_sums_hold(found)


def test_the_scorekeep_traces_summary_is_the_guides(xray: Xray) -> None:
    xray.send_and_wait(*guide.SCOREKEEP)
    (summary,) = xray.summaries(1499473411, 1499473411, FilterExpression='user = "5M388M1E"')
    assert summary["Id"] == guide.SCOREKEEP_TRACE
    assert (round(summary["Duration"], 3), round(summary["ResponseTime"], 3)) == (3.232, 3.232)
    assert (summary["HasError"], summary["HasFault"], summary["HasThrottle"]) == (False, False, False)
    assert (summary["Http"]["HttpStatus"], summary["Http"]["HttpMethod"]) == (200, "POST")
    assert [user["UserName"] for user in summary["Users"]] == ["5M388M1E"]
    annotated = {key: values[0]["AnnotationValue"]["StringValue"] for key, values in summary["Annotations"].items()}
    assert annotated == {"UserID": "5M388M1E", "Name": "Ola"}
    assert {"ARN": "arn:aws:lambda:us-west-2:123456789012:function:random-name"} in summary["ResourceARNs"]
    assert summary["InstanceIds"] == [{"Id": "i-075ad396f12bc325a"}]
    assert summary["AvailabilityZones"] == [{"Name": "us-west-2c"}]


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ('instance.id = "i-075ad396f12bc325a" AND availabilityzone BEGINSWITH "us-west"', 1),
        ('instance.id = "i-0"', 0),
        ('service("random-name") { resource.arn ENDSWITH ":random-name" }', 1),
        ('service("random-name") { availabilityzone = "us-west-2c" }', 0),
    ],
)
def test_the_scorekeep_trace_is_found_by_the_resources_it_came_from(xray: Xray, expression: str, number: int) -> None:
    xray.send_and_wait(*guide.SCOREKEEP)
    assert len(xray.summaries(1499473411, 1499473411, FilterExpression=expression)) == number


def test_the_guides_service_graph_of_four_nodes(xray: Xray) -> None:
    xray.send_and_wait(*guide.signups())
    found = graphs.read(xray.client, guide.SIGNUP_BEGIN, guide.SIGNUP_BEGIN + 60)
    client, host = (guide.SIGNUP_HOST, "client"), (guide.SIGNUP_HOST, "AWS::EC2::Instance")
    table, topic = (guide.SIGNUP_TABLE, "AWS::DynamoDB::Table"), ("SNS", "AWS::SNS")
    assert found.keys() == {client, host, table, topic}
    assert [found[name]["State"] for name in (client, host, table, topic)] == ["unknown", "active"] + ["unknown"] * 2
    assert [name for name, node in found.items() if node["Root"]] == [host]
    requests = (_statistics(3, 1, 0.273), _histogram("host"))
    written, published = (_statistics(2, 0, 0.12), _histogram("table")), (_statistics(2, 0, 0.125), _histogram("topic"))
    assert {name: _told(edge) for name, edge in found[client]["targets"].items()} == {host: requests}
    assert {name: _told(edge) for name, edge in found[host]["targets"].items()} == {table: written, topic: published}
    assert [_told(found[name]) for name in (host, table, topic)] == [requests, written, published]
    assert found[host]["DurationHistogram"] == found[host]["ResponseTimeHistogram"]
    begun = {node["StartTime"].timestamp() for node in (found[client], found[host])}
    assert begun == {guide.SIGNUP_BEGIN}


def _told(part: Fields) -> tuple[Fields, Counter[float]]:
    statistics = part["SummaryStatistics"] | {
        "TotalResponseTime": round(part["SummaryStatistics"]["TotalResponseTime"], 3)
    }
    return statistics, Counter({entry["Value"]: entry["Count"] for entry in part["ResponseTimeHistogram"]})


def _statistics(ok: int, errors: int, seconds: float) -> dict[str, Any]:
    return {
        "OkCount": ok,
        "ErrorStatistics": {"ThrottleCount": 0, "OtherCount": errors, "TotalCount": errors},
        "FaultStatistics": {"OtherCount": 0, "TotalCount": 0},
        "TotalCount": ok + errors,
        "TotalResponseTime": seconds,
    }


def _histogram(part: str) -> Counter[float]:
    """The guide's, to two digits: see docs/local-xray.md."""
    return Counter(float(f"{seconds:.2g}") for seconds in guide.SIGNUP_TIMES[part])
