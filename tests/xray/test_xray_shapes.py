"""Answers in the shapes of botocore's `xray` model, and lists in pages, of every operation that there is."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

import pytest
from botocore.model import OperationModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.validate import validate_parameters

from tests import graphs
from tests.xray.shapes import misfits
from tests.xray.support import Fields, Xray, new_id, new_trace_id, segment, subsegment
from tests.xray.working_day import Day

NOW = float(int(time.time()))
# One place for each test, that no other's traces start in.
EVERYTHING, MANY, MINUTES, FILTERED = (NOW - hours * 3600 for hours in (120, 121, 122, 130))


@pytest.fixture(scope="module")
def everything(xray: Xray) -> list[str]:
    """Traces whose answers have every member that there is: calls, queues, errors, users, annotations, aliases."""
    day = Day(EVERYTHING)
    request = day.request("test-support-commands", "POST /tickets/{ticket_id}/solve", status=429)
    for context in ("invoicing", "analytics"):
        day.taken(day.relayed(request, "test-support-relay"), f"test-{context}-inbox", fault=True)
    trace_id = new_trace_id(EVERYTHING)
    http_ = {"request": {"method": "GET", "url": "http://shop/", "client_ip": "::1", "user_agent": "curl"}}
    own = segment(trace_id, EVERYTHING, name="shop", user="u", http=http_ | {"response": {"status": 500}}, fault=True)
    own |= {"annotations": {"text": "a", "number": 1.5, "truth": True}, "aws": {"account_id": "000000000000"}}
    call = subsegment(trace_id, own["id"], EVERYTHING, name="bank.example.com", namespace="remote")
    bank = segment(trace_id, EVERYTHING, name="bank", parent_id=call["id"], origin="AWS::EC2::Instance")
    xray.send_and_wait(*request.documents, own, call, bank)
    return [request.trace_id, trace_id]


@pytest.fixture
def asked(everything: list[str]) -> dict[str, Fields]:
    """A request of each operation."""
    between = {"StartTime": EVERYTHING, "EndTime": EVERYTHING + 9}
    return {
        "PutTraceSegments": {"TraceSegmentDocuments": ["{}", json.dumps({"id": new_id()})]},
        "BatchGetTraces": {"TraceIds": [*everything, new_trace_id(EVERYTHING)]},
        "GetTraceSummaries": between,
        "GetServiceGraph": between,
        "GetTraceGraph": {"TraceIds": everything},
        "GetTimeSeriesServiceStatistics": between | {"EntitySelectorExpression": 'service("shop")'},
    }


OPERATIONS = [
    "PutTraceSegments",
    "BatchGetTraces",
    "GetTraceSummaries",
    "GetServiceGraph",
    "GetTraceGraph",
    "GetTimeSeriesServiceStatistics",
]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_member_of_an_answer_is_known_to_the_model_and_of_its_type(
    xray: Xray, asked: dict[str, Fields], name: str
) -> None:
    operation = xray.client.meta.service_model.operation_model(name)
    status, headers, body = _exchange(xray, operation, asked[name])
    assert status == 200
    answer = json.loads(body)
    assert list(misfits(answer, operation.output_shape)) == []
    assert any(answer.values())
    parsed = create_parser("rest-json").parse(
        {"status_code": status, "headers": headers, "body": body}, operation.output_shape
    )
    parsed.pop("ResponseMetadata")
    validate_parameters(parsed, operation.output_shape)
    assert parsed.keys() == answer.keys()


def test_a_refusal_is_of_the_shape_that_the_model_gives_it(xray: Xray) -> None:
    operation = xray.client.meta.service_model.operation_model("GetTraceSummaries")
    (shape,) = [shape for shape in operation.error_shapes if shape.name == "InvalidRequestException"]
    request = {"StartTime": 1, "EndTime": 2, "FilterExpression": "speed > 1"}
    status, headers, body = _exchange(xray, operation, request)
    assert (status, headers["x-amzn-errortype"]) == (400, "InvalidRequestException")
    renamed = {"Message" if name == "message" else name: value for name, value in json.loads(body).items()}
    assert list(misfits(renamed, shape)) == []


def test_a_misfit_is_found(xray: Xray) -> None:
    """The check itself: what botocore's parser would overlook."""
    shape = xray.client.meta.service_model.operation_model("GetTraceGraph").output_shape
    answer = {"Services": [{"Name": 1, "Colour": "red", "Edges": [{"SummaryStatistics": {"OkCount": True}}]}]}
    assert list(misfits(answer, shape)) == [
        "answer.Services[0].Name is no string: 1",
        "answer.Services[0].Colour is not in the model",
        "answer.Services[0].Edges[0].SummaryStatistics.OkCount is no long: True",
    ]


def test_a_large_graph_comes_in_pages_whose_references_hold_across_them(xray: Xray) -> None:
    trace_id = new_trace_id(MANY)
    own = segment(trace_id, MANY, name="hub")
    calls = [
        {"id": new_id(), "name": f"host-{number:03}", "namespace": "remote", "start_time": MANY, "end_time": MANY + 1}
        for number in range(248)
    ]
    xray.send_and_wait(own | {"subsegments": calls})
    for operation, request in (
        ("get_service_graph", {"StartTime": MANY, "EndTime": MANY}),
        ("get_trace_graph", {"TraceIds": [trace_id]}),
    ):
        pages = list(xray.client.get_paginator(operation).paginate(**request))
        assert [len(page["Services"]) for page in pages] == [100, 100, 50]
        found = graphs.by_name(node for page in pages for node in page["Services"])
        assert found["hub", ""]["targets"].keys() == {(call["name"], "remote") for call in calls}
        token = getattr(xray.client, operation)(**request)["NextToken"]
        with pytest.raises(xray.client.exceptions.InvalidRequestException, match="another request"):
            getattr(xray.client, operation)(**_another(request), NextToken=token)


def test_a_long_time_series_comes_in_pages(xray: Xray) -> None:
    begin = MINUTES // 60 * 60 - 300 * 60
    xray.send_and_wait(*(segment(new_trace_id(begin + 60 * n), begin + 60 * n, name="slow") for n in range(250)))
    asked = {"StartTime": begin, "EndTime": begin + 300 * 60, "EntitySelectorExpression": 'service("slow")'}
    pages = list(xray.client.get_paginator("get_time_series_service_statistics").paginate(**asked))
    assert [len(page["TimeSeriesServiceStatistics"]) for page in pages] == [200, 50]
    times = [row["Timestamp"].timestamp() for page in pages for row in page["TimeSeriesServiceStatistics"]]
    assert times == [begin + 60 * n for n in range(250)]


def test_five_traces_come_whole_in_one_answer(xray: Xray, everything: list[str]) -> None:
    (page,) = xray.client.get_paginator("batch_get_traces").paginate(TraceIds=everything)
    assert [trace["Id"] for trace in page["Traces"]] == everything
    with pytest.raises(xray.client.exceptions.InvalidRequestException, match="NextToken"):
        xray.client.batch_get_traces(TraceIds=everything, NextToken="x")


FILTERS = {
    'service("shop") {fault}': True,
    'service("shop") {error}': False,
    'annotation[customer] = "cus_1"': True,
    'annotation[customer] = "cus_2"': False,
    "responsetime > 0.5": True,
    "responsetime > 1.5": False,
    "http.status = 500": True,
    "http.status = 404": False,
    "error": False,
    "fault": True,
    'edge("shop", "bank")': True,
    'edge("bank", "shop")': False,
    'edge("shop", "bank") {fault}': False,
    'fault AND service("bank")': True,
    'error OR annotation[customer] = "cus_1"': True,
    "!error": True,
    "!(error OR fault)": False,
    "(error OR fault) AND responsetime > 0.5": True,
}


@pytest.fixture(scope="module")
def filtered(xray: Xray) -> str:
    """A request of a shop that failed after a second although its bank did not."""
    trace_id = new_trace_id(FILTERED)
    answer = {"response": {"status": 500}}
    shop = segment(trace_id, FILTERED, name="shop", fault=True, http=answer, annotations={"customer": "cus_1"})
    xray.send_and_wait(shop, subsegment(trace_id, shop["id"], FILTERED, name="bank", namespace="remote"))
    return trace_id


@pytest.mark.parametrize(("expression", "found"), FILTERS.items())
def test_a_filter_expression_finds_the_traces_that_it_describes(
    xray: Xray, filtered: str, expression: str, found: bool
) -> None:
    summaries = xray.summaries(FILTERED, FILTERED, FilterExpression=expression)
    assert [summary["Id"] for summary in summaries] == ([filtered] if found else [])


BAD_FILTERS = {
    'service("shop" {fault}': "at character 16",
    "annotation[customer = 3": "at character 21",
    "responsetime >": "at character 15",
    "http.status = high": "at character 15",
    'edge("a","b","c")': "at character 14",
    "fault AND (error": "at character 17",
    "fault ? error": "at character 7",
}


@pytest.mark.parametrize(("expression", "place"), BAD_FILTERS.items())
def test_a_bad_filter_expression_is_refused_with_the_place(xray: Xray, expression: str, place: str) -> None:
    with pytest.raises(xray.client.exceptions.InvalidRequestException) as refused:
        xray.client.get_trace_summaries(StartTime=1, EndTime=2, FilterExpression=expression)
    assert refused.value.response["Error"]["Message"].endswith(place)


def _exchange(xray: Xray, operation: OperationModel, request: Fields) -> tuple[int, Any, bytes]:
    """The raw answer to a request as botocore sends it."""
    sent = create_serializer("rest-json").serialize_to_request(request, operation)
    connection = http.client.HTTPConnection("127.0.0.1", xray.port, timeout=10)
    connection.request(sent["method"], sent["url_path"], sent["body"], sent["headers"])
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def _another(request: Fields) -> Fields:
    return {"TraceIds": [new_trace_id(MANY)]} if "TraceIds" in request else request | {"EndTime": MANY + 1}
