"""An operator who has the metrics rebuilt, on moto."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock, patch

import boto3
from backoffice_testing import REGION

from tests.contract import contexts

BUCKET = "archive"


def rebuild(do: Callable[..., Any]) -> None:
    """Ask for a rebuild by ``do``, which calls the API, and switch to it: of the day's events none is archived."""
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = boto3.client("sqs").create_queue(QueueName="rebuilds")["QueueUrl"]
    with patch.dict(os.environ, REBUILDS_QUEUE_URL=queue):
        asked = do("POST", "/projections/metrics/rebuilds", {})
    reading, work = (contexts.module("analytics", name) for name in ("archive.reading", "rebuilding.work"))
    sources = work.Sources(reading.Archive(BUCKET, {"TicketOpened"}), Mock(), lambda: 0)
    with patch.object(work.Rebuild, "may_still_catch_up", return_value=False):
        work.Rebuilder(sources, Mock(is_time_up=lambda: False)).work("metrics", asked["id"])
    do("POST", f"/projections/metrics/rebuilds/{asked['id']}/switch")
