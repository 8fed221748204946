"""Server-sent events: what has changed, to everybody who listens, asked for once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from operations.console import live
from tests.operations.answers import INBOX, AnsweredStage, Refusal, service, statistics
from tests.operations.conftest import Console, Serve


class Counting(AnsweredStage):
    """Answers a map whose only node has answered `total` requests; `refusal` is raised while it is set."""

    def __init__(self) -> None:
        super().__init__({"GetServiceGraph": self.graph})
        self.total = 1
        self.refusal: Refusal | None = None

    def graph(self, request: dict[str, Any]) -> dict[str, Any]:
        if self.refusal:
            raise self.refusal
        return {"Services": [service(0, INBOX, "AWS::Lambda", SummaryStatistics=statistics(ok=self.total))]}


Events = Iterator[tuple[str, Any]]


def listen(console: Console, query: str = "") -> Events:
    """The events, each as its name and its data, and `("", None)` for a heartbeat."""
    answer = requests.get(f"{console.url}/api/live{query}", stream=True, timeout=10)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    event = ""
    for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield event, json.loads(line.removeprefix("data: "))
        elif line.startswith(":"):
            yield "", None


def total(event: tuple[str, Any]) -> int:
    name, document = event
    assert name == "map"
    return int(document["nodes"][0]["statistics"]["total"])


def first(events: Events, name: str) -> tuple[str, Any]:
    return next(event for event in events if event[0] == name)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Asked as often as the local stage is."""
    monkeypatch.setattr(live, "PAUSE_ON_AWS_SECONDS", live.PAUSE_SECONDS)
    return Counting()


def test_what_is_known_comes_at_once_and_a_change_with_the_next_question(serve: Serve, stage: Counting) -> None:
    events = listen(serve(stage))

    assert total(first(events, "map")) == 1
    assert next(events)[0] == "queues"
    stage.total, asked = 2, len(stage.requests("GetServiceGraph"))
    assert total(next(events)) == 2
    assert len(stage.requests("GetServiceGraph")) - asked <= 2  # the one that was under way, and the next


def test_what_has_not_changed_is_not_told_again(serve: Serve, stage: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 1.5)
    told = []
    for name, _ in listen(serve(stage)):
        told.append(name)
        if name == "" and len(stage.requests("GetServiceGraph")) > 3:
            break

    assert [name for name in told if name] == ["map", "queues"]


def test_the_console_ends_at_once_though_somebody_listens(serve: Serve, stage: Counting) -> None:
    console = serve(stage)
    events = listen(console)
    first(events, "queues")
    began = time.monotonic()
    console.end()

    assert list(events) == []
    assert time.monotonic() - began < 4  # it would wait for 5 s, and then break off with an error


def test_however_many_listen_it_is_asked_for_once(serve: Serve, stage: Counting) -> None:
    console = serve(stage)
    with ThreadPoolExecutor(8) as several:
        listeners = list(several.map(lambda _: listen(console), range(8)))
        assert set(several.map(lambda events: total(first(events, "map")), listeners)) == {1}
        asked, began = len(stage.requests("GetServiceGraph")), time.monotonic()
        stage.total = 2
        assert set(several.map(lambda events: total(first(events, "map")), listeners)) == {2}

    assert len(stage.requests("GetServiceGraph")) - asked <= 2 + time.monotonic() - began


def test_a_problem_is_told_and_once_it_is_over_the_map_is_told_anew(serve: Serve, stage: Counting) -> None:
    events = listen(serve(stage))
    first(events, "queues")
    stage.refusal = Refusal("ThrottlingException")
    _, problem = first(events, "problem")

    assert problem["code"] == "throttled"
    assert problem["advice"]
    stage.refusal = None
    assert next(events)[0] == "map"


def test_a_problem_that_stays_is_told_once_and_what_can_be_known_goes_on(serve: Serve, stage: Counting) -> None:
    stage.refusal = Refusal("AccessDeniedException")
    console = serve(stage)
    events = listen(console)

    assert [next(events)[0], next(events)[0]] == ["queues", "problem"]
    asked = len(stage.requests("GetServiceGraph"))
    until_asked_again = time.monotonic() + 10
    while len(stage.requests("GetServiceGraph")) < asked + 3:
        assert time.monotonic() < until_asked_again
        time.sleep(0.05)
    stage.refusal = None
    assert next(events)[0] == "map"


def test_a_fault_of_the_consoles_own_is_told_and_does_not_end_it(serve: Serve, stage: Counting) -> None:
    whole, stage.answers["GetServiceGraph"] = stage.graph, {"Services": [{"Edges": []}]}
    events = listen(serve(stage))

    assert first(events, "problem")[1]["code"] == "internal_error"
    stage.answers["GetServiceGraph"] = whole
    assert next(events)[0] == "map"


def test_nobody_listening_nothing_is_asked(serve: Serve, stage: Counting) -> None:
    answer = requests.get(f"{serve(stage).url}/api/live", stream=True, timeout=10)
    next(answer.iter_lines())
    answer.close()
    deadline = time.monotonic() + 10
    asked, since = -1, time.monotonic()
    while time.monotonic() - since < 2.5:  # more than two rounds without a question
        assert time.monotonic() < deadline
        if len(stage.requests("GetServiceGraph")) != asked:
            asked, since = len(stage.requests("GetServiceGraph")), time.monotonic()
        time.sleep(0.05)
