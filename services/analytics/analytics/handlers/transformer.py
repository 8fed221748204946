"""Takes in the files that third parties drop."""

import os
from typing import Any

from analytics.domain.drops.drop import File
from analytics.store.drops import DropStore
from analytics.store.records import RecordStore
from analytics.transforming.queue import FileLoan, RangeWanted, SurveyWanted, tasks_of
from analytics.transforming.work import Transformer
from backoffice import tracing
from backoffice.logs import invocation, logger


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the bucket's queue, a message at a time.

    A message that fails is given back, and the error raised: the function's errors are what an operator watches.
    """
    with invocation(context):
        for record in event["Records"]:
            _take(FileLoan(record, context, os.environ["DROPS_QUEUE_URL"]))


def _take(loan: FileLoan) -> None:
    with tracing.record(loan.trace_header):
        try:
            loan.beat()
            _work_on(loan)
        except Exception:
            logger.exception("file not taken")
            loan.give_back()
            raise


def _work_on(loan: FileLoan) -> None:
    transformer = Transformer(
        os.environ["DROPS_BUCKET"], int(os.environ["RANGE_BYTES"]), loan, DropStore(), RecordStore()
    )
    for task in tasks_of(loan.body):
        match task:
            case File():
                transformer.take(task)
            case SurveyWanted(drop_id):
                transformer.survey(drop_id)
            case RangeWanted(drop_id, number):
                transformer.work(drop_id, number)
