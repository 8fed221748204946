"""Counts the page views that come out of the stream, each one once."""

from typing import Any

from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamEvent, KinesisStreamRecord

from analytics.store.visits import VisitStore
from analytics.web.counting import Numbered, count
from analytics.web.dead_letters import set_aside
from analytics.web.stream import Unreadable, view_in
from backoffice.logs import invocation, logger


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the stream: a batch of one shard, in its order.

    An error fails the batch; it comes again, on AWS in halves, and what has been counted of it is not counted again. A
    record that cannot be read would fail for ever: it is set aside, and the rest goes on.
    """
    with invocation(context):
        records = list(KinesisStreamEvent(event).records)
        shard = _shard(records[0])
        views = [view for record in records if (view := _view(record, shard))]
        counted = count(shard, views, VisitStore()) if views else 0
        told = {"shard": shard, "records": len(records), "counted": counted, "unreadable": len(records) - len(views)}
        logger.info("page views taken", extra=told)


def _view(record: KinesisStreamRecord, shard: str) -> Numbered | None:
    number = record.kinesis.sequence_number
    try:
        return int(number), view_in(record.kinesis.data_as_bytes())
    except Unreadable as error:
        why = {"shard": shard, "sequence_number": number, "reason": str(error)}
        logger.error("record cannot be read", extra=why)
        set_aside(record, shard, str(error))
        return None


def _shard(record: KinesisStreamRecord) -> str:
    """The shard's number, ``000000000006``; a record's id begins with its name."""
    return (record.event_id or "").partition(":")[0].removeprefix("shardId-")
