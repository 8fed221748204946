"""A third party with credentials of its own, which drops files into the bucket."""

from __future__ import annotations

import json
import random
from typing import Any

import boto3

from local.client import Client
from local.demo.waiting import until
from local.stage import aws
from tests.stage import Stage

USER = "local-analytics-drop-partner"
FOLDER = "incoming/partner/"
HEADER = "user_id,date,event_type,note\n"
DAYS = [f"2026-10-{day:02}" for day in range(1, 32)]

Body = dict[str, Any]


class ThirdParty:
    """What the third party can do, and what came of its files."""

    def __init__(self, stage: Stage, api: Client) -> None:
        self._stage, self._api = stage, api
        (stack,) = stage.client("cloudformation").describe_stacks(StackName="local-analytics")["Stacks"]
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        self.bucket = self.outputs["DropsBucketName"]
        key = stage.client("iam").create_access_key(UserName=USER)["AccessKey"]
        self.s3 = boto3.client(
            "s3",
            endpoint_url=stage.place.aws_url,
            region_name="eu-central-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            config=aws.client(stage.place, "s3").meta.config,
        )

    def drop(self, name: str, content: str | bytes) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=self.bucket, Key=FOLDER + name, Body=body)

    def known(self, name: str) -> Body | None:
        """The drop that came of a file, as the API tells it; None if there is none yet."""
        found: list[Body] = self._api.every("/drops", source_id="partner")
        return next((drop for drop in found if drop["key"] == FOLDER + name), None)

    def finished(self, name: str, seconds: float = 60) -> Body:
        """The drop that came of a file, once it has been worked through."""

        def look() -> Body | None:
            drop = self.known(name)
            return drop if drop and drop["state"] in ("processed", "rejected") else None

        return until(f"{name} worked through", look, seconds)


class Listener:
    """A queue of the test's own that hears a topic."""

    def __init__(self, stage: Stage, name: str, topic_arn: str) -> None:
        self._sqs = stage.client("sqs")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]}
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": json.dumps(policy)})
        raw = {"RawMessageDelivery": "true"}
        stage.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes=raw)
        self._heard: list[str] = []

    def heard(self) -> list[str]:
        """All messages since it began to listen."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._heard.append(message["Body"])
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return self._heard


def rows(seed: int, number: int) -> list[str]:
    """Good rows of a CSV, all of them different, of users that only this seed has."""
    rng = random.Random(seed)
    types = ["view", "click", "buy"]
    return [
        f"{seed}-{rng.randrange(number)},{rng.choice(DAYS)},{rng.choice(types)},{place} {'n' * rng.randrange(60)}\n"
        for place in range(number)
    ]
