"""Dead letters: looked at without taking them away.

SQS lets nobody look at a message without hiding it. So whatever is received here is given back as soon as all has been
read; until then nobody else sees it, for half a minute at most, should this program die.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Self

from operations.periods import written
from operations.problems import asking, not_found
from operations.queues import Queue
from operations.stage import Stage

Members = dict[str, Any]
MOST_LISTED = 500
MOST_SEARCHED = 10_000
SHOWN_BYTES, MOST_BYTES = 64 * 1024, 4 * 1024 * 1024
_SHOWN_BEYOND = 512
_A_CALL = 10
_HIDDEN_SECONDS = 30
_PATIENCE_SECONDS = 3.0
_TRACE_ATTRIBUTE = "xray"  # what backoffice.tracing sends along; SNS and SQS on AWS do so by AWSTraceHeader
_ROOT = re.compile(r"(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")


def listed(stage: Stage, queue: Queue) -> Members:
    """`{"items": [..], "truncated"}`: up to MOST_LISTED letters, oldest first, with bodies cut to SHOWN_BYTES.

    Large ones are cut shorter once they come to MOST_BYTES together.
    """
    items: list[Members] = []
    room = MOST_BYTES
    with Look(stage, queue) as look:
        for message in islice(look.all(), MOST_LISTED):
            items.append(told(message, SHOWN_BYTES if room > 0 else _SHOWN_BEYOND))
            room -= min(SHOWN_BYTES, items[-1]["body_bytes"])
    truncated = len(items) == MOST_LISTED and queue.depth > MOST_LISTED
    return {"items": sorted(items, key=lambda item: (str(item["sent_at"]), item["id"])), "truncated": truncated}


def opened(stage: Stage, queue: Queue, letter_id: str) -> Members:
    """One letter with its whole body. Raises Problem if there is none of that id (any more)."""
    with Look(stage, queue) as look:
        for message in look.some({letter_id}):
            return told(message)
    raise not_found(gone(letter_id), "Reload the list.")


def gone(letter_id: str) -> str:
    return f"The dead letter {letter_id[:80]} is gone: it was redriven or discarded, or never was there."


class Look:
    """The messages of a queue, received one batch after the other; they are everybody's again when the block ends."""

    def __init__(self, stage: Stage, queue: Queue, hidden_seconds: int = _HIDDEN_SECONDS) -> None:
        self._sqs, self._queue, self._hidden = stage.client("sqs"), queue, hidden_seconds
        self._held: dict[str, Members] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._give_back()

    def all(self) -> Iterator[Members]:
        """Each message once, up to MOST_SEARCHED."""
        known: set[str] = set()
        while len(known) < MOST_SEARCHED:
            batch = [one for one in self._receive(len(known)) if one["MessageId"] not in known]
            if not batch:
                return
            known |= {message["MessageId"] for message in batch}
            self._held |= {message["MessageId"]: message for message in batch}
            yield from batch

    def some(self, ids: set[str]) -> Iterator[Members]:
        """Those of `ids` as they are found.

        One that somebody else is just looking at is waited for; one that does not come back is not among them.
        """
        missing = set(ids)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while missing:
            for message in self.all():
                if message["MessageId"] in missing:
                    missing.remove(message["MessageId"])
                    yield message
                if not missing:
                    return
            self._give_back()
            if time.monotonic() > deadline or not self._others_look():
                return
            time.sleep(0.1)

    def deleted(self, message: Members) -> None:
        """The message is not to be given back."""
        self._held.pop(message["MessageId"], None)

    def _receive(self, known: int) -> list[Members]:
        with asking("for the dead letters"):
            # A receive that does not wait asks some of SQS's servers only: it is enough once all should be there.
            answer = self._sqs.receive_message(
                QueueUrl=self._queue.url,
                MaxNumberOfMessages=_A_CALL,
                VisibilityTimeout=self._hidden,
                WaitTimeSeconds=1 if known < self._queue.depth else 0,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
        return list(answer.get("Messages", []))

    def _give_back(self) -> None:
        held, self._held = list(self._held.values()), {}
        for first in range(0, len(held), _A_CALL):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
                for number, message in enumerate(held[first : first + _A_CALL])
            ]
            with asking("to give the dead letters back"):
                self._sqs.change_message_visibility_batch(QueueUrl=self._queue.url, Entries=entries)

    def _others_look(self) -> bool:
        name = "ApproximateNumberOfMessagesNotVisible"
        with asking("about the queue"):
            found = self._sqs.get_queue_attributes(QueueUrl=self._queue.url, AttributeNames=[name])
        return int(found["Attributes"].get(name, 0)) > 0


def told(message: Members, shown_bytes: int | None = None) -> Members:
    """A message as people see it; what it carries comes as text, whatever it is."""
    attributes = message.get("Attributes", {})
    event = _event(message["Body"])
    body = message["Body"].encode(errors="surrogatepass")
    return {
        "id": message["MessageId"],
        "sent_at": _time(attributes.get("SentTimestamp")),
        "first_received_at": _time(attributes.get("ApproximateFirstReceiveTimestamp")),
        "receives": int(attributes.get("ApproximateReceiveCount", 0)),
        "trace_id": _trace_of(message),
        "event_type": _text(event, "type"),
        "event_id": _text(event, "event_id"),
        "body": body[:shown_bytes].decode(errors="ignore") if shown_bytes else message["Body"],
        "body_bytes": len(body),
        "attributes": {
            name: value.get("StringValue", f"({len(value.get('BinaryValue', b''))} bytes)")
            for name, value in message.get("MessageAttributes", {}).items()
        },
    }


def _trace_of(message: Members) -> str | None:
    sent_along = message.get("Attributes", {}).get("AWSTraceHeader")
    attached = message.get("MessageAttributes", {}).get(_TRACE_ATTRIBUTE, {}).get("StringValue")
    found = _ROOT.search(sent_along or attached or "")
    return found[1] if found else None


def _event(body: str) -> Members:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _text(event: Members, name: str) -> str | None:
    value = event.get(name)
    return value if isinstance(value, str) else None


def _time(milliseconds: str | None) -> str | None:
    return written(datetime.fromtimestamp(int(milliseconds) / 1000, UTC)) if milliseconds else None
