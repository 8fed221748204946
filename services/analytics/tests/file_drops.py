"""A bucket, a queue and the transformer on moto: what the tests of dropped files share."""

import json
import os
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from backoffice_testing import REGION, ServiceTest

from analytics.handlers import commands, queries, transformer
from analytics.store import bulk
from analytics.transforming import portions
from backoffice import dynamodb

BUCKET = "drops"
HEADER = "user_id,date,event_type\n"


class DropTest(ServiceTest):
    """A service with the bucket ``drops``, the source ``acme`` and what its files become.

    ``range_bytes`` is how large a file must be to be split, ``step_bytes`` how far a step goes.
    """

    groups = "analysts,operators"
    aws = True
    range_bytes = 64 * 1024 * 1024
    step_bytes = 512 * 1024

    def setUp(self) -> None:
        super().setUp()
        bulk._client.cache_clear()
        self.printed = StringIO()
        self.s3, self.sqs, self.sns = (dynamodb.client(name) for name in ("s3", "sqs", "sns"))
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.queue = self.sqs.create_queue(QueueName="drops")["QueueUrl"]
        self.alerts_queue = self.sqs.create_queue(QueueName="alerts")["QueueUrl"]
        topic = self.sns.create_topic(Name="alerts")["TopicArn"]
        arn = f"arn:aws:sqs:{REGION}:123456789012:alerts"
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        self._create_records_table()
        self._start(patch.object(portions, "STEP", self.step_bytes))
        self._start(
            patch.dict(
                os.environ,
                DROPS_BUCKET=BUCKET,
                DROPS_QUEUE_URL=self.queue,
                ALERTS_TOPIC_ARN=topic,
                RECORDS_TABLE_NAME="records",
                RANGE_BYTES=str(self.range_bytes),
                POWERTOOLS_SERVICE_NAME="analytics",
            )
        )

    def set_up_source(self, source_id: str = "acme", **changed: Any) -> None:
        reply = self.call(commands.api, "PUT", f"/drop-sources/{source_id}", {"format": "csv", **changed})
        self.assertEqual(200, reply.status, reply.body)

    def drop(self, content: bytes | str, name: str = "file.csv", source_id: str = "acme") -> str:
        """Put a file where its source may, and let the bucket announce it. Returns the announcement."""
        key = f"incoming/{source_id}/{name}"
        body = content.encode() if isinstance(content, str) else content
        etag = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"].strip('"')
        found = {"key": key, "size": len(body), "eTag": etag}
        record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": BUCKET}, "object": found}}
        return json.dumps({"Records": [record]})

    def announce(self, body: str) -> None:
        """Put an announcement into the transformer's queue."""
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=body)

    def work(self, milliseconds: int = 300_000) -> list[str]:
        """Let the transformer take what lies in its queue, until nothing does.

        Args:
            milliseconds: how much time the function believes to have left.

        Returns:
            the bodies of the messages that it took.
        """
        taken = []
        while message := self.next_message():
            self.hand_over(message, milliseconds)
            taken.append(message["Body"])
        return taken

    def next_message(self) -> Any:
        answer = self.sqs.receive_message(QueueUrl=self.queue, AttributeNames=["All"], MessageAttributeNames=["All"])
        return next(iter(answer.get("Messages", [])), None)

    def hand_over(self, message: Any, milliseconds: int = 300_000) -> None:
        """Let the transformer take a message, and delete it if that goes well."""
        context = SimpleNamespace(
            function_name="transformer",
            aws_request_id="request",
            get_remaining_time_in_millis=lambda: milliseconds,
        )
        record = {
            "body": message["Body"],
            "receiptHandle": message["ReceiptHandle"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
        }
        with redirect_stdout(self.printed):
            transformer.handler({"Records": [record]}, context)
        self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def metrics(self) -> Counter[str]:
        """What the metrics that were printed sum up to, by name."""
        sums: Counter[str] = Counter()
        for line in self.printed.getvalue().splitlines():
            told = json.loads(line)
            for metric in told["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                sums[metric["Name"]] += sum(told[metric["Name"]])
        return sums

    def process(self, content: bytes | str, name: str = "file.csv", source_id: str = "acme") -> dict[str, Any]:
        """Drop a file, let it be worked through, and return what the API says of it."""
        self.announce(self.drop(content, name, source_id))
        self.work()
        return self.newest_drop()

    def newest_drop(self) -> dict[str, Any]:
        return dict(self.get("/drops")["items"][0])

    def get(self, path: str, **query: str) -> Any:
        reply = self.call(queries.api, "GET", path, query=query or None)
        self.assertEqual(200, reply.status, reply.body)
        return reply.body

    def errors(self, drop: dict[str, Any]) -> list[tuple[int, str]]:
        found = self.get(f"/drops/{drop['id']}/errors", limit="100")["items"]
        return [(error["line"], error["reason"]) for error in found]

    def records(self) -> dict[tuple[str, str], dict[str, Any]]:
        """All records as they lie in their table, by key."""
        pages = self.table.client.get_paginator("scan").paginate(TableName="records")
        items = [dynamodb.from_dynamodb(item) for page in pages for item in page["Items"]]
        return {(item["pk"], item["sk"]): item for item in items}

    def quarantined(self) -> list[dict[str, Any]]:
        """What lies in quarantine, in the order of the file."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix="quarantine/").get("Contents", [])
        bodies = [self.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read().decode() for one in found]
        return [json.loads(line) for body in bodies for line in body.splitlines()]

    def alerts(self) -> list[str]:
        """The alerts that were sent since the last look."""
        texts: list[str] = []
        while messages := self.sqs.receive_message(QueueUrl=self.alerts_queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                texts.append(json.loads(message["Body"])["Message"])
                self.sqs.delete_message(QueueUrl=self.alerts_queue, ReceiptHandle=message["ReceiptHandle"])
        return texts

    def _create_records_table(self) -> None:
        names = ["pk", "sk", "gsi1pk", "gsi1sk"]
        self.table.client.create_table(
            TableName="records",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "gsi1",
                    "KeySchema": [
                        {"AttributeName": "gsi1pk", "KeyType": "HASH"},
                        {"AttributeName": "gsi1sk", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
