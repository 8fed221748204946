"""Takes in mails that were dropped into the bucket: each opens a ticket, answers one, or is set aside.

A mail is taken once, however often it is told of. What cannot be read opens a ticket all the same, marked, and with the
mail attached as it was received.
"""

import json
import os
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from backoffice.clock import now
from backoffice.logs import invocation, logger
from customer_support.delivery import Delivery, deliver
from customer_support.domain.mail import LARGEST_MAIL, read_mail
from customer_support.store.mailbox import Mailbox

_BEGINNING = 256 * 1024


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda handler for the queue of the bucket's notifications; answers which messages failed."""
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with invocation(context):
        return dict(process_partial_response(event, _notified, processor, context))


def _notified(record: SQSRecord) -> None:
    try:
        # S3 also sends a test when it is told of the queue; that one has no records.
        for told in json.loads(record.body).get("Records", []):
            take(unquote_plus(told["s3"]["object"]["key"]))
    except Exception:
        logger.exception("mail not taken")
        raise


def take(key: str) -> None:
    """Take the mail that lies in the bucket under ``key``. Raises Contended if others kept changing its ticket."""
    mailbox = Mailbox.from_env()
    raw, size = mailbox.read(key, most=LARGEST_MAIL, beginning=_BEGINNING)
    mail = read_mail(raw, _own_addresses(), is_cut=size > len(raw))
    fate = deliver(Delivery(mail, key, size, now()), mailbox)
    if fate is None:
        logger.info("mail had been taken before")
    else:
        logger.info("mail taken", extra={"fate": fate.value, "marks": sorted(mail.marks), "bytes": size})


def _own_addresses() -> list[str]:
    return os.environ["SUPPORT_ADDRESSES"].split(",")
