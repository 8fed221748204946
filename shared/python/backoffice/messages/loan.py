"""A message that is worked on for long: on loan for a minute at a time, renewed while somebody is at it.

A worker that dies is followed by another within that minute, although a run of the function may take many.
"""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from backoffice import tracing
from backoffice.dynamodb import client

ON_LOAN_SECONDS = 60

_RENEWED_AFTER_SECONDS = 10
_TIME_TO_STOP_MILLISECONDS = 25_000


@dataclass
class Loan:
    """A message that is being worked on.

    Args:
        record: the message as Lambda hands it over.
        context: Lambda's, which knows how much time is left.
        queue_url: the queue that it comes from and goes back to.
    """

    record: Any
    context: Any
    queue_url: str
    _renewed: float = field(default=0.0, init=False)

    @property
    def body(self) -> str:
        return str(self.record["body"])

    @property
    def trace_header(self) -> str | None:
        """The trace of whoever has asked."""
        attached = self.record.get("messageAttributes", {}).get(tracing.MESSAGE_ATTRIBUTE, {})
        header: str | None = self.record.get("attributes", {}).get("AWSTraceHeader") or attached.get("stringValue")
        return header

    def beat(self) -> None:
        """Renew the loan, unless that has just been done."""
        if time.monotonic() - self._renewed > _RENEWED_AFTER_SECONDS or not self._renewed:
            self._until_visible(ON_LOAN_SECONDS)
            self._renewed = time.monotonic()

    def is_time_up(self) -> bool:
        """Whether this run of the function has to come to its end."""
        return int(self.context.get_remaining_time_in_millis()) < _TIME_TO_STOP_MILLISECONDS

    def give_back(self) -> None:
        """Let another worker try, after a pause that grows with each one that has: 2, 4, 8 ... seconds."""
        self._until_visible(min(2 ** int(self.record["attributes"]["ApproximateReceiveCount"]), ON_LOAN_SECONDS))

    def _until_visible(self, seconds: int) -> None:
        client("sqs").change_message_visibility(
            QueueUrl=self.queue_url, ReceiptHandle=self.record["receiptHandle"], VisibilityTimeout=seconds
        )


def ask(queue_url: str, what: dict[str, Any], *, after_seconds: int = 0) -> None:
    """Put a message into a queue, in the trace at hand; it is seen after a pause (900 s at most)."""
    header = tracing.header()
    attributes = {tracing.MESSAGE_ATTRIBUTE: {"DataType": "String", "StringValue": header}} if header else {}
    client("sqs").send_message(
        QueueUrl=queue_url,
        MessageBody=json.dumps(what),
        MessageAttributes=attributes,
        DelaySeconds=after_seconds,
    )
