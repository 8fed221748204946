"""The transformer's queue: what the bucket announces, and what the transformer asks of itself."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus

from analytics.domain.drops.drop import File
from backoffice.messages.loan import Loan, ask

_CREATED = "ObjectCreated:"


@dataclass(frozen=True)
class RangeWanted:
    """Somebody shall go on with a range of a drop."""

    drop_id: str
    number: int


@dataclass(frozen=True)
class SurveyWanted:
    """Somebody shall go on with looking through a drop's file."""

    drop_id: str


Task = File | SurveyWanted | RangeWanted


def tasks_of(body: str) -> Iterator[Task]:
    """What a message asks for; nothing for the one by which S3 tries the queue.

    Raises ValueError or KeyError for a message that is none of this queue's.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    message = json.loads(body)
    if "range" in message:
        yield RangeWanted(message["drop_id"], message["range"])
    elif "drop_id" in message:
        yield SurveyWanted(message["drop_id"])
    elif message.get("Event") != "s3:TestEvent":
        for record in message["Records"]:
            if record["eventName"].startswith(_CREATED):
                told = record["s3"]["object"]
                yield File(unquote_plus(told["key"]), told["eTag"], told["size"], told.get("versionId"))


@dataclass
class FileLoan(Loan):
    """A message of this queue that is being worked on."""

    def ask(self, drop_id: str, ranges: list[int]) -> None:
        """Put a message for each range into the queue, in the trace of this one."""
        for number in ranges:
            ask(self.queue_url, {"drop_id": drop_id, "range": number})

    def ask_to_survey(self, drop_id: str) -> None:
        """Put a message into the queue by which somebody goes on with looking through a drop's file."""
        ask(self.queue_url, {"drop_id": drop_id})
