"""What is told of invocations: log lines, metrics, segments."""

from __future__ import annotations

from dataclasses import dataclass

from . import log, tracing
from .invocation import Invocation, Outcome
from .metrics import Metrics
from .worker import Worker


@dataclass(frozen=True)
class Teller:
    """Is told what happens in workers and passes it on."""

    writer: log.Writer
    metrics: Metrics
    sender: tracing.Sender

    def began(self, worker: Worker, invocation: Invocation) -> None:
        self.writer.write(worker, log.start(invocation))

    def said(self, worker: Worker, line: str) -> None:
        self.writer.write(worker, line)
        self.metrics.take(line)

    def finished(self, worker: Worker, invocation: Invocation, outcome: Outcome, ready_again: float) -> None:
        self.writer.write(worker, *log.end(invocation, outcome, worker))
        self.sender.send(tracing.documents(invocation, outcome, worker, ready_again))
