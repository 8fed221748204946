"""Where commands and replies go: the queues that contexts ask each other through, by names that need no look-up.

A context carries out what others ask of it out of ``<stage>-<context>-commands``; events and the replies to its own
commands reach it through ``<stage>-<context>-inbox``.
"""

import os
from functools import lru_cache

from marshmallow import ValidationError

from backoffice import tracing
from backoffice.domain import ReturnAddress
from backoffice.dynamodb import client
from backoffice.messages.envelope import Event


def commands_of(context: str) -> str:
    """The name of the queue that another context takes commands from."""
    return f"{os.environ['STAGE']}-{context}-commands"


def own_inbox() -> str:
    """The name of the queue in which this context waits for replies."""
    return f"{os.environ['STAGE']}-{os.environ['CONTEXT']}-inbox"


def return_address(command: Event) -> ReturnAddress:
    """Where to answer the command that is being taken; the answer continues the trace of this moment.

    Raises ValidationError if the message names no queue for the reply: it is no command.
    """
    if command.reply_to is None:
        raise ValidationError({"reply_to": [f"{command.type} is a command and must say where to reply."]})
    return ReturnAddress(command.reply_to, command.event_id, command.correlation_id, tracing.header())


@lru_cache(maxsize=32)
def url_of(queue: str) -> str:
    """The URL of a queue, asked for once in the life of a process. Raises ClientError if there is none (yet)."""
    url: str = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    return url
