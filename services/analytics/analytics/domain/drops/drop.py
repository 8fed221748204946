"""Drops: one file each, from its arrival to the last of its rows.

A large file is looked through first. How far that has come is kept now and then, so that whoever takes over goes on
from there. A file is worked through in one range, or in several at once. A range goes forward in steps; a step counts
in the moment in which it is written together with how far the range has got, so that one that is repeated (after a
crash, by a duplicate message) counts once.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ulid import ULID

from analytics.domain.drops.alerts import Alert
from analytics.domain.drops.ranges import Counts, Range, Survey, Surveyed
from analytics.domain.drops.source import Layout
from backoffice.clock import rfc3339
from backoffice.domain import Aggregate


class State(StrEnum):
    """Where a drop stands. ``received``: its file has been announced, and is looked through before rows are read."""

    RECEIVED = "received"
    PROCESSING = "processing"
    PROCESSED = "processed"
    REJECTED = "rejected"


class Reason(StrEnum):
    """Why a whole file was rejected."""

    UNKNOWN_SOURCE = "unknown_source"
    EMPTY = "empty"
    NOT_UTF8 = "not_utf8"
    BAD_HEADER = "bad_header"
    UNKNOWN_FORMAT = "unknown_format"
    DAMAGED_GZIP = "damaged_gzip"
    GONE = "gone"


class Rejected(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Overtaken(Exception):
    """Somebody else has written this step of a survey or of a range, or a later one."""


@dataclass(frozen=True, slots=True)
class File:
    """An object in the bucket, with the content that its ETag stands for.

    ``version_id`` tells the content from what may be put in its place while it is read; None where a bucket keeps none.
    """

    key: str
    etag: str
    size: int
    version_id: str | None = None


@dataclass(kw_only=True)
class Drop(Aggregate):
    """A file of a source."""

    source_id: str
    source_version: int
    file: File
    received_at: datetime
    state: State = State.RECEIVED
    survey: Survey | None = None
    layout: Layout | None = None
    compressed: bool = False
    header: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    finished_at: datetime | None = None
    reason: Reason | None = None
    detail: str | None = None
    alerted: bool = False
    alerts: list[Alert] = field(default_factory=list, compare=False, repr=False)

    @property
    def counts(self) -> Counts:
        return sum((part.counts for part in self.ranges), Counts())

    @property
    def content_bytes(self) -> int:
        """How much there is to be worked through: the rows, unpacked."""
        return sum(part.end - part.start for part in self.ranges)

    @property
    def bytes_done(self) -> int:
        """How much of that has been."""
        return sum(part.offset - part.start for part in self.ranges)

    @property
    def percent_surveyed(self) -> int:
        """How much of the file has been looked through; all of it, once that is over."""
        if self.state is not State.RECEIVED:
            return 100
        return 100 * self.survey.read // self.file.size if self.survey else 0

    @property
    def percent_done(self) -> int:
        """How much of the file has been worked through; one without rows is done at once."""
        if self.is_finished:
            return 100
        return 100 * self.bytes_done // self.content_bytes if self.content_bytes else 0

    @property
    def is_finished(self) -> bool:
        return self.state in (State.PROCESSED, State.REJECTED)

    @classmethod
    def of(cls, source_id: str, source_version: int, file: File, at: datetime) -> "Drop":
        """The drop of a file. The same content from the same source is the same drop, whatever its name and time."""
        return cls(
            id=drop_id(source_id, file), source_id=source_id, source_version=source_version, file=file, received_at=at
        )

    def comes_again(self, source_version: int) -> bool:
        """Whether the same file, dropped again, is worth another look: its source has been set up anew since."""
        return self.state is State.REJECTED and self.source_version != source_version

    def start_over(self, source_version: int, file: File, at: datetime) -> None:
        """Forget why the file was rejected: it is looked at again."""
        self.state, self.source_version, self.file, self.received_at = State.RECEIVED, source_version, file, at
        self.reason = self.detail = self.finished_at = self.survey = None
        self.alerted = False

    def look(self, before: Survey | None, after: Survey) -> None:
        """More of the file has been looked through. Raises Overtaken if its survey does not stand where that began."""
        if self.state is not State.RECEIVED or self.survey != before:
            raise Overtaken
        self.survey = after

    def begin(self, surveyed: Surveyed, layout: Layout) -> None:
        """The file can be read: from now on its rows are, by the layout that its source has now. Raises Overtaken."""
        if self.state is not State.RECEIVED:
            raise Overtaken
        self.state, self.layout, self.survey = State.PROCESSING, layout, None
        self.ranges, self.header, self.compressed = surveyed.ranges, surveyed.header, surveyed.compressed

    def reject(self, rejected: Rejected, at: datetime) -> None:
        """The whole file is bad."""
        self.state, self.finished_at = State.REJECTED, at
        self.reason, self.detail = rejected.reason, rejected.detail
        file = {**self._named(), "reason": self.reason.value, "detail": self.detail}
        self.record("FileDropRejected", {**file, "rejected_at": rfc3339(at)}, at)
        self._alert(f"{self.file.key} was rejected: {self.detail}", self.reason.value, at)

    def advance(self, number: int, before: Range, after: Range, at: datetime) -> None:
        """A step of a range is done. Raises Overtaken if the range does not stand where the step began."""
        if self.state is not State.PROCESSING or self.ranges[number] != before:
            raise Overtaken
        self.ranges = tuple(after if place == number else part for place, part in enumerate(self.ranges))
        is_last = all(part.done for part in self.ranges)
        if is_last:
            self._finish(at)
        counts = self.counts
        if counts.rejected:
            so_far = "" if is_last else " so far"
            summary = f"{counts.rejected} of {counts.read} rows of {self.file.key} were rejected{so_far}."
            self._alert(summary, "bad_rows", at)

    def _finish(self, at: datetime) -> None:
        self.state, self.finished_at = State.PROCESSED, at
        counts = self.counts
        rows = {"rows_read": counts.read, "rows_written": counts.written, "rows_rejected": counts.rejected}
        self.record("FileDropProcessed", {**self._named(), **rows, "processed_at": rfc3339(at)}, at)

    def _alert(self, summary: str, reason: str, at: datetime) -> None:
        if self.alerted:
            return
        self.alerted = True
        raised = {"drop_id": self.id, "source_id": self.source_id, "reason": reason, "raised_at": rfc3339(at)}
        self.record("DataQualityAlertRaised", {**raised, "summary": summary, "expected_on": None}, at)
        text = f"{summary} See GET /drops/{self.id} and its /errors."
        self.alerts.append(Alert.new(self.source_id, f"Bad file from {self.source_id}", text))

    def _named(self) -> dict[str, str | int]:
        return {"drop_id": self.id, "source_id": self.source_id, "key": self.file.key, "bytes": self.file.size}


def drop_id(source_id: str, file: File) -> str:
    """An id that follows from source and content: ``drp_`` and a ULID of their hash."""
    content = f"{source_id}\n{file.etag}\n{file.size}"
    return f"drp_{ULID.from_bytes(hashlib.sha256(content.encode()).digest()[:16])}"
