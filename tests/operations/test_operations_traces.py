"""Traces found, one trace as a waterfall, and its log lines."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest

from operations import logs, tables, traces, waterfall
from operations.periods import Period, written
from operations.problems import Problem
from operations.stacks import Stacks
from tests.operations.answers import INBOX, NOW, AnsweredStage, Refusal, pages, trace_id
from tests.operations.conftest import Serve

QUARTER = Period(NOW - timedelta(minutes=15), NOW)
START = 1_700_000_000.0


def summary(number: int, **about: Any) -> dict[str, Any]:
    return {"Id": trace_id(number=number), "Duration": 0.2, "HasFault": False, **about}


def segment(id_: str, parent: str | None = None, **about: Any) -> dict[str, Any]:
    """A segment that begins at START; `at` and `took` in seconds."""
    at, took = START + about.pop("at", 0.0), about.pop("took", 1.0)
    own = {"id": id_, "name": id_, "start_time": at, "end_time": at + took, "trace_id": trace_id()}
    return own | ({"parent_id": parent} if parent else {}) | about


def answered(*documents: dict[str, Any]) -> AnsweredStage:
    segments = [{"Id": one["id"], "Document": json.dumps(one)} for one in documents]
    half = len(segments) // 2
    about = {"Id": trace_id(), "Duration": 1.0, "LimitExceeded": False}
    found = pages("Traces", [about | {"Segments": segments[:half]}], [about | {"Segments": segments[half:]}])
    return AnsweredStage({"BatchGetTraces": found})


def test_pages_without_a_match_are_passed_over() -> None:
    stage = AnsweredStage({"GetTraceSummaries": pages("TraceSummaries", [], [], [summary(1, HasFault=True)])})
    found = traces.find(stage, QUARTER, "fault")

    assert [(row["id"], row["fault"]) for row in found["items"]] == [(trace_id(number=1), True)]
    assert found["next_cursor"] is None
    assert [one["FilterExpression"] for one in stage.requests("GetTraceSummaries")] == ["fault"] * 3


def test_a_long_search_is_told_in_parts_the_next_one_going_on_where_the_one_before_ended() -> None:
    empty: list[list[Any]] = [[]] * 14
    stage = AnsweredStage({"GetTraceSummaries": pages("TraceSummaries", *empty, [summary(1)])})
    first = traces.find(stage, QUARTER)
    second = traces.find(stage, QUARTER, "", first["next_cursor"])

    assert (first["items"], len(second["items"]), second["next_cursor"]) == ([], 1, None)
    assert len(stage.requests("GetTraceSummaries")) == 15


def test_more_than_six_hours_of_traces_are_gone_through_window_by_window_latest_first() -> None:
    stage = AnsweredStage({"GetTraceSummaries": {"TraceSummaries": [summary(1)]}})
    period = Period(NOW - timedelta(hours=13), NOW)
    found = traces.find(stage, period)
    asked = [(one["StartTime"], one["EndTime"]) for one in stage.requests("GetTraceSummaries")]

    assert (len(found["items"]), found["next_cursor"]) == (3, None)
    assert asked == sorted(asked, reverse=True)
    assert (asked[-1][0], asked[0][1]) == (period.start, period.end)


def test_a_cursor_stands_for_its_own_range_and_filter(serve: Serve) -> None:
    stage = AnsweredStage({"GetTraceSummaries": pages("TraceSummaries", [summary(1)] * 20, [summary(2)])})
    console = serve(stage)
    cursor = console.get("/api/traces?from=5m&filter=fault").json()["next_cursor"]
    answer = console.get("/api/traces", params={"cursor": cursor, "filter": "fault"})

    assert answer.json()["items"][0]["id"] == trace_id(number=2)
    first, second = stage.requests("GetTraceSummaries")
    assert (first["StartTime"], first["EndTime"]) == (second["StartTime"], second["EndTime"])
    with pytest.raises(Problem, match="another query"):
        traces.find(stage, traces.window_of(cursor), "ok", cursor)


def test_the_traces_of_a_node_are_asked_for_by_an_expression_that_the_answer_tells(serve: Serve) -> None:
    stage = AnsweredStage({"GetTraceSummaries": {"TraceSummaries": []}})
    asked = {"node": f"AWS::Lambda::Function|{INBOX}", "filter": "fault OR error"}
    answer = serve(stage).get("/api/traces", params=asked)

    told = f'service(id(name: "{INBOX}", type: "AWS::Lambda::Function")) AND (fault OR error)'
    assert answer.json()["filter"] == told
    assert stage.requests("GetTraceSummaries")[0]["FilterExpression"] == told


def test_a_row_of_the_list_tells_what_xray_knows_of_the_trace() -> None:
    found = summary(
        1,
        ResponseTime=0.1,
        HasError=True,
        Http={"HttpMethod": "POST", "HttpURL": "https://api/tickets", "HttpStatus": 409},
        EntryPoint={"Name": "prod-invoicing/prod"},
        Annotations={"route": [{"AnnotationValue": {"StringValue": "POST /tickets"}}]},
        Users=[{"UserName": "u1"}],
    )
    stage = AnsweredStage({"GetTraceSummaries": {"TraceSummaries": [found]}})
    (row,) = traces.find(stage, QUARTER)["items"]

    assert (row["method"], row["url"], row["status"], row["error"], row["fault"]) == (
        "POST",
        "https://api/tickets",
        409,
        True,
        False,
    )
    assert (row["entry"], row["annotations"], row["users"]) == (
        "prod-invoicing/prod",
        {"route": ["POST /tickets"]},
        ["u1"],
    )
    assert row["at"] == written((NOW - timedelta(minutes=1)).replace(microsecond=0))


def test_a_trace_is_rows_depth_first_across_its_documents() -> None:
    stage = answered(
        segment("function", "call", origin="AWS::Lambda::Function", at=0.2, took=0.5),
        segment("stage", subsegments=[segment("call", at=0.1, took=0.7), segment("later", at=0.9, took=0.1)]),
        segment("lost", "nobody", at=2.0, in_progress=True),
    )
    found = waterfall.trace(stage, trace_id())

    assert [(row["name"], row["depth"], row["parent"], row["kind"]) for row in found["rows"]] == [
        ("stage", 0, None, "segment"),
        ("call", 1, "stage", "subsegment"),
        ("function", 2, "call", "segment"),
        ("later", 1, "stage", "subsegment"),
        ("lost", 0, None, "segment"),
    ]
    assert [round(row["offset"], 3) for row in found["rows"]] == [0, 0.1, 0.2, 0.9, 2.0]
    assert [row["segment"] for row in found["rows"]] == ["stage", "stage", "function", "stage", "lost"]
    assert (found["rows"][-1]["in_progress"], found["rows"][-1]["duration"]) == (True, None)


def test_segments_that_are_each_others_parents_are_shown_nevertheless() -> None:
    found = waterfall.trace(answered(segment("a", "b"), segment("b", "a"), segment("c", "c")), trace_id())

    assert sorted(row["name"] for row in found["rows"]) == ["a", "b", "c"]


def test_a_record_is_linked_to_what_it_continues_and_tells_its_exception() -> None:
    frame = {"path": "store.py", "line": 7, "label": "draft"}
    cause = {"exceptions": [{"id": "e", "type": "NoRate", "message": "no rate HUR", "stack": [frame]}]}
    record = segment("record", "queue", origin="AWS::Lambda::Function", fault=True, error=True, cause=cause)
    stage = answered(segment("queue", origin="AWS::SQS::Queue"), record)
    queue, row = waterfall.trace(stage, trace_id())["rows"]

    assert (queue["link"], row["link"], row["state"]) == (False, True, "fault")
    assert row["exceptions"] == [{"type": "NoRate", "message": "no rate HUR", "stack": ["draft (store.py:7)"]}]


def test_documents_of_any_sender_are_shown_whatever_is_in_them() -> None:
    strange = segment("strange", http="no", aws=[], cause="abcd", annotations=7, metadata=None, subsegments="x")
    (row,) = waterfall.trace(answered(strange | {"start_time": "soon", "fault": "yes"}), trace_id())["rows"]

    assert (row["http"], row["aws"], row["annotations"], row["exceptions"], row["state"]) == (None, None, {}, [], "ok")


def test_a_trace_of_1000_segments_is_answered_in_a_moment(serve: Serve) -> None:
    documents = [
        segment(f"s{number}", f"s{number // 3}" if number else None, at=number / 1e4) for number in range(1000)
    ]
    console = serve(answered(*documents))
    console.get("/api/stage")
    began = time.process_time()  # of all threads, and whatever else this machine does
    found = console.get(f"/api/traces/{trace_id()}").json()

    assert len(found["rows"]) == len(found["documents"]) == 1000
    assert time.process_time() - began < 1.0


def log_event(at: float, message: Any) -> dict[str, Any]:
    text = message if isinstance(message, str) else json.dumps(message)
    return {"timestamp": int(at * 1000), "message": text, "logStreamName": "s"}


def test_the_lines_of_a_trace_come_from_the_functions_that_took_part_in_the_order_of_time() -> None:
    line = {"level": "ERROR", "message": "message failed", "service": "invoicing", "function": INBOX, "event_id": "e1"}
    events = pages(
        "events", [log_event(START + 2, line)], [log_event(START + 1, "REPORT RequestId: r\n")], token="nextToken"
    )
    stage = answered(segment("one", name=INBOX, origin="AWS::Lambda::Function"))
    stage.answers["FilterLogEvents"] = events
    found = logs.of_trace(stage, Stacks(stage), trace_id(), waterfall.trace(stage, trace_id()))

    report, failed = found["lines"]
    assert (report["message"], report["level"], report["function"]) == ("REPORT RequestId: r", None, INBOX)
    assert (failed["level"], failed["message"], failed["fields"]) == ("ERROR", "message failed", {"event_id": "e1"})
    asked = stage.requests("FilterLogEvents")
    assert {one["logGroupName"] for one in asked} == {f"/aws/lambda/{INBOX}"}
    assert {one["filterPattern"] for one in asked} == {f'"{trace_id()}"'}
    assert not found["truncated"]


def test_a_function_without_a_log_group_has_no_lines() -> None:
    stage = answered(segment("one", name=INBOX, origin="AWS::Lambda::Function"))
    stage.answers["FilterLogEvents"] = Refusal("ResourceNotFoundException")

    assert logs.of_trace(stage, Stacks(stage), trace_id(), waterfall.trace(stage, trace_id()))["lines"] == []


def test_lines_beyond_a_thousand_are_left_out_and_it_is_said() -> None:
    stage = answered(segment("one", name=INBOX, origin="AWS::Lambda::Function"))
    stage.answers["FilterLogEvents"] = {"events": [log_event(START, "line")] * 1200}
    found = logs.of_trace(stage, Stacks(stage), trace_id(), waterfall.trace(stage, trace_id()))

    assert (len(found["lines"]), found["truncated"]) == (1000, True)


def test_nothing_that_a_trace_carries_reaches_the_terminal_as_a_control_sequence() -> None:
    stage = answered(segment("one", name="\x1b[2Jname\x9b\r\n", annotations={"route": "\x07"}))
    told = tables.tree(waterfall.trace(stage, trace_id()))

    assert all(character.isprintable() or character == "\n" for character in told)
    assert "\\x1b[2Jname" in told
