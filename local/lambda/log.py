"""Log lines on their way to CloudWatch Logs, and the lines that Lambda itself writes around an invocation."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import platform
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .invocation import Invocation, Outcome
from .worker import Worker

FLUSH_SECONDS = 1.0
_MOST_WAITING = 50_000
_MOST_IN_A_CALL = 5_000
_MOST_BYTES = 900_000  # CloudWatch's bound is 1 MiB with 26 bytes more for each event

logger = logging.getLogger(__name__)


class Writer:
    """Collects lines and writes them in batches, each worker's to a stream of its own."""

    def __init__(self, logs: Any) -> None:
        self._logs = logs
        self._waiting: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self._count = 0
        self._known: set[tuple[str, str]] = set()
        self._writing = asyncio.Lock()

    def write(self, worker: Worker, *lines: str) -> None:
        """Take the lines in; where the embedded AWS takes none for long, they are dropped and counted in the log."""
        if self._count > _MOST_WAITING:
            logger.warning("%d log lines of %s dropped", len(lines), worker.function.name)
            return
        at = int(time.time() * 1000)
        waiting = self._waiting[worker.function.log_group, worker.log_stream]
        waiting += [{"timestamp": at, "message": line} for line in lines if line]
        self._count += len(lines)

    async def run(self) -> None:
        """Flush for ever."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits; what cannot be written now waits on."""
        async with self._writing:
            taken, self._waiting, self._count = self._waiting, defaultdict(list), 0
            if taken:
                await asyncio.to_thread(self._put_all, taken)

    def _put_all(self, taken: dict[tuple[str, str], list[dict[str, Any]]]) -> None:
        for target, events in taken.items():
            for batch in _batches(events):
                try:
                    self._put(target, batch)
                except (ClientError, BotoCoreError) as error:
                    logger.warning("%d log lines of %s were not written: %s", len(batch), target[0], error)

    def _put(self, target: tuple[str, str], events: list[dict[str, Any]]) -> None:
        group, stream = target
        if target not in self._known:
            self._make(group, stream)
            self._known.add(target)
        self._logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def _make(self, group: str, stream: str) -> None:
        for make, names in (
            (self._logs.create_log_group, {"logGroupName": group}),
            (self._logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            # The group is mostly deployed with the function.
            with contextlib.suppress(self._logs.exceptions.ResourceAlreadyExistsException):
                make(**names)


def _batches(events: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for event in events:
        bytes_ = len(event["message"].encode()) + 26
        if batch and (size + bytes_ > _MOST_BYTES or len(batch) == _MOST_IN_A_CALL):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += bytes_
    if batch:
        yield batch


def init_start() -> str:
    version = ".".join(platform.python_version_tuple()[:2])
    return f"INIT_START Runtime Version: python:{version}\tRuntime Version ARN: local"


def start(invocation: Invocation) -> str:
    return f"START RequestId: {invocation.request_id} Version: $LATEST"


def end(invocation: Invocation, outcome: Outcome, worker: Worker) -> list[str]:
    """END and REPORT, before them what Lambda says of an invocation that got no answer from its function."""
    return [
        *_complaint(invocation, outcome, worker),
        f"END RequestId: {invocation.request_id}",
        _report(invocation, outcome, worker),
    ]


def _complaint(invocation: Invocation, outcome: Outcome, worker: Worker) -> list[str]:
    failure = outcome.failure
    if failure is None or worker.is_alive:
        return []
    if failure.status == "timeout":
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(invocation.answered)) + ".000Z"
        return [f"{at} {invocation.request_id} Task timed out after {invocation.function.timeout:.2f} seconds"]
    return [failure.said]


def _report(invocation: Invocation, outcome: Outcome, worker: Worker) -> str:
    took = max(0.0, (invocation.answered - invocation.began) * 1000)
    fields = [
        f"REPORT RequestId: {invocation.request_id}",
        f"Duration: {took:.2f} ms",
        f"Billed Duration: {int(took) + 1} ms",
        f"Memory Size: {invocation.function.memory} MB",
        f"Max Memory Used: {worker.peak_memory} MB",
    ]
    init = worker.init_within(invocation)
    if init is not None:
        fields.append(f"Init Duration: {(init[1] - init[0]) * 1000:.2f} ms")
    if outcome.failure is not None:
        fields += [f"Status: {outcome.failure.status}", f"Error Type: {outcome.failure.kind}"]
    text = "\t".join(fields) + "\t"
    if invocation.trace is not None:
        sampled = str(invocation.trace.sampled).lower()
        text += f"\nXRAY TraceId: {invocation.trace.root}\tSegmentId: {invocation.parent}\tSampled: {sampled}\t"
    return text
