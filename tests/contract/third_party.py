"""A third party that drops files, on moto."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from unittest.mock import Mock, patch

import boto3
from backoffice_testing import REGION

from backoffice.clock import now
from tests.contract import contexts

BUCKET = "drops"


@dataclass(frozen=True)
class ThirdParty:
    """Puts files where the source `acme` may, and lets the transformer take them at once."""

    s3: Any

    def drop(self, text: str) -> None:
        self.put(f"incoming/acme/{len(text)}.csv", text.encode())

    def put(self, key: str, content: bytes, etag: str = "") -> None:
        """Put a file where it goes; announced as another one with an ``etag`` of its own."""
        files = contexts.module("analytics", "domain.drops.drop")
        work = contexts.module("analytics", "transforming.work")
        stores = [contexts.module("analytics", f"store.{name}") for name in ("drops", "records")]
        stored = self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)["ETag"].strip('"')
        transformer = work.Transformer(BUCKET, 2**20, Mock(), stores[0].DropStore(), stores[1].RecordStore())
        transformer.take(files.File(key, etag or stored, len(content)))

    def stays_away(self) -> None:
        alerts = contexts.module("analytics", "domain.drops.alerts")
        store = contexts.module("analytics", "store.drops").DropStore()
        missing = alerts.MissingFile.of("acme", date(2026, 11, 24), now())
        store.save_watch(store.watch("acme"), missing)


@contextmanager
def third_party() -> Iterator[ThirdParty]:
    """Within, there are its bucket, the topic for alerts and the table of records."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    boto3.client("dynamodb").create_table(
        TableName="records",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
    )
    topic = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
    with patch.dict(os.environ, ALERTS_TOPIC_ARN=topic, RECORDS_TABLE_NAME="records"):
        yield ThirdParty(s3)
