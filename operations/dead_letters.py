"""Dead letters: looked at without taking them away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from operations.periods import written
from operations.problems import asking
from operations.queues import Queue
from operations.stage import Stage

Members = dict[str, Any]
SHOWN = 64 * 1024
MOST_LOOKED_AT = 500
_HIDDEN_SECONDS = 30
_TRACE_ATTRIBUTE = "xray"  # backoffice.tracing.MESSAGE_ATTRIBUTE


@contextmanager
def looking(stage: Stage, queue: Queue, most: int = MOST_LOOKED_AT) -> Iterator[list[Members]]:
    """Up to `most` messages of a queue, as SQS gives them; they are everybody's again when the block ends."""
    client = stage.client("sqs")
    taken: list[Members] = []
    try:
        with asking("for the dead letters"):
            _receive(client, queue, taken, most)
        yield taken
    finally:
        for first in range(0, len(taken), 10):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
                for number, message in enumerate(taken[first : first + 10])
            ]
            with asking("to give the dead letters back"):
                client.change_message_visibility_batch(QueueUrl=queue.url, Entries=entries)


def _receive(client: Any, queue: Queue, taken: list[Members], most: int) -> None:
    known: set[str] = set()
    while len(taken) < most:
        # Only a receive that waits asks all of SQS's servers; it is needed where there should be more.
        answer = client.receive_message(
            QueueUrl=queue.url,
            MaxNumberOfMessages=min(10, most - len(taken)),
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=1 if len(taken) < queue.depth else 0,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        if not answer:
            return
        taken += answer
        known |= {message["MessageId"] for message in answer}


def listed(stage: Stage, queue: Queue, source: Queue | None) -> Members:
    with looking(stage, queue) as messages:
        found = [letter(message, SHOWN) for message in messages]
    return {
        "queue": queue.name,
        "source": source.name if source else None,
        "items": sorted(found, key=lambda one: str(one["sent_at"])),
        "truncated": len(found) >= MOST_LOOKED_AT,
    }


def letter(message: Members, shown: int | None = None) -> Members:
    attributes = message.get("Attributes", {})
    body = message["Body"]
    event = _event(body)
    return {
        "id": message["MessageId"],
        "sent_at": _time(attributes.get("SentTimestamp")),
        "first_received_at": _time(attributes.get("ApproximateFirstReceiveTimestamp")),
        "receives": int(attributes.get("ApproximateReceiveCount", 0)),
        "trace_id": trace_of(message),
        "event_type": event.get("type") if isinstance(event.get("type"), str) else None,
        "event_id": event.get("event_id") if isinstance(event.get("event_id"), str) else None,
        "body": body.encode("utf-8", "surrogatepass")[:shown].decode("utf-8", "ignore") if shown else body,
        "body_bytes": len(body.encode("utf-8", "surrogatepass")),
        "attributes": {
            name: value.get("StringValue", "(binary)") for name, value in message.get("MessageAttributes", {}).items()
        },
    }


def trace_of(message: Members) -> str | None:
    header = message.get("Attributes", {}).get("AWSTraceHeader") or message.get("MessageAttributes", {}).get(
        _TRACE_ATTRIBUTE, {}
    ).get("StringValue")
    found = re.search(r"(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)", header or "")
    return found[1] if found else None


def _event(body: str) -> Members:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _time(milliseconds: str | None) -> str | None:
    return written(datetime.fromtimestamp(int(milliseconds) / 1000, UTC)) if milliseconds else None


def opened(stage: Stage, stacks: Any, places: tuple[Queue, Queue | None], letter_id: str) -> Members:
    with looking(stage, places[0]) as messages:
        found = next(message for message in messages if message["MessageId"] == letter_id)
    return letter(found) | {"exceptions": []}
