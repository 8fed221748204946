"""Messages that no consumer understands, and one that may not even be told."""

from __future__ import annotations

import json
import uuid
from typing import Any

from backoffice_testing import envelope

from backoffice.ids import new_id
from tests.stage import Stage

INBOXES = ("local-customer-support-inbox", "local-invoicing-inbox", "local-analytics-inbox")
UNTOLD = "local-analytics-relay-dead-letters"
FUTURE = 99


class Undeliverable:
    """Three for each inbox: an event that nobody listens to, one in an unknown version, and something that is none."""

    def __init__(self, stage: Stage) -> None:
        self._sqs = stage.client("sqs")
        self._dynamodb = stage.client("dynamodb")
        unknown = json.dumps({"type": "MoonLanded", "event_id": str(uuid.uuid4())})
        self.future = json.dumps(envelope("TicketSolved", new_id("tkt"), {}, schema_version=FUTURE))
        self.bodies = {unknown, self.future, f"no JSON {uuid.uuid4()}"}
        self._seen: dict[str, set[str]] = {inbox: set() for inbox in INBOXES}

    def send(self) -> None:
        for inbox in INBOXES:
            for body in self.bodies:
                self._sqs.send_message(QueueUrl=self._url(inbox), MessageBody=body)

    def put_into_outbox(self, event: dict[str, Any], table: str) -> None:
        """As a service would that does not keep its contract."""
        item = {"pk": "OUTBOX#0", "sk": event["event_id"], "type": event["type"], "event": json.dumps(event)}
        self._dynamodb.put_item(TableName=table, Item={name: {"S": value} for name, value in item.items()})

    def in_outbox(self, event: dict[str, Any], table: str) -> bool:
        key = {"pk": {"S": "OUTBOX#0"}, "sk": {"S": event["event_id"]}}
        return "Item" in self._dynamodb.get_item(TableName=table, Key=key)

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
