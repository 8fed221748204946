"""The archive's files: what their names tell."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

ALL = "events/"

_KEY = re.compile(
    ALL + r"context=(?P<context>[a-z-]+)/date=(?P<day>\d{4}-\d{2}-\d{2})/type=(?P<type>[A-Za-z]+)/"
    r"evt_[0-9A-Z]{26}-(?P<events>\d+)-[0-9a-f]{16}\.jsonl\.gz"
)


@dataclass(frozen=True)
class Shelf:
    """Where events lie that were told by one context on one day (UTC) and are of one type."""

    context: str
    day: date
    type: str

    def key(self, event_ids: Iterable[str]) -> str:
        """The key of the file that holds just these events: whoever writes them again writes the same file."""
        ids = sorted(event_ids)
        digest = sha256(" ".join(ids).encode()).hexdigest()[:16]
        folder = f"{ALL}context={self.context}/date={self.day}/type={self.type}"
        return f"{folder}/{ids[0]}-{len(ids)}-{digest}.jsonl.gz"


@dataclass(frozen=True)
class ArchiveFile:
    """A file that lies in the archive, written at a time by the bucket's clock."""

    key: str
    type: str
    events: int
    written_at: datetime

    @classmethod
    def of(cls, key: str, written_at: datetime) -> "ArchiveFile | None":
        """The file of that key; None if the key is none of the archive's."""
        found = _KEY.fullmatch(key)
        return cls(key, found["type"], int(found["events"]), written_at) if found else None
