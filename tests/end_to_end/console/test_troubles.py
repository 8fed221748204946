"""What the console shows where there is nothing to show: a sentence that says what to do, never a blank page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.end_to_end.console.operators import Operator

QUEUE = "local-invoicing-inbox-dead-letters"
PLACES: dict[str, tuple[tuple[str, ...], dict[str, str], str]] = {
    "the map": (("map",), {"minutes": "60", "live": "no"}, "**/api/map*"),
    "the traces": (("traces",), {"minutes": "60"}, "**/api/traces?*"),
    "a trace": (("traces", "1-5759e988-bd862e3fe1be46a994272793"), {}, "**/api/traces/1-*"),
    "the queues": (("queues",), {}, "**/api/queues"),
    "the dead letters": (("queues", QUEUE), {}, "**/api/queues/*/dead-letters"),
    "the charts": (("business",), {"live": "no"}, "**/api/analytics/query"),
    "the stage": (("map",), {}, "**/api/stage"),
}
TROUBLES: dict[int, dict[str, Any]] = {
    429: {
        "title": "Too Many Requests",
        "status": 429,
        "code": "throttled",
        "detail": "AWS is throttling the requests.",
        "advice": "Wait a moment and ask again.",
    },
    403: {
        "title": "Forbidden",
        "status": 403,
        "code": "access_denied",
        "detail": "These credentials may not ask for that.",
        "advice": "Attach the policy of docs/operations.md.",
    },
}
EVERY_PLACE = pytest.mark.parametrize(("path", "query", "api"), PLACES.values(), ids=PLACES)


@EVERY_PLACE
@pytest.mark.parametrize("status", TROUBLES)
def test_what_aws_refuses_is_told_with_an_advice(
    operator: Operator, path: tuple[str, ...], query: dict[str, str], api: str, status: int
) -> None:
    operator.answered_by(api, status, TROUBLES[status])
    operator.open(*path, **query)
    alert = operator.page.get_by_role("alert")
    expect(alert).to_contain_text(TROUBLES[status]["detail"])
    expect(alert).to_contain_text(TROUBLES[status]["advice"])
    operator.page.unroute(api)
    alert.get_by_role("button", name="Try again").click()
    expect(operator.page.get_by_text(TROUBLES[status]["detail"])).to_have_count(0)


@EVERY_PLACE
def test_a_server_that_does_not_answer_is_told_with_how_to_start_it(
    operator: Operator, path: tuple[str, ...], query: dict[str, str], api: str
) -> None:
    operator.page.route(api, lambda route: route.abort())
    operator.open(*path, **query)
    expect(operator.page.get_by_role("alert")).to_contain_text("does not answer")
    expect(operator.page.get_by_role("alert")).to_contain_text("make up")


def test_what_is_no_problem_document_is_told_by_its_status(operator: Operator) -> None:
    operator.page.route("**/api/queues", lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
    operator.open("queues")
    expect(operator.page.get_by_role("alert")).to_contain_text("The server answered 502")


def test_empty_places_say_why_and_what_to_do(operator: Operator) -> None:
    page = operator.page
    operator.answered_by("**/api/map*", 200, {"from": "", "to": "", "nodes": [], "edges": []})
    operator.open("map", live="no")
    expect(page.get_by_role("heading", name="No requests in the last 15 minutes")).to_be_visible()
    expect(page.get_by_text("choose a longer range")).to_be_visible()
    operator.answered_by("**/api/queues", 200, {"items": []})
    operator.open("queues")
    expect(page.get_by_role("heading", name="No queues")).to_be_visible()
    operator.answered_by("**/api/queues/*/dead-letters", 200, {"queue": QUEUE, "source": "x", "items": []})
    operator.open("queues", QUEUE)
    expect(page.get_by_role("heading", name="No dead letters here")).to_be_visible()


def test_what_is_slow_says_that_it_is_loading(operator: Operator) -> None:
    operator.page.route("**/api/queues", lambda route: None)  # no answer at all
    operator.open("queues")
    expect(operator.page.get_by_text("Loading the queues …")).to_be_visible()


def test_a_redrive_that_fails_says_why(operator: Operator) -> None:
    page = operator.page
    letter: dict[str, Any] = {
        "id": "1",
        "sent_at": "2026-01-01T00:00:00Z",
        "first_received_at": None,
        "receives": 6,
        "trace_id": None,
    }
    letter |= {"event_type": None, "event_id": None, "body": "x", "body_bytes": 1, "attributes": {}}
    listed = {"queue": QUEUE, "source": "local-invoicing-inbox", "items": [letter], "truncated": False}
    operator.answered_by("**/api/queues/*/dead-letters", 200, listed)
    failed = {"moved": [], "failed": [{"id": "1", "reason": "It is gone."}], "remaining": 0}
    operator.answered_by("**/api/queues/*/redrive", 200, failed)
    operator.open("queues", QUEUE)
    page.get_by_role("button", name="Redrive all").click()
    page.get_by_role("dialog").get_by_role("button", name="Redrive 1 dead letter").click()
    expect(page.get_by_role("status").filter(has_text="1 letter stayed where they were")).to_contain_text("It is gone.")
