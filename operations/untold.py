"""Messages that a relay has set aside because they were outside their contract: handed to it again.

The relay stays the only way to a topic: it checks what it is given as it did the first time, by the contracts that it
was deployed with since. What still does not keep its contract comes back as a new letter.
"""

from __future__ import annotations

import json
from typing import Any

from operations.problems import Problem, asking, bad_request
from operations.queues import RELAYS_LETTERS, Queue
from operations.stage import Stage

Members = dict[str, Any]
# What `backoffice.messages.relay` says of a message that it has set aside.
REASON = "reason"
_KEPT = ("type", "queue", "xray")


def reason(letter: Members) -> str | None:
    """Why a relay did not tell the message of a letter (as `dead_letters.told` gives it); None of any other letter."""
    found: str | None = letter["attributes"].get(REASON)
    return found


class Retelling:
    """Hands a relay's letters to it again, each message once however often it comes back."""

    def __init__(self, stage: Stage, queue: Queue) -> None:
        self._lambda, self._sqs, self._queue = stage.client("lambda"), stage.client("sqs"), queue
        self.function = queue.name.removesuffix(RELAYS_LETTERS) + "-relay"
        self._told: set[str] = set()

    def __call__(self, message: Members) -> None:
        """Raises Problem of the code `bad_request` for what concerns this letter only."""
        item = _outbox_item(message)
        if item["sk"]["S"] in self._told:
            raise bad_request("The message is still outside its contract.", "Its new letter says why.")
        self._told.add(item["sk"]["S"])
        with asking(f"to hand a message to {self.function}"):
            event = json.dumps({"Records": [{"dynamodb": {"NewImage": item}}]})
            answer = self._lambda.invoke(FunctionName=self.function, Payload=event)
        if "FunctionError" in answer:
            raise Problem("failed", f"{self.function} failed on the message.", "Its log tells why.")
        with asking("to delete a letter that has been handed on"):
            self._sqs.delete_message(QueueUrl=self._queue.url, ReceiptHandle=message["ReceiptHandle"])


def _outbox_item(message: Members) -> Members:
    """The message as it stood in the outbox, in DynamoDB's words."""
    told = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
    if REASON not in told:
        raise bad_request(
            "The letter only names records of the table's stream; their messages are in the outbox.",
            "Nothing is to be told: docs/runbooks/stuck-outbox.md.",
        )
    try:
        event_id = str(json.loads(message["Body"])["event_id"])
    except (ValueError, KeyError, TypeError):
        raise bad_request("The letter holds no message.", "Discard it once its content is dealt with.") from None
    item = {"pk": "OUTBOX#0", "sk": event_id, "event": message["Body"]}
    item |= {name: told[name] for name in _KEPT if name in told}
    return {name: {"S": value} for name, value in item.items()}
