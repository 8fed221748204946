"""How fast the console is, measured by the browser; the figures are printed, and kept in docs/operations.md.

A machine that is busy with other things is given three tries and some room.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from local.demo.apis import Apis
from tests.end_to_end.console.operators import Operator
from tests.stage import Stage

ROOM, TRIES = 3, 3
FIRST_PAINT, CHANGE, MANY_NODES, LONG_TRACE, FIRST_CHARTS = 1.0, 2.0, 0.5, 1.0, 1.0
STAGE_NODE = "AWS::ApiGateway::Stage|local-customer-support/local"
# So long ago that no other test's map shows it; local X-Ray keeps six hours.
LONG_AGO = 5 * 3600
Document = dict[str, Any]


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str, Callable[[], float], float], None]:
    """Print the best of some tries, and hold it to what is promised."""

    def tell(what: str, attempt: Callable[[], float], promised: float) -> None:
        best = attempt()
        for _ in range(TRIES - 1):
            best = best if best < promised else min(best, attempt())
        with capsys.disabled():
            print(f"\n  {what} {best * 1000:.0f} ms (promised: {promised * 1000:.0f} ms)", flush=True)
        assert best < promised * ROOM

    return tell


def test_the_map_is_seen_at_once(operator: Operator, figure: Any) -> None:
    def attempt() -> float:
        operator.open("map", minutes="60")
        return operator.seconds("map first seen")

    figure("the map is seen after", attempt, FIRST_PAINT)


def test_a_nodes_number_changes_soon_after_the_request(operator: Operator, services: Apis, figure: Any) -> None:
    operator.open("map", minutes="60")
    node = operator.node(STAGE_NODE)
    expect(node).to_be_visible()

    def attempt() -> float:
        before = node.get_attribute("aria-label") or ""
        services.support.get("/tickets", limit=1)
        answered = time.monotonic()
        expect(node).not_to_have_attribute("aria-label", before)
        return time.monotonic() - answered

    figure("a node's number has changed after", attempt, CHANGE)


def test_three_hundred_nodes_are_drawn_at_once(operator: Operator, stage: Stage, figure: Any) -> None:
    at = time.time() - LONG_AGO
    _put(stage, _tree(at, 300, lambda number: f"load-{number:03}", seconds=0.05))

    def attempt() -> float:
        operator.open("map", **_around(at))
        expect(operator.page.locator(".node")).to_have_count(301)  # and its client
        return operator.seconds("map drawn")

    figure("300 nodes are drawn in", attempt, MANY_NODES)
    operator.keep_picture("300-nodes")


def test_a_trace_of_a_thousand_segments_opens_at_once(operator: Operator, stage: Stage, figure: Any) -> None:
    documents = _tree(time.time() - LONG_AGO + 1800, 1000, lambda number: "load", seconds=0.2)
    _put(stage, documents)

    def attempt() -> float:
        operator.open("traces", documents[0]["trace_id"])
        expect(operator.page.get_by_text("1,000 segments")).to_be_visible()
        return operator.seconds("trace opened")

    figure("a trace of 1,000 segments opens in", attempt, LONG_TRACE)
    assert operator.page.locator("main *").count() < 1500, "rows out of sight are in the page"
    operator.page.get_by_role("tree").press("End")
    expect(operator.page.get_by_role("treeitem").last).to_be_visible()


def test_charts_are_seen_at_once(operator: Operator, figure: Any) -> None:
    def attempt() -> float:
        operator.open("business")
        return operator.seconds("charts first seen")

    figure("the first charts are seen after", attempt, FIRST_CHARTS)


def _tree(at: float, size: int, name: Any, seconds: float) -> list[Document]:
    """A trace of so many segments, each below one of the last few."""
    chance = random.Random(size)
    trace_id = f"1-{int(at):08x}-{chance.getrandbits(96):024x}"
    ids = [f"{chance.getrandbits(64):016x}" for _ in range(size)]
    documents = []
    for number, own in enumerate(ids):
        start = at + number / 1000
        document = {"trace_id": trace_id, "id": own, "name": name(number), "origin": "AWS::Lambda::Function"}
        document |= {"start_time": start, "end_time": start + seconds * chance.random()}
        if number:
            document["parent_id"] = ids[chance.randrange(max(0, number - 12), number)]
        documents.append(document)
    return documents


def _put(stage: Stage, documents: list[Document]) -> None:
    xray = stage.client("xray")
    for first in range(0, len(documents), 50):
        portion = [json.dumps(document) for document in documents[first : first + 50]]
        assert not xray.put_trace_segments(TraceSegmentDocuments=portion)["UnprocessedTraceSegments"]


def _around(at: float) -> dict[str, str]:
    """A range of the map that holds a moment."""
    return {name: datetime.fromtimestamp(at + by, UTC).isoformat() for name, by in (("from", -60), ("to", 120))}
