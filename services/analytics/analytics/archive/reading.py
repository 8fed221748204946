"""Reading the archive: which files there are, and the events in them, a bounded piece at a time."""

import gzip
import json
import os
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from analytics.archive.files import ALL, ArchiveFile
from backoffice.dynamodb import client

_WAITING = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]


class Damaged(Exception):
    """A file of the archive cannot be unpacked to its end."""


@dataclass(frozen=True)
class ArchivedEvent:
    """A line of the archive: an event as it was told, and its trace."""

    envelope: str
    trace_id: str | None


@dataclass(frozen=True)
class Archive:
    """The events of some types, as they lie in the bucket."""

    bucket: str
    types: Collection[str]

    def files(self, after: str = "", since: datetime | None = None) -> Iterator[ArchiveFile]:
        """The files beyond a key, in the order of keys; only those written ``since`` then. One call a thousand keys."""
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=ALL, StartAfter=after)
        for page in pages:
            for found in page.get("Contents", []):
                file = ArchiveFile.of(found["Key"], found["LastModified"])
                if file and file.type in self.types and (since is None or file.written_at >= since):
                    yield file

    def events(self, file: ArchiveFile) -> Iterator[ArchivedEvent]:
        """The events of a file, line by line. Raises Damaged, after those that could be read."""
        body = client("s3").get_object(Bucket=self.bucket, Key=file.key)["Body"]
        try:
            with gzip.open(body, "rb") as lines:
                for line in lines:
                    yield _event(line)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Damaged(file.key) from error
        finally:
            body.close()


def waiting() -> int:
    """How many events wait to be archived, as far as SQS knows."""
    answer = client("sqs").get_queue_attributes(QueueUrl=os.environ["ARCHIVE_QUEUE_URL"], AttributeNames=_WAITING)
    return sum(int(number) for number in answer["Attributes"].values())


def _event(line: bytes) -> ArchivedEvent:
    try:
        envelope = json.loads(line)
        return ArchivedEvent(line.decode(), envelope.get("trace_id"))
    except (ValueError, AttributeError):
        # What is no JSON is no event: whoever reads it as one will say so.
        return ArchivedEvent(line.decode(errors="replace"), None)
