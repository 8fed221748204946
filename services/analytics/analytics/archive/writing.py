"""Putting events into the archive."""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from marshmallow import ValidationError

from analytics.archive.files import Shelf
from analytics.domain.personal import without_personal_data
from backoffice import tracing
from backoffice.dynamodb import client
from backoffice.messages.envelope import Event

_CONTEXT = re.compile(r"[a-z]+(-[a-z]+)*")
_TYPE = re.compile(r"([A-Z][a-z]+)+")
_ROOT = re.compile(r"Root=([0-9a-f-]+)")


class NotKept(Exception):
    """A file could not be written."""


@dataclass(frozen=True)
class Archivable:
    """An event that is ready to be kept: its line, and the shelf that it belongs on."""

    shelf: Shelf
    event_id: str
    line: str
    trace_header: str | None

    @classmethod
    def of(cls, notification: str, stage: str) -> "Archivable":
        """Read what a context's topic has put into the queue. Raises ValidationError if it is no event.

        The topic is the one place that tells which context speaks, so the queue takes SNS's own notifications.

        Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
        """
        told = _notification(notification)
        context = told["TopicArn"].rpartition(":")[2].removeprefix(f"{stage}-").removesuffix("-events")
        event = Event.from_json(told["Message"])
        if not _CONTEXT.fullmatch(context) or not _TYPE.fullmatch(event.type):
            raise ValidationError(f"{event.type!r} of {context!r} can be no name of a folder")
        envelope = json.loads(told["Message"])
        header = told.get("MessageAttributes", {}).get(tracing.MESSAGE_ATTRIBUTE, {}).get("Value")
        kept = {**envelope, "data": without_personal_data(envelope["data"]), "trace_id": _trace_id(header)}
        shelf = Shelf(context, event.recorded_at.date(), event.type)
        return cls(shelf, event.event_id, json.dumps(kept, separators=(",", ":")), header)


def shelved(events: Iterable[Archivable]) -> Iterator[tuple[Shelf, dict[str, str]]]:
    """Events by shelf: the lines of each, by event id. A duplicate is left out."""
    shelves: dict[Shelf, dict[str, str]] = defaultdict(dict)
    for event in events:
        shelves[event.shelf][event.event_id] = event.line
    yield from shelves.items()


def put(bucket: str, shelf: Shelf, lines: dict[str, str]) -> str:
    """Write a file of these lines, by event id; the same events again write the same bytes. Returns its key.

    Raises NotKept.
    """
    key = shelf.key(lines)
    text = "".join(f"{lines[event_id]}\n" for event_id in sorted(lines))
    body = gzip.compress(text.encode(), mtime=0)
    try:
        client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/gzip")
    except (BotoCoreError, ClientError) as error:
        raise NotKept(key) from error
    return key


def _notification(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
        if isinstance(told["TopicArn"], str) and isinstance(told["Message"], str):
            return dict(told)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise ValidationError("The message is no notification of a topic.")


def _trace_id(header: str | None) -> str | None:
    """The trace of the request that the event goes back to, as the relay has attached it."""
    found = _ROOT.search(header or "")
    return found[1] if found else None
