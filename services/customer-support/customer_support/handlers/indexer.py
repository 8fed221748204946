"""Keeps the index of words: under each word of a subject or a message stand the tickets that hold it.

It follows the table's stream, so a text is found a moment after it was written: within a second, as a rule. To note a
word twice changes nothing. Words stay when a subject is changed: a ticket is found under its old name, too.
"""

from typing import Any

from backoffice.logs import invocation, logger
from customer_support.store import Store


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the table's stream, filtered to texts; a batch that fails is delivered again."""
    with invocation(context):
        noted = Store().index(record["dynamodb"]["NewImage"] for record in event["Records"])
        logger.info("texts indexed", extra={"words": noted})
