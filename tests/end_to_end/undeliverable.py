"""Messages that no consumer understands."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.stage import Stage

INBOXES = ("local-customer-support-inbox", "local-invoicing-inbox", "local-analytics-inbox")


class Undeliverable:
    """Two for each inbox: an event of a type that nobody listens to, and something that is no event."""

    def __init__(self, stage: Stage) -> None:
        self._sqs = stage.client("sqs")
        unknown = json.dumps({"type": "MoonLanded", "event_id": str(uuid.uuid4())})
        self.bodies = {unknown, f"no JSON {uuid.uuid4()}"}

    def send(self) -> None:
        for inbox in INBOXES:
            for body in self.bodies:
                self._sqs.send_message(QueueUrl=self._url(inbox), MessageBody=body)

    def among_dead_letters(self, inbox: str) -> set[str]:
        """Those of the messages that are dead letters of an inbox now."""
        return {message["Body"] for message in self._dead_letters(inbox)}

    def still_waiting(self, inbox: str) -> int:
        """How many messages are in an inbox, seen or unseen."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer: dict[str, Any] = self._sqs.get_queue_attributes(QueueUrl=self._url(inbox), AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def _dead_letters(self, inbox: str) -> list[dict[str, Any]]:
        """Those of the messages that are dead letters and not being looked at."""
        url, found = self._url(f"{inbox}-dead-letters"), []
        while batch := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=2).get(
            "Messages"
        ):
            found += [message for message in batch if message["Body"] in self.bodies]
        return found

    def _url(self, queue: str) -> str:
        return str(self._sqs.get_queue_url(QueueName=queue)["QueueUrl"])
