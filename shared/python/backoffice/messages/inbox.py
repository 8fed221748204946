"""The inbox: takes the events of other contexts from the queue, each one in its own request's trace.

Delivery is at least once and in any order. A consumer marks the event as taken in the transaction of its effect
(``transaction.once``), so a duplicate changes nothing. A message that fails is tried again with growing pauses and
ends, after the queue's receive limit, among the dead letters; the rest of its batch goes on.
"""

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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

Consumer = Callable[[Event, dict[str, Any]], object]


class UnknownMessage(Exception):
    """No consumer of this context understands a message of that type."""


@dataclass
class Inbox:
    """The consumers of a context, by event type."""

    _consumers: dict[str, tuple[Schema, Consumer]] = field(default_factory=dict)

    @property
    def schemas(self) -> dict[str, Schema]:
        """What is understood: by event type, the schema that its data must fit."""
        return {type: schema for type, (schema, _) in self._consumers.items()}

    def on(self, type: str, schema: type[Schema]) -> Callable[[Consumer], Consumer]:
        """Register a consumer of events of ``type``; it gets the event and its data as ``schema`` loads it."""

        def register(consumer: Consumer) -> Consumer:
            self._consumers[type] = (schema(), consumer)
            return consumer

        return register

    def handler(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Lambda handler for the queue; answers which messages failed.

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
        event = _read(body)
        with _working_on(event):
            try:
                self._consume(event)
            except AlreadySeen:
                _log_taken(before=True)
            else:
                _log_taken()

    def _consume(self, event: Event) -> Any:
        if event.type not in self._consumers:
            raise UnknownMessage(f"no consumer for {event.type}")
        schema, consume = self._consumers[event.type]
        return consume(event, schema.load(event.data))


@dataclass
class BatchInbox(Inbox):
    """An inbox whose consumers only prepare what is to be written: ``write`` takes that of a whole batch together.

    ``write`` gets what the consumers returned and answers the ids of the events that had been taken before. Its calls
    are seen in the trace of every message. If it raises, each event is written by itself, so that each one fails for a
    reason of its own: what was written for some of them must be marked as such, as anywhere. It emits no events, as
    those would have no one origin.
    """

    write: Callable[[Sequence[Any]], Collection[str]] = field(kw_only=True)

    def handler(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """Lambda handler for the queue; answers which messages failed."""
        messages = [_Message(SQSRecord(record)) for record in event["Records"]]
        with invocation(context):
            try:
                for message in messages:
                    with message.at_work():
                        message.event = _read(message.record.body)
                        with _working_on(message.event):
                            message.prepared = self._consume(message.event)
                self._write_together([message for message in messages if not message.has_failed])
            finally:
                for message in messages:
                    message.trace.close()
        return {
            "batchItemFailures": [
                {"itemIdentifier": message.record.message_id} for message in messages if message.has_failed
            ]
        }

    def _write_together(self, messages: Sequence["_Message"]) -> None:
        try:
            with tracing.together([message.trace for message in messages]):
                before = self.write([message.prepared for message in messages]) if messages else ()
        except Exception:
            logger.warning("batch not written together", exc_info=True)
            for message in messages:
                self._write_alone(message)
        else:
            for message in messages:
                with message.at_work(), _working_on(message.taken_in):
                    _log_taken(before=message.taken_in.event_id in before)

    def _write_alone(self, message: "_Message") -> None:
        with message.at_work(), _working_on(message.taken_in):
            before = self.write([message.prepared])
            _log_taken(before=message.taken_in.event_id in before)


class _Message:
    """A message of a batch, which is worked on in several steps, each in the message's own trace and log context."""

    def __init__(self, record: SQSRecord) -> None:
        self.record = record
        self.trace = tracing.Record(_trace_header(record))
        self.event: Event | None = None
        self.prepared: Any = None
        self.has_failed = False

    @property
    def taken_in(self) -> Event:
        """The event, once it has been read."""
        assert self.event is not None
        return self.event

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A step; what it raises fails this message and no other."""
        told = logger.append_context_keys(message_id=self.record.message_id, receives=_receives(self.record))
        with self.trace.current(), told:
            tracing.annotate(queue=_queue(self.record))
            try:
                yield
            except Exception as error:
                self.has_failed = True
                self.trace.failed(error)
                _let_rest(self.record)


def _read(body: str) -> Event:
    with _failure_logged():
        return Event.from_json(body)


@contextmanager
def _working_on(event: Event) -> Iterator[None]:
    names = {"correlation_id": event.correlation_id, "event_id": event.event_id, "type": event.type}
    origin = Origin(event.correlation_id, event.event_id)
    with logger.append_context_keys(**names), originating(origin), _failure_logged():
        yield


def _log_taken(before: bool = False) -> None:
    logger.info("event had been taken before" if before else "event taken")


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
            QueueUrl=os.environ["INBOX_URL"],
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


def _trace_header(record: SQSRecord) -> str | None:
    """The trace of the message: what SNS and SQS carry by themselves on AWS, else what the relay has attached."""
    sent_along = record.raw_event.get("attributes", {}).get("AWSTraceHeader")
    attached = record.raw_event.get("messageAttributes", {}).get(tracing.MESSAGE_ATTRIBUTE, {})
    header: str | None = sent_along or attached.get("stringValue")
    return header
