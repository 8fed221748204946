"""A third party drops files: nothing else is open to it, and each row is accounted for."""

from __future__ import annotations

import gzip
import json
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.client import Client
from local.demo.waiting import until
from tests.end_to_end.third_party import FOLDER, HEADER, USER, Listener, ThirdParty, rows
from tests.stage import Stage

FUNCTION = "local-analytics-transformer"
BAD = "nobody,yesterday,view,\n"
SUMS = ("state", "rows_read", "rows_written", "rows_rejected")


@pytest.fixture(scope="module")
def api(as_user: Callable[[str, str], Client]) -> Client:
    """Analytics as an operator calls it."""
    return as_user("analytics", "operator")


@pytest.fixture(scope="module")
def party(stage: Stage, api: Client) -> ThirdParty:
    api.put("/drop-sources/partner", {"format": "csv", "alert_address": "ops@example.com"})
    return ThirdParty(stage, api)


@pytest.fixture(scope="module")
def alerts(stage: Stage, party: ThirdParty) -> Listener:
    return Listener(stage, "test-alerts", party.outputs["AlertsTopicArn"])


@pytest.fixture(scope="module")
def events(stage: Stage, party: ThirdParty) -> Listener:
    (shared,) = stage.client("cloudformation").describe_stacks(StackName="local-shared")["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in shared["Outputs"]}
    return Listener(stage, "test-analytics-events", outputs["AnalyticsTopicArn"])


def test_a_third_party_puts_files_into_its_folder_and_can_do_nothing_else(stage: Stage, party: ThirdParty) -> None:
    bucket, mine = party.bucket, FOLDER + "mine.csv"
    party.drop("mine.csv", HEADER)
    refused: list[Callable[[], Any]] = [
        lambda: party.s3.get_object(Bucket=bucket, Key=mine),
        lambda: party.s3.delete_object(Bucket=bucket, Key=mine),
        lambda: party.s3.list_objects_v2(Bucket=bucket, Prefix=FOLDER),
        lambda: party.s3.put_object(Bucket=bucket, Key="incoming/other/file.csv", Body=b""),
        lambda: party.s3.put_object(Bucket=bucket, Key="quarantine/partner/file", Body=b""),
        lambda: party.s3.put_object(Bucket=bucket, Key="incoming/partner", Body=b""),
        lambda: party.s3.get_bucket_policy(Bucket=bucket),
        lambda: party.s3.list_buckets(),
    ]
    _assert_refused(refused)

    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    stage.client("iam").put_user_policy(UserName=USER, PolicyName="too-much", PolicyDocument=document)
    try:
        _assert_refused(refused[:-1])  # the bucket's own policy holds; which buckets there are is not its business
        party.drop("mine.csv", HEADER)
    finally:
        stage.client("iam").delete_user_policy(UserName=USER, PolicyName="too-much")


def test_rows_can_be_found_bad_ones_are_told_and_somebody_is_alerted(
    api: Client, party: ThirdParty, alerts: Listener, events: Listener
) -> None:
    good = rows(1, 900)
    dropped = time.monotonic()
    party.drop("some-bad.csv", HEADER + "".join([*good[:400], BAD, *good[400:], BAD]))
    (alert,) = until("an alert", lambda: [one for one in alerts.heard() if "some-bad.csv" in one])
    assert time.monotonic() - dropped < 60
    drop = party.finished("some-bad.csv")
    assert tuple(drop[name] for name in SUMS) == ("processed", 902, 900, 2)
    assert alert.startswith("2 of 902 rows of incoming/partner/some-bad.csv were rejected.")
    errors = api.every(f"/drops/{drop['id']}/errors")
    assert [error["line"] for error in errors] == [402, 903]

    user, day, event_type, _ = good[0].split(",")
    found = api.every("/records", user_id=user)
    mine = sorted((row.split(",")[1], row.split(",")[2]) for row in good if row.startswith(f"{user},"))
    assert sorted((one["date"], one["event_type"]) for one in found) == mine
    by_type = api.every("/records", event_type=event_type, **{"from": day, "to": _day_after(day)})
    assert {"user_id": user, "date": day, "event_type": event_type, "drop_id": drop["id"], "line": 2} in by_type

    told = until("its events", lambda: _told_of(events, drop["id"], 2))
    assert {event["type"] for event in told} == {"FileDropProcessed", "DataQualityAlertRaised"}


def test_the_same_file_again_changes_nothing(api: Client, party: ThirdParty) -> None:
    content = HEADER + "".join(rows(2, 200))
    party.drop("once.csv", content)
    drop = party.finished("once.csv")
    party.drop("twice.csv", content)
    party.drop("after.csv", HEADER + "".join(rows(3, 5)))
    party.finished("after.csv")
    assert party.known("twice.csv") is None
    assert api.get(f"/drops/{drop['id']}").body == drop


def test_a_file_that_cannot_be_read_is_rejected_with_one_alert(party: ThirdParty, alerts: Listener) -> None:
    packed = gzip.compress((HEADER + "".join(rows(4, 5000))).encode())
    party.drop("cut.csv.gz", packed[: len(packed) // 2])
    drop = party.finished("cut.csv.gz")
    assert (drop["state"], drop["reason"], drop["rows_read"]) == ("rejected", "damaged_gzip", 0)
    # A drop is told of once it has been saved.
    (_,) = until("its alert", lambda: [one for one in alerts.heard() if "cut.csv.gz" in one])


def test_cloudwatch_knows_how_many_rows_there_were(stage: Stage, api: Client, party: ThirdParty) -> None:
    source = f"counted-{int(time.time())}"
    api.put(f"/drop-sources/{source}", {"format": "csv"})
    content = HEADER + "".join(rows(5, 321)) + BAD
    stage.client("s3").put_object(Bucket=party.bucket, Key=f"incoming/{source}/file.csv", Body=content.encode())
    expected = {
        "RecordsRead": 322,
        "RecordsWritten": 321,
        "RecordsRejected": 1,
        "BytesRead": len(content) - len(HEADER),
    }
    until("its metrics", lambda: {name: _metric(stage, source, name) for name in expected} == expected)
    assert _metric(stage, source, "Seconds") > 0


def test_a_large_file_is_read_in_ranges_and_goes_on_where_its_workers_were_killed(
    stage: Stage, api: Client, party: ThirdParty
) -> None:
    number = 40_000
    content = HEADER + "".join(rows(int(time.time()), number)) + BAD
    party.drop("large.csv", content)

    def begun() -> bool:
        drop = party.known("large.csv")
        return bool(drop and drop["rows_read"])

    until("some rows of it", begun)
    assert _kill_workers(stage) > 0
    drop = party.finished("large.csv", seconds=200)  # a loan of a minute has to end first
    assert tuple(drop[name] for name in SUMS) == ("processed", number + 1, number, 1)
    assert drop["ranges"] > 1
    (error,) = api.every(f"/drops/{drop['id']}/errors")
    assert error["line"] == number + 2
    assert _stored(stage, drop["id"]) == number


def _assert_refused(calls: list[Callable[[], Any]]) -> None:
    for call in calls:
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def _told_of(events: Listener, drop_id: str, number: int) -> list[dict[str, Any]]:
    found = [event for event in map(json.loads, events.heard()) if event["data"]["drop_id"] == drop_id]
    return found if len(found) >= number else []


def _day_after(day: str) -> str:
    return str((datetime.fromisoformat(day) + timedelta(days=1)).date())


def _metric(stage: Stage, source: str, name: str) -> float:
    """The sum of a metric of a source."""
    now = datetime.now(UTC)
    found = stage.client("cloudwatch").get_metric_statistics(
        Namespace="Backoffice/Analytics",
        MetricName=name,
        Dimensions=[{"Name": "service", "Value": "analytics"}, {"Name": "source", "Value": source}],
        StartTime=now - timedelta(hours=3),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def _kill_workers(stage: Stage) -> int:
    victims = [worker["pid"] for worker in stage.workers if worker["function"] == FUNCTION]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    return len(victims)


def _stored(stage: Stage, drop_id: str) -> int:
    """How many of a drop's records lie in the table, by the partitions of its event types."""
    dynamodb, total = stage.client("dynamodb"), 0
    for event_type in ("view", "click", "buy"):
        for shard in range(4):
            pages = dynamodb.get_paginator("query").paginate(
                TableName="local-analytics-records",
                IndexName="gsi1",
                KeyConditionExpression="gsi1pk = :type",
                FilterExpression="contains(gsi1sk, :drop)",
                ExpressionAttributeValues={
                    ":type": {"S": f"TYPE#{event_type}#{shard}"},
                    ":drop": {"S": f"#{drop_id}#"},
                },
                Select="COUNT",
            )
            total += sum(page["Count"] for page in pages)
    return total
