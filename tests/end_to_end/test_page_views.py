"""A website tells of page views: each counts once, and what cannot be read is set aside."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from local.client import Client
from local.demo.waiting import until
from tests.stage import Stage

AsUser = Callable[[str, str], Client]

STREAM = "local-analytics-web-events"
DEAD_LETTERS = "local-analytics-visits-dead-letters"
VISITORS = 40


def test_views_are_counted_once_by_page_within_seconds_whatever_lies_between_them(
    stage: Stage, as_user: AsUser
) -> None:
    site, analyst = as_user("analytics", "site"), as_user("analytics", "analyst")
    home, offer = f"/{uuid.uuid4().hex}", f"/{uuid.uuid4().hex}"
    views = [_view(number, f"https://example.com{offer if number % 5 else home}?ad=1") for number in range(500)]

    assert site.post("/events", {"events": views[:300]}).body == {"accepted": 300, "duplicates": 0}
    # All shards get something that nobody can read, then what has come already together with what has not.
    stage.client("kinesis").put_records(
        StreamName=STREAM,
        Records=[{"Data": b"rubbish", "PartitionKey": str(number)} for number in range(20)],
    )
    assert site.post("/events", {"events": views}).body == {"accepted": 500, "duplicates": 0}

    def counted() -> dict[tuple[str, str], int] | None:
        found = _values(analyst, [home, offer])
        return found if found["page_views", home] + found["page_views", offer] >= len(views) else None

    found = until("all views counted", counted, 60)
    assert (found["page_views", home], found["page_views", offer]) == (100, 400)
    # An estimate, and the stage's key decides by chance in what way.
    assert abs(found["unique_visitors", home] - VISITORS // 5) <= 3
    assert abs(found["unique_visitors", offer] - (VISITORS - VISITORS // 5)) <= 5
    assert len(_letters(stage, 20)) == 20


def test_a_site_tells_and_reads_nothing_and_nobody_else_tells(as_user: AsUser) -> None:
    assert as_user("analytics", "site").send("GET", "/metrics").status == 403
    for user in ("analyst", "operator", "agent"):
        assert as_user("analytics", user).send("POST", "/events", {"events": [_view(1, "/")]}).status == 403


def _view(number: int, page: str) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "page": page,
        "visitor_id": f"visitor-{number % VISITORS}",
        "occurred_at": datetime.now(UTC).isoformat(),
    }


def _values(analyst: Client, pages: list[str]) -> dict[tuple[str, str], int]:
    today = datetime.now(UTC).date()
    question = {
        "metrics": ["page_views", "unique_visitors"],
        "from": f"{today - timedelta(days=1)}",
        "to": f"{today + timedelta(days=2)}",
        "interval": "day",
        "time_zone": "Europe/Berlin",
        "dimensions": ["page"],
        "filters": {"page": pages},
    }
    answer = analyst.post("/query", question).body
    return {
        (one["metric"], one["dimensions"]["page"]): sum(point["value"] for point in one["points"])
        for one in answer["series"]
    }


def _letters(stage: Stage, number: int) -> list[dict[str, Any]]:
    """What was set aside, taken out of the queue."""
    queue = stage.client("sqs")
    url = queue.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    letters: list[dict[str, Any]] = []

    def all_there() -> bool:
        for message in queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            letters.append(json.loads(message["Body"]))
            queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(letters) >= number

    until("all of them set aside", all_there, 60)
    return letters
