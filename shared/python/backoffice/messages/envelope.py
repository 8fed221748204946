"""The envelope that every message travels in: events, commands and replies."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from backoffice.clock import rfc3339
from backoffice.ids import new_id
from backoffice.schemas import Id, Tolerant, Utc, Whole

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
QUEUE_NAME = r"[A-Za-z0-9_-]{1,80}\Z"


@dataclass(frozen=True)
class Event:
    """A fact as it is told to other contexts, or a command to one of them, or its reply.

    ``correlation_id`` is that of the request that began it all, ``causation_id`` names what caused this event
    directly: an event, or the request itself. ``aggregate_version`` grows with each change of the aggregate, so that
    a late one can be told from a new one. A command names in ``reply_to`` the queue in which its asker waits for the
    reply; the reply has the command's correlation, and the command as its cause.
    """

    event_id: str
    type: str
    schema_version: int
    occurred_at: datetime
    recorded_at: datetime
    aggregate_id: str
    aggregate_version: int
    correlation_id: str
    causation_id: str
    data: dict[str, Any]
    reply_to: str | None = None

    def to_json(self) -> str:
        times = {"occurred_at": rfc3339(self.occurred_at), "recorded_at": rfc3339(self.recorded_at)}
        members = {name: value for name, value in vars(self).items() if name != "reply_to" or value is not None}
        return json.dumps({**members, **times}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Event":
        """Read an envelope. Raises marshmallow's ValidationError, which names what is wrong."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise ValidationError("The message is not JSON.") from None
        return cls(**ENVELOPE.load(document))


class _Envelope(Tolerant):
    event_id = Id("evt", required=True)
    type = fields.String(required=True)
    schema_version = Whole(least=1, required=True)
    occurred_at = Utc(required=True)
    recorded_at = Utc(required=True)
    aggregate_id = fields.String(required=True)
    aggregate_version = Whole(least=0, required=True)
    correlation_id = fields.String(required=True)
    causation_id = fields.String(required=True)
    data = fields.Dict(keys=fields.String(), required=True)
    reply_to = fields.String(validate=validate.Regexp(QUEUE_NAME, error="This is no name of a queue."))


ENVELOPE = _Envelope()


@dataclass(frozen=True)
class Origin:
    """Where the work at hand comes from; new events inherit it."""

    correlation_id: str
    causation_id: str


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


@contextmanager
def originating(origin: Origin) -> Iterator[None]:
    """Let events emitted inside the block inherit this origin."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def current_origin() -> Origin:
    """The origin of the work at hand; work that nobody asked for (a schedule) begins a correlation of its own."""
    origin = _origin.get()
    if origin is None:
        began = new_id("cor")
        return Origin(began, began)
    return origin
