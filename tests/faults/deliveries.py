"""Messages taken from a queue, to be delivered again as a test likes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from local.demo.waiting import until
from tests.stage import Stage


@dataclass(frozen=True)
class Message:
    """An event as SNS has put it into a queue: its envelope's text and the attributes beside it."""

    body: str
    attributes: dict[str, Any]

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


class Inbox:
    """A context's queue, from outside."""

    def __init__(self, stage: Stage, name: str) -> None:
        self._sqs = stage.client("sqs")
        self._url = self._sqs.get_queue_url(QueueName=name)["QueueUrl"]
        self._name = name

    def take(self, number: int) -> list[Message]:
        """Take that many messages out of the queue, in the order of their events."""
        taken: list[Message] = []

        def look() -> bool:
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            for message in answer.get("Messages", []):
                taken.append(Message(message["Body"], message.get("MessageAttributes", {})))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
            return len(taken) >= number

        until(f"{number} messages in {self._name}", look)
        return sorted(taken, key=lambda message: str(message.event["event_id"]))

    def deliver(self, messages: list[Message]) -> None:
        for message in messages:
            self._sqs.send_message(QueueUrl=self._url, MessageBody=message.body, MessageAttributes=message.attributes)

    def await_empty(self, seconds: float = 40) -> None:
        """Wait until all messages have been taken in."""
        until(f"an empty {self._name}", lambda: self._waiting() == 0, seconds)

    def _waiting(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)
