"""The relay: carries messages from the outbox to the context's topic, each in its own request's trace.

A command or reply goes to one queue instead. What its contract does not allow is never told: it becomes a dead letter
of the relay, with the reason. A message is published at least once and deleted from the outbox
afterwards. A crash in between publishes it again; consumers know its ``event_id``. What a lost stream leaves behind is
swept up by the schedule.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from backoffice import tracing
from backoffice.clock import now
from backoffice.dynamodb import Table, client, from_dynamodb
from backoffice.logs import invocation, logger
from backoffice.messages import addresses, outbox
from backoffice.messages.contracts import fault
from backoffice.messages.outbox import Pending

# The stream delivers within a second; what is older was missed by it.
_OVERDUE = timedelta(minutes=1)
_DELETED_AT_ONCE = 25
# Of a dead letter's attribute, for people; SQS takes far more.
_LONGEST_REASON = 1024


class OutsideItsContract(Exception):
    """A message says what its contract does not allow."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the table's stream, filtered to inserted outbox items.

    Raises the first error after everything else was published: the stream then delivers the batch again.
    """
    images = [from_dynamodb(record["dynamodb"]["NewImage"]) for record in event["Records"]]
    with invocation(context):
        publish(Table.from_env(), (Pending.from_item(image) for image in images))


def sweep(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the schedule: publishes what the stream has missed."""
    table = Table.from_env()
    with invocation(context):
        publish(table, outbox.pending_before(table, now() - _OVERDUE))


def publish(table: Table, events: Iterable[Pending]) -> None:
    """Publish events and delete them from the outbox; one that fails does not hold up the others.

    One that is outside its contract would fail for ever: it is set aside and deleted, too.
    Raises the first failure once all have been tried.
    """
    published: list[Pending] = []
    first_failure: Exception | None = None
    for pending in events:
        try:
            try:
                _publish(pending)
            except OutsideItsContract as refused:
                _set_aside(pending, str(refused))
        except Exception as failure:
            first_failure = first_failure or failure
            continue
        published.append(pending)
        # What is published is deleted soon: a sweep of a large backlog ends by its time-out and must have got on.
        if len(published) == _DELETED_AT_ONCE:
            table.delete_all(done.key for done in published)
            published.clear()
    table.delete_all(done.key for done in published)
    if first_failure:
        raise first_failure


def _publish(pending: Pending) -> None:
    with tracing.record(pending.xray), _logged(pending):
        if reason := fault(pending.event):
            raise OutsideItsContract(reason)
        _send(pending, _attributes(pending, tracing.header()))


def _send(pending: Pending, attributes: dict[str, Any]) -> None:
    if pending.queue:
        url = addresses.url_of(pending.queue)
        client("sqs").send_message(QueueUrl=url, MessageBody=pending.event, MessageAttributes=attributes)
    else:
        topic = os.environ["TOPIC_ARN"]
        client("sns").publish(TopicArn=topic, Message=pending.event, MessageAttributes=attributes)


def _set_aside(pending: Pending, reason: str) -> None:
    more = {"reason": reason[:_LONGEST_REASON]} | ({"queue": pending.queue} if pending.queue else {})
    client("sqs").send_message(
        QueueUrl=os.environ["DEAD_LETTERS_URL"],
        MessageBody=pending.event,
        MessageAttributes=_attributes(pending, pending.xray, **more),
    )


def _attributes(pending: Pending, trace: str | None, **more: str) -> dict[str, Any]:
    attributes = {"type": pending.type, **more} | ({tracing.MESSAGE_ATTRIBUTE: trace} if trace else {})
    return {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}


@contextmanager
def _logged(pending: Pending) -> Iterator[None]:
    with logger.append_context_keys(event_id=pending.event_id, type=pending.type):
        try:
            yield
        except Exception:
            logger.exception("event not published")
            raise
        logger.info("event published")
