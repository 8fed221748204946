"""The numbers made anew from the archive, on a deployed stage."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backoffice.clock import now
from local.client import Client
from local.demo.waiting import until
from tests.end_to_end.conftest import Played
from tests.stage import Stage

PATH = "/projections/metrics/rebuilds"
CONTEXTS = ("analytics", "customer-support", "invoicing")


@pytest.fixture(scope="module")
def operator(as_user: Callable[[str, str], Client]) -> Client:
    return as_user("analytics", "operator")


def test_a_day_is_archived_without_its_people_and_rebuilt_to_the_last_digit(
    stage: Stage, day: Played, operator: Client
) -> None:
    lines = until("the day archived", lambda: _archived(stage))
    events = [json.loads(line) for line in lines]
    assert len({event["event_id"] for event in events}) >= 30
    assert all(event["trace_id"] for event in events)
    registered = [event for event in events if event["type"] == "CustomerRegistered"]
    assert registered
    people = [reply.body for reply in day.replies if isinstance(reply.body, dict) and "email" in reply.body]
    assert people
    text = "\n".join(lines)
    assert [one for one in people if one["email"] in text or f'"{one["name"]}"' in text] == []

    before = _all_numbers(operator)
    assert any(float(point["value"] or 0) for series in before for point in series["points"])
    begun = operator.post(PATH, {"on_difference": "keep"}, key=uuid.uuid4().hex)
    assert begun.status == 202
    done = until("rebuilt", lambda: _ended(operator, begun.body["id"]), 120)
    assert (done["phase"], done["equal"]) == ("switched", True), done
    assert done["progress"]["events_done"] >= done["comparison"]["events"] > 10
    assert done["generation"] != done["previous_generation"]
    assert _all_numbers(operator) == before

    # What is over by tomorrow is absorbed; nobody sees a difference.
    told = stage.invoker.invoke(
        FunctionName="local-analytics-compactor",
        Payload=json.dumps({"time": f"{now() + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"}),
    )
    assert "FunctionError" not in told, told["Payload"].read()
    items = (
        stage.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName="local-analytics",
            FilterExpression="begins_with(sk, :hours)",
            ExpressionAttributeValues={":hours": {"S": "HOURS"}},
        )
    )
    assert sum(page["Count"] for page in items) > 10
    assert _all_numbers(operator) == before


def _archived(stage: Stage) -> list[str]:
    """The lines of the archive, once there are some of every context and none on their way."""
    outputs = stage.client("cloudformation").describe_stacks(StackName="local-analytics")["Stacks"][0]["Outputs"]
    bucket = next(one["OutputValue"] for one in outputs if one["OutputKey"] == "ArchiveBucketName")
    sqs, s3 = stage.client("sqs"), stage.client("s3")
    url = sqs.get_queue_url(QueueName="local-analytics-archive")["QueueUrl"]
    waiting = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    if int(waiting["ApproximateNumberOfMessages"]) or int(waiting["ApproximateNumberOfMessagesNotVisible"]):
        return []
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="events/")
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    if not all(any(f"context={context}/" in key for key in keys) for context in CONTEXTS[1:]):
        return []
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
    return [line for body in bodies for line in gzip.decompress(body).decode().splitlines()]


def _ended(operator: Client, rebuild_id: str) -> dict[str, Any] | None:
    rebuild: dict[str, Any] = operator.get(f"{PATH}/{rebuild_id}").body
    return rebuild if rebuild["phase"] in ("ready", "switched") else None


def _all_numbers(operator: Client) -> list[dict[str, Any]]:
    """What /query answers about every metric that can be asked for without naming anything."""
    names = [metric["name"] for metric in operator.every("/metrics")]
    span = {"from": "2026-01-01", "to": "2027-01-01", "interval": "month", "time_zone": "Europe/Berlin"}
    answers = [operator.post("/query", {"metrics": names[at : at + 20], **span}) for at in range(0, len(names), 20)]
    assert [answer.status for answer in answers] == [200] * len(answers)
    return [series for answer in answers for series in answer.body["series"]]
