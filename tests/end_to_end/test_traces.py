"""One request, one trace: from the API call to the last projection, followed by parent ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.client import Reply
from local.demo.traces import Document, children, documents, trace_ids
from local.demo.waiting import until
from tests.end_to_end.conftest import Played
from tests.stage import Stage


@pytest.fixture(scope="module")
def xray(stage: Stage) -> Any:
    return stage.client("xray")


@pytest.fixture(scope="module")
def traces(xray: Any, day: Played) -> dict[str, list[str]]:
    """The day's traces, by correlation id."""

    def look() -> dict[str, list[str]] | None:
        found = trace_ids(xray, day.replies)
        return found if all(found.values()) else None

    return until("a trace of each request of the day", look)


def test_each_api_request_is_one_trace_of_its_own(day: Played, traces: dict[str, list[str]]) -> None:
    assert len(traces) == len(day.replies) > 50
    assert {len(ids) for ids in traces.values()} == {1}
    assert len({trace_id for ids in traces.values() for trace_id in ids}) == len(day.replies)


def test_a_requests_trace_holds_one_span_of_its_handler_with_route_and_status(
    xray: Any, day: Played, traces: dict[str, list[str]]
) -> None:
    for reply in day.replies[::10]:
        found = documents(xray, traces[reply.correlation_id][0])
        (span,) = [one for one in found if one.annotations.get("correlation_id") == reply.correlation_id]
        method, path = reply.request.split()
        route = span.annotations["route"]
        assert route.split()[0] == method
        assert _fits(route.split()[1], path)
        assert span.fields["http"]["response"]["status"] == reply.status
        assert any(one.aws.get("operation") for one in children(found, span)), "no call to a table below the handler"


@pytest.fixture(scope="module")
def solved(xray: Any, day: Played, traces: dict[str, list[str]]) -> list[Document]:
    """All documents of the trace of a ticket's solution that has led to a draft line, once all are there."""
    billed = {entry["ticket_id"] for entry in day.done.time_entries if entry["billable"]}
    reply = next(reply for reply in day.done.solved if reply.body["id"] in billed)
    return until("the whole trace of a solution", lambda: _whole(documents(xray, _only(traces, reply))))


def test_a_solved_tickets_trace_leads_from_the_api_to_its_topic(solved: list[Document]) -> None:
    _published(solved)


def test_a_solved_tickets_trace_leads_to_its_draft_line(solved: list[Document]) -> None:
    inbox = _consumer(solved, "local-invoicing-inbox")
    calls = children(solved, inbox)
    assert _writes(calls, "local-invoicing"), "no transaction of invoicing's table below its inbox"


def test_a_solved_tickets_trace_leads_to_its_metric(solved: list[Document]) -> None:
    inbox = _consumer(solved, "local-analytics-inbox")
    assert _writes(children(solved, inbox), "local-analytics"), "no transaction of analytics' table below its inbox"


def test_a_solved_tickets_trace_leads_on_to_the_mark_that_its_time_is_billed(solved: list[Document]) -> None:
    inbox = _consumer(solved, "local-invoicing-inbox")
    relays = _below(solved, inbox, lambda one: one.name == "local-invoicing-relay")
    marks = [
        one
        for relay in relays
        for one in _below(solved, relay, lambda one: one.name == "local-customer-support-inbox")
        if _writes(children(solved, one), "local-customer-support")
    ]
    assert marks, "invoicing's event does not lead back to customer support"


def test_documents_of_a_trace_name_functions_that_worked_on_the_record_and_no_fault(solved: list[Document]) -> None:
    segments = [one for one in solved if _is_function(one)]
    assert {one.name for one in segments} >= {
        "local-customer-support-relay",
        "local-invoicing-inbox",
        "local-invoicing-relay",
        "local-analytics-inbox",
        "local-customer-support-inbox",
    }
    assert not [one for one in solved if one.fields.get("fault")]


def _published(found: list[Document]) -> tuple[Document, Document]:
    """Customer support's relay segment and its call to the topic, reached from the API's span by parent ids."""
    (span,) = [one for one in found if one.annotations.get("route") == "POST /tickets/{ticket_id}/solve"]
    assert _writes(children(found, span), "local-customer-support"), "no transaction below the API's span"
    (relay,) = [one for one in children(found, span) if one.name == "local-customer-support-relay"]
    (publish,) = [one for one in children(found, relay) if one.aws.get("operation") == "Publish"]
    assert publish.aws["topic_arn"].endswith(":local-customer-support-events")
    return relay, publish


def _consumer(found: list[Document], name: str) -> Document:
    """A consumer's segment, reached from the relay: through topic and queue (of the same name) where they are shown."""
    relay, _ = _published(found)
    (inbox,) = [one for one in _below(found, relay, lambda one: one.name == name) if _is_function(one)]
    return inbox


def _is_function(one: Document) -> bool:
    return bool(one.fields.get("origin") == "AWS::Lambda::Function")


def _writes(calls: list[Document], table: str) -> bool:
    return any(
        one.aws.get("operation") == "TransactWriteItems"
        and one.aws.get("table_name") == table
        and not {"error", "fault"} & one.fields.keys()
        for one in calls
    )


def _below(found: list[Document], top: Document, wanted: Callable[[Document], bool]) -> list[Document]:
    direct = children(found, top)
    deeper = [one for child in direct for one in _below(found, child, wanted)]
    return [one for one in direct if wanted(one)] + deeper


def _whole(found: list[Document]) -> list[Document] | None:
    """The documents once the last of the chain, customer support's inbox, is among them."""
    names = [one.name for one in found]
    complete = {"local-customer-support-inbox", "local-analytics-inbox"} <= set(names)
    return found if complete and names.count("local-invoicing-relay") >= 1 else None


def _only(traces: dict[str, list[str]], reply: Reply) -> str:
    (trace_id,) = traces[reply.correlation_id]
    return trace_id


def _fits(route: str, path: str) -> bool:
    parts, given = route.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part == one or part.startswith("{") for part, one in zip(parts, given, strict=True)
    )
