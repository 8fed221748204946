"""The X-Ray API as boto3's client sees it."""

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.xray.support import Xray, new_id, new_trace_id, segment, subsegment

NOW = float(int(time.time()))
_HOUR = 3600.0


def _time_of_its_own(hours: int) -> float:
    """A past second that no other test's traces start in."""
    return NOW - hours * _HOUR


def test_the_summary_of_a_request_tells_what_its_documents_tell(xray: Xray) -> None:
    at = _time_of_its_own(10)
    trace_id = new_trace_id(at)
    api = segment(
        trace_id,
        at + 0.125,
        name="dev-invoicing",
        end_time=at + 0.375,
        origin="AWS::ApiGateway::Stage",
        aws={"account_id": "000000000000"},
        http={
            "request": {
                "method": "POST",
                "url": "http://localhost/invoices",
                "user_agent": "curl",
                "client_ip": "127.0.0.1",
            },
            "response": {"status": 409},
        },
        error=True,
        user="usr_1",
        annotations={"customer": "cus_1", "lines": 3, "paid": False},
    )
    work = subsegment(trace_id, api["id"], at + 0.2, end_time=at + 0.3, annotations={"customer": "cus_1", "note": None})
    relay = segment(
        trace_id,
        at + 1,
        name="dev-invoicing-relay",
        end_time=at + 1.5,
        parent_id=api["id"],
        origin="AWS::Lambda::Function",
        fault=True,
        throttle=True,
        annotations={"customer": "cus_2"},
    )
    xray.send_and_wait(relay, work, api)

    (summary,) = xray.summaries(at, at)
    gateway = {
        "Name": "dev-invoicing",
        "Names": ["dev-invoicing"],
        "Type": "AWS::ApiGateway::Stage",
        "AccountId": "000000000000",
    }
    function = {"Name": "dev-invoicing-relay", "Names": ["dev-invoicing-relay"], "Type": "AWS::Lambda::Function"}
    assert summary.pop("StartTime").timestamp() == at + 0.125
    assert summary == {
        "Id": trace_id,
        "Duration": 1.375,
        "ResponseTime": 0.25,
        "HasFault": False,
        "HasError": True,
        "HasThrottle": True,
        "IsPartial": False,
        "Http": {
            "HttpURL": "http://localhost/invoices",
            "HttpStatus": 409,
            "HttpMethod": "POST",
            "UserAgent": "curl",
            "ClientIp": "127.0.0.1",
        },
        "Annotations": {
            "customer": [
                {"AnnotationValue": {"StringValue": "cus_1"}, "ServiceIds": [gateway]},
                {"AnnotationValue": {"StringValue": "cus_2"}, "ServiceIds": [function]},
            ],
            "lines": [{"AnnotationValue": {"NumberValue": 3}, "ServiceIds": [gateway]}],
            "paid": [{"AnnotationValue": {"BooleanValue": False}, "ServiceIds": [gateway]}],
        },
        "Users": [{"UserName": "usr_1", "ServiceIds": [gateway]}],
        "ServiceIds": [gateway, function],
        "EntryPoint": gateway,
    }


def test_the_summary_of_orphan_subsegments_takes_the_first_of_them_as_its_root(xray: Xray) -> None:
    at = _time_of_its_own(11)
    trace_id, function = new_trace_id(at), new_id()
    first = subsegment(trace_id, function, at, fault=True, end_time=at + 0.5, http="not an object", annotations=[1])
    second = subsegment(trace_id, new_id(), at + 0.25, end_time=at + 1)
    xray.send_and_wait(second, first)
    (summary,) = xray.summaries(at, at)
    assert (summary["HasFault"], summary["HasError"]) == (True, False)
    assert (summary["Duration"], summary["ResponseTime"]) == (1.0, 0.5)
    assert summary["ServiceIds"] == []
    assert "EntryPoint" not in summary
    assert "Http" not in summary


def test_summaries_come_in_pages_latest_first_and_each_trace_once(xray: Xray) -> None:
    at = _time_of_its_own(20)
    documents = [segment(new_trace_id(at), at + number // 2) for number in range(250)]
    xray.send_and_wait(*documents)
    pages = list(xray.client.get_paginator("get_trace_summaries").paginate(StartTime=at, EndTime=at + 200))
    assert [len(page["TraceSummaries"]) for page in pages] == [100, 100, 50]
    assert [page["TracesProcessedCount"] for page in pages] == [100, 100, 50]
    found = [summary for page in pages for summary in page["TraceSummaries"]]
    assert {summary["Id"] for summary in found} == {document["trace_id"] for document in documents}
    times = [summary["StartTime"] for summary in found]
    assert times == sorted(times, reverse=True)
    assert pages[-1]["ApproximateTime"].timestamp() == at


def test_the_time_range_counts_in_whole_seconds_both_included(xray: Xray) -> None:
    at = _time_of_its_own(30)
    documents = [segment(new_trace_id(at), at + offset) for offset in (-0.1, 0.0, 0.9, 1.9, 2.0)]
    xray.send_and_wait(*documents)
    found = {summary["Id"] for summary in xray.summaries(at + 0.5, at + 1.5)}
    assert found == {document["trace_id"] for document in documents[1:4]}


def test_by_event_time_a_trace_is_found_when_its_documents_came_in(xray: Xray) -> None:
    long_ago = _time_of_its_own(40)
    document = segment(new_trace_id(long_ago), long_ago)
    before = time.time()
    xray.send_and_wait(document)
    after = time.time()
    by_event = {summary["Id"] for summary in xray.summaries(before, after, TimeRangeType="Event")}
    by_start = {summary["Id"] for summary in xray.summaries(before, after, TimeRangeType="TraceId")}
    assert document["trace_id"] in by_event
    assert document["trace_id"] not in by_start
    assert [s["Id"] for s in xray.summaries(long_ago, long_ago, TimeRangeType="TraceId")] == [document["trace_id"]]


def test_put_trace_segments_stores_the_good_and_names_the_bad(xray: Xray) -> None:
    good, nameless = segment(new_trace_id(NOW), NOW), segment(new_trace_id(NOW), NOW)
    del nameless["name"]
    before = xray.health()
    answer = xray.client.put_trace_segments(TraceSegmentDocuments=["{", json.dumps(good), json.dumps(nameless)])
    parse_error, missing_name = answer["UnprocessedTraceSegments"]
    assert parse_error == {"ErrorCode": "ParseError", "Message": "Invalid segment. ErrorCode: ParseError"}
    assert (missing_name["Id"], missing_name["ErrorCode"]) == (nameless["id"], "MissingName")
    assert xray.trace(good["trace_id"]) == [good], "what was answered is readable at once"
    after = xray.health()
    assert {name: after[name] - before[name] for name in ("received", "stored", "malformed", "pending")} == {
        "received": 3,
        "stored": 1,
        "malformed": 2,
        "pending": 0,
    }


def test_batch_get_traces_names_the_unknown_and_returns_the_known(xray: Xray) -> None:
    known = segment(new_trace_id(NOW), NOW)
    xray.send_and_wait(known)
    unknown = new_trace_id(NOW)
    answer = xray.client.batch_get_traces(TraceIds=[unknown, known["trace_id"], "nonsense"])
    assert answer["UnprocessedTraceIds"] == [unknown, "nonsense"]
    (trace,) = answer["Traces"]
    (returned,) = trace.pop("Segments")
    assert trace == {"Id": known["trace_id"], "Duration": 1.0, "LimitExceeded": False}
    assert (returned["Id"], json.loads(returned["Document"])) == (known["id"], known)


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a filter expression": (
        lambda x: x.get_trace_summaries(StartTime=1, EndTime=2, FilterExpression="fault AND speed > 3"),
        "expected a keyword, found `speed` at character 11",
    ),
    "a service's time range": (
        lambda x: x.get_trace_summaries(StartTime=1, EndTime=2, TimeRangeType="Service"),
        "Service is not supported",
    ),
    "an end before the start": (lambda x: x.get_trace_summaries(StartTime=2, EndTime=1), "after EndTime"),
    "a token made up": (lambda x: x.get_trace_summaries(StartTime=1, EndTime=2, NextToken="abc"), "NextToken"),
    "six trace ids": (lambda x: x.batch_get_traces(TraceIds=[new_trace_id(NOW) for _ in range(6)]), "1 to 5"),
    "a group": (lambda x: x.get_service_graph(StartTime=1, EndTime=2, GroupName="mine"), "Groups are not supported"),
    "six traces' graph": (lambda x: x.get_trace_graph(TraceIds=[new_trace_id(NOW) for _ in range(6)]), "1 to 5"),
    "half a minute": (
        lambda x: x.get_time_series_service_statistics(StartTime=1, EndTime=2, Period=30),
        "multiple of 60",
    ),
    "a bad selector": (
        lambda x: x.get_time_series_service_statistics(StartTime=1, EndTime=2, EntitySelectorExpression="error"),
        "expected service, edge or id, found `error` at character 1",
    ),
    "no trace id": (lambda x: x.batch_get_traces(TraceIds=[]), "1 to 5"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_an_invalid_request_is_refused_with_the_reason(xray: Xray, call: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(xray.client.exceptions.InvalidRequestException) as refused:
        call(xray.client)
    assert message in refused.value.response["Error"]["Message"]


def test_a_page_token_does_not_hold_for_another_query(xray: Xray) -> None:
    at = _time_of_its_own(50)
    xray.send_and_wait(*(segment(new_trace_id(at), at) for _ in range(101)))
    token = xray.client.get_trace_summaries(StartTime=at, EndTime=at)["NextToken"]
    assert len(xray.client.get_trace_summaries(StartTime=at, EndTime=at, NextToken=token)["TraceSummaries"]) == 1
    with pytest.raises(xray.client.exceptions.InvalidRequestException, match="another request"):
        xray.client.get_trace_summaries(StartTime=at, EndTime=at + 1, NextToken=token)


def test_an_operation_that_is_not_there_yet_says_so(xray: Xray) -> None:
    with pytest.raises(ClientError) as refused:
        xray.client.get_groups()
    assert refused.value.response["Error"]["Code"] == "NotImplementedException"
    assert "GetGroups" in refused.value.response["Error"]["Message"]


def _post(xray: Xray, uri: str, body: bytes, **headers: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", xray.port, timeout=10)
    connection.putrequest("POST", uri)
    for name, value in ({"Content-Length": str(len(body))} | headers).items():
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers["x-amzn-ErrorType"], content


BAD_HTTP: dict[str, tuple[str, bytes, dict[str, str], int, str]] = {
    "no JSON": ("/Traces", b"{", {}, 400, "InvalidRequestException"),
    "JSON too deep": ("/Traces", b"[" * 100_000, {}, 400, "InvalidRequestException"),
    "a list": ("/Traces", b"[]", {}, 400, "InvalidRequestException"),
    "a missing member": ("/Traces", b"{}", {}, 400, "InvalidRequestException"),
    "a member of another type": ("/Traces", b'{"TraceIds": "a"}', {}, 400, "InvalidRequestException"),
    "a time that is none": ("/TraceSummaries", b'{"StartTime": "x", "EndTime": 1}', {}, 400, "InvalidRequestException"),
    "a time beyond all": ("/TraceSummaries", b'{"StartTime": 1, "EndTime": 1e300}', {}, 400, "InvalidRequestException"),
    "an infinite time": ("/TraceSummaries", b'{"StartTime": 1, "EndTime": 1e999}', {}, 400, "InvalidRequestException"),
    "a path of no operation": ("/Nothing", b"{}", {}, 404, "UnknownOperationException"),
    "a length that is none": ("/Traces", b"", {"Content-Length": "x"}, 411, "MissingContentLength"),
    "a body too large": ("/Traces", b"", {"Content-Length": "99999999"}, 413, "RequestEntityTooLargeException"),
}


@pytest.mark.parametrize(("uri", "body", "headers", "status", "code"), BAD_HTTP.values(), ids=BAD_HTTP.keys())
def test_a_bad_http_request_gets_an_error_answer(
    xray: Xray, uri: str, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answered, error_type, content = _post(xray, uri, body, **headers)
    assert (answered, error_type) == (status, code)
    assert json.loads(content)["message"]
    assert xray.health()["pending"] == 0


def test_summaries_are_filtered_over_pages_that_may_be_empty(xray: Xray) -> None:
    at = _time_of_its_own(65)
    slow = segment(new_trace_id(at), at, end_time=at + 9, annotations={"customer": "cus_1"})
    xray.send_and_wait(slow, *(segment(new_trace_id(at), at + 0.5, end_time=at + 1) for _ in range(120)))
    asked = {"FilterExpression": 'responsetime > 5 AND annotation[customer] = "cus_1"'}
    pages = list(xray.client.get_paginator("get_trace_summaries").paginate(StartTime=at, EndTime=at, **asked))
    assert [[found["Id"] for found in page["TraceSummaries"]] for page in pages] == [[], [slow["trace_id"]]]
    assert [page["TracesProcessedCount"] for page in pages] == [100, 21]


def test_time_series_tell_each_minute_of_a_service_or_an_edge(xray: Xray) -> None:
    at = _time_of_its_own(70) // 60 * 60
    for minute, requests in enumerate((2, 0, 1)):
        for _ in range(requests):
            trace_id = new_trace_id(at + 60 * minute)
            own = segment(trace_id, at + 60 * minute, name="shop", fault=minute == 2)
            call = subsegment(trace_id, own["id"], at + 60 * minute, name="bank", namespace="remote")
            xray.send_and_wait(own, call)

    def totals(**asked: Any) -> list[tuple[float, int, int]]:
        answer = xray.client.get_time_series_service_statistics(StartTime=at, EndTime=at + 179, **asked)
        rows = answer["TimeSeriesServiceStatistics"]
        found = [(row, row.get("ServiceSummaryStatistics") or row["EdgeSummaryStatistics"]) for row in rows]
        for row, statistics in found:
            assert sum(entry["Count"] for entry in row["ResponseTimeHistogram"]) == statistics["TotalCount"]
        return [
            (row["Timestamp"].timestamp() - at, statistics["OkCount"], statistics["FaultStatistics"]["TotalCount"])
            for row, statistics in found
        ]

    assert totals(EntitySelectorExpression='service("shop")') == [(0, 2, 0), (120, 0, 1)]
    assert totals(EntitySelectorExpression='edge("shop", "bank")') == [(0, 2, 0), (120, 1, 0)]
    assert totals(EntitySelectorExpression='id(name: "shop", type: "client")') == []
    assert totals() == [(0, 4, 0), (120, 1, 1)]
    assert totals(EntitySelectorExpression='service("shop")', Period=3600) == [(at // 3600 * 3600 - at, 2, 1)]
