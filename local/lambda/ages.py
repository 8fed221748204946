"""The one metric of SQS that operators ask for and no call of its API tells: how long a queue's oldest message waits.

SQS puts it to CloudWatch by itself
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html); the
embedded one does not, but shows its messages. It is put here since this program feeds the embedded CloudWatch anyway.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

EVERY_SECONDS = 20.0
_MOST_IN_A_CALL = 500
_PATIENCE_SECONDS = 10.0

logger = logging.getLogger(__name__)


class Ages:
    """Puts `ApproximateAgeOfOldestMessage` of each queue that holds messages, and a last zero once it is empty."""

    def __init__(self, aws_url: str, cloudwatch: Any) -> None:
        self._messages_url = f"{aws_url}/_ministack/sqs/messages"
        self._cloudwatch = cloudwatch
        self._waiting: set[str] = set()

    async def run(self) -> None:
        """Put them for ever."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await asyncio.to_thread(self.put)
            except (ClientError, BotoCoreError, OSError, ValueError) as error:
                logger.warning("the ages of the queues were not put: %s", error)

    def put(self) -> None:
        """Put the ages as they are now."""
        ages = oldest(self._messages(), time.time())
        data = [_datum(queue, ages.get(queue, 0.0)) for queue in sorted(self._waiting | set(ages))]
        for first in range(0, len(data), _MOST_IN_A_CALL):
            self._cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=data[first : first + _MOST_IN_A_CALL])
        self._waiting = set(ages)

    def _messages(self) -> Any:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self._messages_url, timeout=_PATIENCE_SECONDS) as answer:
            return json.load(answer)["messages"]


def oldest(messages: Any, now: float) -> dict[str, float]:
    """Seconds by queue; `messages` are the emulator's: by account, region and queue's URL."""
    return {queue: max(0.0, now - min(sent)) for queue, sent in _sent(messages) if sent}


def _sent(messages: Any) -> Iterator[tuple[str, list[float]]]:
    for regions in messages.values():
        for queues in regions.values():
            for url, waiting in queues.items():
                yield url.rpartition("/")[2], [float(message["SentTimestamp"]) for message in waiting]


def _datum(queue: str, age: float) -> dict[str, Any]:
    return {
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
        "Value": age,
        "Unit": "Seconds",
    }
