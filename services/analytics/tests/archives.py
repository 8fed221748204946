"""A bucket for the archive, and events on their way into it."""

import gzip
import json
from typing import Any
from unittest.mock import patch

from backoffice_testing import CONTEXT, REGION, ServiceTest

from analytics.handlers import archivist
from backoffice import dynamodb

BUCKET = "archive"


class ArchiveTest(ServiceTest):
    """A service with the bucket ``archive``."""

    groups = "operators"
    aws = True

    def setUp(self) -> None:
        super().setUp()
        self.s3 = dynamodb.client("s3")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self._start(patch.dict("os.environ", ARCHIVE_BUCKET=BUCKET))

    def archive(self, *messages: str) -> list[int]:
        """Deliver messages to the archivist as one batch; answers the positions of those that failed."""
        records = [
            {
                "messageId": str(position),
                "body": body,
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:archive",
            }
            for position, body in enumerate(messages)
        ]
        answer = archivist.handler({"Records": records}, CONTEXT)
        return [int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]

    def files(self) -> dict[str, bytes]:
        """What lies in the archive, by key."""
        found = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {one["Key"]: self.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in found}

    def archived(self) -> list[dict[str, Any]]:
        """The events of all files, by key and line."""
        return [json.loads(line) for body in self.files().values() for line in gzip.decompress(body).splitlines()]


def notification(event: dict[str, Any] | str, context: str = "invoicing", trace: str | None = None) -> str:
    """An event as a context's topic puts it into a queue."""
    told: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": "4d2b1c70-0000-5000-8000-000000000000",
        "TopicArn": f"arn:aws:sns:{REGION}:123456789012:test-{context}-events",
        "Message": event if isinstance(event, str) else json.dumps(event),
        "Timestamp": "2026-11-23T17:00:00.000Z",
    }
    if trace:
        told["MessageAttributes"] = {
            "xray": {"Type": "String", "Value": f"Root={trace};Parent=00f067aa0ba902b7;Sampled=1"}
        }
    return json.dumps(told)
