"""Keeps every event of every context, without personal data, in the archive."""

import os
from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError

from analytics.archive.writing import Archivable, NotKept, put, shelved
from backoffice import tracing
from backoffice.logs import invocation, logger

_Read = dict[str, Archivable]
"""Events by the id of the message that brought them."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda handler for the archive's queue; answers which messages failed.

    A batch becomes one file for each context, day and type in it. What cannot be read, or written, comes again and ends
    among the dead letters; the rest of the batch is kept.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    with invocation(context):
        read, failed = _read(event["Records"])
        failed += _keep(read)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _read(records: list[dict[str, Any]]) -> tuple[_Read, list[str]]:
    read: _Read = {}
    failed: list[str] = []
    for record in records:
        try:
            event = Archivable.of(record["body"], os.environ["STAGE"])
        except ValidationError:
            logger.exception("event not archived", extra={"message_id": record["messageId"]})
            failed.append(record["messageId"])
            continue
        with tracing.record(event.trace_header):
            tracing.annotate(queue=record["eventSourceARN"].rpartition(":")[2])
        read[record["messageId"]] = event
    return read, failed


def _keep(read: _Read) -> Iterator[str]:
    """Write the files; yields the messages whose file could not be written."""
    for shelf, lines in shelved(read.values()):
        try:
            key = put(os.environ["ARCHIVE_BUCKET"], shelf, lines)
        except NotKept:
            logger.exception("events not archived", extra={"type": shelf.type, "events": len(lines)})
            yield from (message for message, event in read.items() if event.shelf == shelf)
        else:
            logger.info("events archived", extra={"key": key, "events": len(lines)})
