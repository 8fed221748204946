"""How long the oldest message of a queue has been waiting: SQS itself does not tell, its metric in CloudWatch does.

On the local stage `local/lambda` puts the metric.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from operations.problems import asking
from operations.stage import Stage

# The metric comes once a minute, some minutes late.
_KEPT_SECONDS = 60.0
_RECENT = timedelta(minutes=10)
_A_CALL = 500  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html


class Ages:
    """The ages of a stage's queues, kept for a minute; used by any thread."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._asking = threading.Lock()
        self._known: dict[str, float] = {}
        self._until = 0.0

    def of(self, queues: Iterable[str]) -> dict[str, float]:
        """Seconds by the queue's name, without those that nothing is known of."""
        with self._asking:
            if time.monotonic() > self._until:
                self._known = self._ask(list(queues))
                self._until = time.monotonic() + _KEPT_SECONDS
            return self._known

    def _ask(self, queues: list[str]) -> dict[str, float]:
        end = datetime.now(UTC)
        known: dict[str, float] = {}
        for first in range(0, len(queues), _A_CALL):
            names = {f"q{number}": queue for number, queue in enumerate(queues[first : first + _A_CALL])}
            asked = {"StartTime": end - _RECENT, "EndTime": end, "ScanBy": "TimestampDescending"}
            queries = [_query(id_, queue) for id_, queue in names.items()]
            with asking("how long messages have been waiting"):
                found = self._stage.every(
                    "cloudwatch", "get_metric_data", "MetricDataResults", MetricDataQueries=queries, **asked
                )
                known |= {names[one["Id"]]: one["Values"][0] for one in found if one.get("Values")}
        return known


def _query(id_: str, queue: str) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
    }
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
