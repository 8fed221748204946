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
        self._seen: dict[str, set[str]] = {inbox: set() for inbox in INBOXES}

    def send(self) -> None:
        for inbox in INBOXES:
            for body in self.bodies:
                self._sqs.send_message(QueueUrl=self._url(inbox), MessageBody=body)

    def among_dead_letters(self, inbox: str) -> set[str]:
        """Those of the messages that have been among the dead letters of an inbox.

        Who looks at a message hides it for a moment, so what was seen before counts, too: a dead letter stays one.
        """
        url, seen = self._url(f"{inbox}-dead-letters"), self._seen[inbox]
        receive = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 2}
        while batch := self._sqs.receive_message(**receive).get("Messages"):
            seen |= self.bodies & {message["Body"] for message in batch}
        return seen

    def still_waiting(self, inbox: str) -> int:
        """How many messages are in an inbox, seen or unseen."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer: dict[str, Any] = self._sqs.get_queue_attributes(QueueUrl=self._url(inbox), AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def _url(self, queue: str) -> str:
        return str(self._sqs.get_queue_url(QueueName=queue)["QueueUrl"])
