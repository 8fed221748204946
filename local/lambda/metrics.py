"""Metrics that functions write into their logs: CloudWatch's embedded metric format, which AWS reads by itself.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

FLUSH_SECONDS = 1.0
_MARK = '"CloudWatchMetrics"'
_MOST_IN_A_CALL = 150  # well below PutMetricData's 1000, since each has many values
_MOST_WAITING = 20_000

logger = logging.getLogger(__name__)


class Metrics:
    """Collects the metrics of log lines and puts them to CloudWatch."""

    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        self._waiting: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def take(self, line: str) -> None:
        """Take in the metrics of a line, if it is one that holds any."""
        if _MARK not in line:
            return
        for namespace, datum in data_of(line):
            if len(self._waiting[namespace]) < _MOST_WAITING:
                self._waiting[namespace].append(datum)

    async def run(self) -> None:
        """Flush for ever."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        taken, self._waiting = self._waiting, defaultdict(list)
        if taken:
            await asyncio.to_thread(self._put_all, taken)

    def _put_all(self, taken: dict[str, list[dict[str, Any]]]) -> None:
        for namespace, data in taken.items():
            for first in range(0, len(data), _MOST_IN_A_CALL):
                batch = data[first : first + _MOST_IN_A_CALL]
                try:
                    self._cloudwatch.put_metric_data(Namespace=namespace, MetricData=batch)
                except (ClientError, BotoCoreError) as error:
                    logger.warning("%d metrics of %s were not put: %s", len(batch), namespace, error)


def data_of(line: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Namespace and datum of each metric in a log line, one for each set of dimensions; none of a malformed one."""
    try:
        told = json.loads(line)
        at = datetime.fromtimestamp(told["_aws"]["Timestamp"] / 1000, UTC)
        for directive in told["_aws"]["CloudWatchMetrics"]:
            yield from _of_directive(told, directive, at)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        logger.info("a line that looks like metrics holds none: %r", error)


def _of_directive(
    told: dict[str, Any], directive: dict[str, Any], at: datetime
) -> Iterator[tuple[str, dict[str, Any]]]:
    for names in directive.get("Dimensions") or [[]]:
        dimensions = [{"Name": name, "Value": str(told[name])} for name in names if name in told]
        for metric in directive["Metrics"]:
            if metric["Name"] not in told:
                continue
            value = told[metric["Name"]]
            yield (
                str(directive["Namespace"]),
                {
                    "MetricName": metric["Name"],
                    "Dimensions": dimensions,
                    "Timestamp": at,
                    "Unit": metric.get("Unit", "None"),
                    "Values": [float(one) for one in (value if isinstance(value, list) else [value])],
                },
            )
