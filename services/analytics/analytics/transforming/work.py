"""Goes through dropped files: looks through each, then reads, writes and counts its rows step by step.

How far a look has come is saved every few seconds. A step of reading writes its records, its rejected rows and their
errors first, all of them under names that follow from the file; then, in one transaction, how far the range has got
with what is to be told of it. Wherever it stops, whoever comes next goes on from the last transaction, and what was
written beyond it is written over.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from analytics.domain.drops.drop import Drop, File, Overtaken, Rejected, State, drop_id
from analytics.domain.drops.drop import Reason as Why
from analytics.domain.drops.ranges import Counts, Place, Range, Survey, Surveyed
from analytics.domain.drops.records import BadRow, Record
from analytics.domain.drops.source import DropSource, Format, source_of
from analytics.store.drops import DropStore, RowError
from analytics.store.records import RecordStore
from analytics.transforming import alerting, quarantine, telemetry
from analytics.transforming.content import Content, S3Object, Unzipped
from analytics.transforming.head import Head, look_at
from analytics.transforming.portions import Portion, portions
from analytics.transforming.quarantine import BadRecord
from analytics.transforming.rows import ReadRows, rows_of
from analytics.transforming.survey import look_through, standing, surveyed, unseen
from backoffice.clock import now
from backoffice.contention import retry_on_conflict
from backoffice.logs import logger

ERRORS_KEPT_OF_A_RANGE = 1000
SAVED_AFTER_SECONDS = 2.0


class Desk(Protocol):
    """Where the work lies: the queue that it comes from and goes back to."""

    def beat(self) -> None:
        """Still at it: nobody else needs to take over."""

    def is_time_up(self) -> bool:
        """Whether it is time to hand the rest over."""

    def ask(self, drop_id: str, ranges: list[int]) -> None:
        """Let somebody work on these ranges of a drop, each by itself."""

    def ask_to_survey(self, drop_id: str) -> None:
        """Let somebody go on with looking through a drop's file."""


@dataclass(frozen=True)
class Transformer:
    """Takes files from the bucket into the tables."""

    bucket: str
    range_bytes: int
    desk: Desk
    drops: DropStore
    records: RecordStore

    def take(self, file: File) -> None:
        """A file has come, perhaps not for the first time."""
        source_id = source_of(file.key)
        source = self.drops.source(source_id)
        if source:
            self._note_arrival(source_id)
        self._take_up(self._received(source_id, source, file), source)

    def survey(self, drop_id: str) -> None:
        """Go on with looking through a drop's file, from where that stands."""
        drop = self.drops.drop(drop_id)
        self._take_up(drop, self.drops.source(drop.source_id))

    def work(self, drop_id: str, number: int) -> None:
        """Go through a range of a drop from where it stands, until its end or until the time is up."""
        drop = self.drops.drop(drop_id)
        if drop.is_finished or drop.ranges[number].done:
            return
        try:
            self._go_through(drop, number)
        except Rejected as rejected:
            self._reject(drop_id, rejected)
        except Overtaken:
            logger.info("range is being worked on by somebody else", extra={"drop_id": drop_id, "range": number})

    @retry_on_conflict()
    def _note_arrival(self, source_id: str) -> None:
        watch = self.drops.watch(source_id)
        watch.arrived(now())
        self.drops.save_watch(watch)

    @retry_on_conflict()
    def _received(self, source_id: str, source: DropSource | None, file: File) -> Drop:
        """The file's drop, which can be seen by now."""
        version = source.version if source else 0

        drop = self.drops.known_drop(drop_id(source_id, file))
        if drop is None:
            drop = Drop.of(source_id, version, file, now())
        elif drop.comes_again(version):
            drop.start_over(version, file, now())
        else:
            return drop
        self._save(drop, source)
        return self.drops.drop(drop.id)

    def _take_up(self, drop: Drop, source: DropSource | None) -> None:
        """Do what a drop needs next, or let others do it."""
        if drop.state is State.RECEIVED:
            try:
                self._look_at(drop, source)
            except Rejected as rejected:
                self._reject(drop.id, rejected)
            except Overtaken:
                logger.info("file is being looked through by somebody else", extra={"drop_id": drop.id})
                return
            drop = self.drops.drop(drop.id)
        if drop.state is not State.PROCESSING:
            logger.info("file needs no work now", extra={"drop_id": drop.id, "state": drop.state})
        elif len(drop.ranges) == 1:
            self.work(drop.id, 0)
        else:
            self.desk.ask(drop.id, [number for number, part in enumerate(drop.ranges) if not part.done])

    def _look_at(self, drop: Drop, source: DropSource | None) -> None:
        """Find out what there is to read, unless the time is up before."""
        if source is None:
            raise Rejected(Why.UNKNOWN_SOURCE, f"there is no drop source {drop.source_id!r}")
        content, layout = S3Object(self.bucket, drop.file, self.desk.beat), source.layout
        head = look_at(content, layout)
        if not head.compressed and drop.file.size <= self.range_bytes:
            self._begin(drop.id, unseen(head, drop.file.size), source)
        elif survey := self._survey(drop, head, content, source):
            self._begin(drop.id, surveyed(head, survey, layout), source)

    def _survey(self, drop: Drop, head: Head, content: S3Object, source: DropSource) -> Survey | None:
        """The survey of the whole file; None if the time is up and somebody else has been asked to go on."""
        kept, saved_at = drop.survey, time.monotonic()
        survey = begin = standing(drop, head, self.range_bytes)
        for survey in look_through(content, head, begin):
            # A gzip cannot be handed on, so it is better tried to the end.
            has_to_stop = not head.compressed and self.desk.is_time_up()
            if has_to_stop or time.monotonic() - saved_at > SAVED_AFTER_SECONDS:
                self._keep(drop.id, kept, survey, source)
                kept, saved_at = survey, time.monotonic()
            if has_to_stop:
                self.desk.ask_to_survey(drop.id)
                return None
        return survey

    @retry_on_conflict()
    def _keep(self, drop_id: str, before: Survey | None, after: Survey, source: DropSource) -> None:
        drop = self.drops.drop(drop_id)
        drop.look(before, after)
        self._save(drop, source)

    @retry_on_conflict()
    def _begin(self, drop_id: str, found: Surveyed, source: DropSource) -> None:
        drop = self.drops.drop(drop_id)
        drop.begin(found, source.layout)
        self._save(drop, source)

    def _go_through(self, drop: Drop, number: int) -> None:
        layout = drop.layout
        assert layout is not None, "a drop that is being processed has one"
        part, source = drop.ranges[number], self.drops.source(drop.source_id)
        read, request_of = rows_of(layout, drop.header), self.records.request_of(drop.id)
        joined = layout.quoted_line_breaks and layout.format is Format.CSV
        content = self._content(drop).read(part.offset, part.end)
        began = time.perf_counter()
        for portion in portions(content, Place(part.offset, part.line), part.end, quoted_line_breaks=joined):
            if portion.following.offset == part.offset and not portion.is_last:
                continue
            counts = self._write(drop, part, portion, read, request_of)
            after = part.advanced(*portion.following, counts=counts, done=portion.is_last)
            self._advance(drop.id, number, part, after, source)
            telemetry.step_done(drop.source_id, counts, after.offset - part.offset, time.perf_counter() - began)
            part, began = after, time.perf_counter()
            self.desk.beat()
            if not part.done and self.desk.is_time_up():
                self.desk.ask(drop.id, [number])
                return

    def _content(self, drop: Drop) -> Content:
        content = S3Object(self.bucket, drop.file, self.desk.beat)
        return Unzipped(content) if drop.compressed else content

    def _write(
        self, drop: Drop, part: Range, portion: Portion, read: ReadRows, request_of: Callable[[int, Record], str]
    ) -> Counts:
        """Write a portion's records and its bad rows; neither counts yet."""
        written, bad = 0, []
        lines = portion.lines
        with self.records.writer() as writer:
            for at, row in read(portion):
                if isinstance(row, BadRow):
                    bad.append(BadRecord(lines[at], str(row), portion.records[at]))
                else:
                    writer.put(request_of(lines[at], row))
                    written += 1
        if bad:
            quarantine.keep(self.bucket, drop, part.offset, bad)
            room = max(0, ERRORS_KEPT_OF_A_RANGE - part.counts.rejected)
            self.drops.save_errors(drop.id, [RowError(one.line, one.reason) for one in bad[:room]])
        return Counts(written, len(bad))

    @retry_on_conflict()
    def _advance(self, drop_id: str, number: int, part: Range, after: Range, source: DropSource | None) -> None:
        drop = self.drops.drop(drop_id)
        drop.advance(number, part, after, now())
        self._save(drop, source)

    @retry_on_conflict()
    def _reject(self, drop_id: str, rejected: Rejected) -> None:
        drop = self.drops.drop(drop_id)
        if not drop.is_finished:
            drop.reject(rejected, now())
            self._save(drop, self.drops.source(drop.source_id))

    def _save(self, drop: Drop, source: DropSource | None) -> None:
        address = source.alert_address if source else None
        self.drops.save_drop(drop, address)
        logger.info("drop saved", extra={"drop_id": drop.id, "state": drop.state, "rows": drop.counts.read})
        for alert in drop.alerts:
            alerting.send(self.drops, alert, address)
