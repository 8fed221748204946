"""The inbox: takes what other contexts tell, ask and answer, each message in its own request's trace.

Events and replies come out of the inbox queue, commands out of a queue of their own; one handler takes both.

Delivery is at least once and in any order. A consumer marks the event as taken in the transaction of its effect
(``transaction.once``), so a duplicate changes nothing. A message that fails is tried again with growing pauses and
ends, after the queue's receive limit, among the dead letters; the rest of its batch goes on.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import BotoCoreError, ClientError
from marshmallow import Schema

from backoffice import tracing
from backoffice.dynamodb import client
from backoffice.errors import AlreadySeen
from backoffice.logs import invocation, logger
from backoffice.messages.envelope import Event, Origin, originating

Consumer = Callable[[Event, Any], None]
Upcaster = Callable[[Event], dict[str, Any]]
Read = tuple[str, int]
"""A message's type and the version of its contract."""


class UnknownMessage(Exception):
    """No consumer of this context understands a message of that type, or not in that version."""


@dataclass
class Inbox:
    """The consumers of a context, by message type and version.

    What was told in an older version is lifted to the newer one first, step by step, so that a consumer is written
    for one version of each message.
    """

    _consumers: dict[Read, tuple[Schema, Consumer]] = field(default_factory=dict)
    _upcasters: dict[Read, tuple[Schema, Upcaster]] = field(default_factory=dict)

    @property
    def reads(self) -> dict[Read, Schema]:
        """What is understood: by type and version, the schema that a message's data must fit."""
        return {read: schema for read, (schema, _) in (*self._upcasters.items(), *self._consumers.items())}

    @property
    def schemas(self) -> dict[str, Schema]:
        """By message type, the schema that its consumer reads it with."""
        return {type: schema for (type, _), (schema, _) in self._consumers.items()}

    def on(self, type: str, schema: type[Schema], *, version: int = 1) -> Callable[[Consumer], Consumer]:
        """Register a consumer of messages of ``type``; it gets the message and its data as ``schema`` loads it."""

        def register(consumer: Consumer) -> Consumer:
            self._consumers[type, version] = (schema(), consumer)
            return consumer

        return register

    def upcast(self, type: str, schema: type[Schema], *, version: int) -> Callable[[Upcaster], Upcaster]:
        """Register what lifts ``version`` of a message to the next one.

        It gets a message whose data fits ``schema`` and answers the data as the next version would have told it.
        """

        def register(upcaster: Upcaster) -> Upcaster:
            self._upcasters[type, version] = (schema(), upcaster)
            return upcaster

        return register

    def handler(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Lambda handler for the queues; answers which messages failed.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        """

        def take(record: SQSRecord) -> None:
            told = logger.append_context_keys(message_id=record.message_id, receives=_receives(record))
            with tracing.record(_trace_header(record)), told:
                tracing.annotate(queue=_queue(record))
                try:
                    self.take(record.body)
                except Exception:
                    _let_rest(record)
                    raise

        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        with invocation(context):
            return dict(process_partial_response(event, take, processor, context))

    def take(self, body: str) -> None:
        """Take one message. Raises what makes it fail: UnknownMessage, ValidationError, the consumer's own error."""
        with _failure_logged():
            event = Event.from_json(body)
        names = {"correlation_id": event.correlation_id, "event_id": event.event_id, "type": event.type}
        origin = Origin(event.correlation_id, event.event_id)
        with logger.append_context_keys(**names), originating(origin), _failure_logged():
            self._consume(event)

    def understood(self, event: Event) -> tuple[Event, dict[str, Any]]:
        """A message in the version that its consumer is written for, and its data as the consumer gets it.

        Raises UnknownMessage, ValidationError.
        """
        told = event
        while (event.type, event.schema_version) in self._upcasters:
            schema, lift = self._upcasters[event.type, event.schema_version]
            schema.load(event.data)
            event = replace(event, schema_version=event.schema_version + 1, data=lift(event))
        if (event.type, event.schema_version) not in self._consumers:
            raise UnknownMessage(self._unknown(told))
        schema, _ = self._consumers[event.type, event.schema_version]
        return event, schema.load(event.data)

    def _unknown(self, told: Event) -> str:
        known = ", ".join(f"v{version}" for type, version in sorted(self.reads) if type == told.type)
        return f"no consumer for {told.type} v{told.schema_version}" + (f"; understood: {known}" if known else "")

    def _consume(self, told: Event) -> None:
        event, data = self.understood(told)
        _, consume = self._consumers[event.type, event.schema_version]
        try:
            consume(event, data)
        except AlreadySeen:
            logger.info("event had been taken before")
        else:
            logger.info("event taken")


@contextmanager
def _failure_logged() -> Iterator[None]:
    try:
        yield
    except Exception:
        logger.exception("message failed")
        raise


def _let_rest(record: SQSRecord) -> None:
    """Let a failed message rest before the next try: 2, 4, 8, 16 s instead of the queue's visibility time-out.

    Most failures are early messages (the rate is not there yet) or lost races; the next try finds the world ready.
    Where that fails, the queue's own time-out holds.
    """
    try:
        client("sqs").change_message_visibility(
            QueueUrl=_url(record),
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=min(2 ** _receives(record), 900),
        )
    except (BotoCoreError, ClientError):
        logger.warning("message not put off", exc_info=True)


def _receives(record: SQSRecord) -> int:
    return int(record.attributes.approximate_receive_count)


def _queue(record: SQSRecord) -> str:
    """The name of the queue that the message came out of."""
    return record.event_source_arn.rpartition(":")[2]


def _url(record: SQSRecord) -> str:
    """The URL of the queue that the message came out of: that of the inbox, but for the name."""
    return f"{os.environ['INBOX_URL'].rpartition('/')[0]}/{_queue(record)}"


def _trace_header(record: SQSRecord) -> str | None:
    """The trace of the message: what SNS and SQS carry by themselves on AWS, else what the relay has attached."""
    sent_along = record.raw_event.get("attributes", {}).get("AWSTraceHeader")
    attached = record.raw_event.get("messageAttributes", {}).get(tracing.MESSAGE_ATTRIBUTE, {})
    header: str | None = sent_along or attached.get("stringValue")
    return header
