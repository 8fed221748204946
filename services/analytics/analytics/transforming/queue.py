"""The transformer's queue: what the bucket announces, and what the transformer asks of itself.

A message is on loan for a minute at a time, renewed with each step. A worker that dies is followed by another within
that minute, although a run may take five.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from analytics.domain.drops.drop import File
from backoffice import tracing
from backoffice.dynamodb import client

ON_LOAN_SECONDS = 60

_RENEWED_AFTER_SECONDS = 10
_TIME_TO_STOP_MILLISECONDS = 25_000
_CREATED = "ObjectCreated:"


@dataclass(frozen=True)
class RangeWanted:
    """Somebody shall go on with a range of a drop."""

    drop_id: str
    number: int


Task = File | RangeWanted


def tasks_of(body: str) -> Iterator[Task]:
    """What a message asks for; nothing for the one by which S3 tries the queue.

    Raises ValueError or KeyError for a message that is none of this queue's.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    message = json.loads(body)
    if "drop_id" in message:
        yield RangeWanted(message["drop_id"], message["range"])
    elif message.get("Event") != "s3:TestEvent":
        for record in message["Records"]:
            if record["eventName"].startswith(_CREATED):
                told = record["s3"]["object"]
                yield File(unquote_plus(told["key"]), told["eTag"], told["size"], told.get("versionId"))


@dataclass
class Loan:
    """A message that is being worked on.

    Args:
        record: the message as Lambda hands it over.
        context: Lambda's, which knows how much time is left.
    """

    record: Any
    context: Any
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

    def ask(self, drop_id: str, ranges: list[int]) -> None:
        """Put a message for each range into the queue, in the trace of this one."""
        header = tracing.header()
        attributes = {tracing.MESSAGE_ATTRIBUTE: {"DataType": "String", "StringValue": header}} if header else {}
        for number in ranges:
            client("sqs").send_message(
                QueueUrl=os.environ["DROPS_QUEUE_URL"],
                MessageBody=json.dumps({"drop_id": drop_id, "range": number}),
                MessageAttributes=attributes,
            )

    def _until_visible(self, seconds: int) -> None:
        client("sqs").change_message_visibility(
            QueueUrl=os.environ["DROPS_QUEUE_URL"],
            ReceiptHandle=self.record["receiptHandle"],
            VisibilityTimeout=seconds,
        )
