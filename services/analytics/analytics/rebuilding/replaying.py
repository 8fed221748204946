"""Replaying the archive: its events are counted into one generation, whoever else counts into it meanwhile."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from marshmallow import ValidationError

from analytics.archive.files import ArchiveFile
from analytics.archive.reading import Archive, ArchivedEvent, Damaged
from analytics.domain.explaining import Measured
from analytics.domain.measuring import measure
from analytics.store.counting import Counter
from analytics.store.rebuilds import Difference, Kind
from backoffice.logs import logger
from backoffice.messages.envelope import Event
from backoffice.messages.inbox import UnknownMessage

Understood = Callable[[Event], dict[str, Any]]
"""What the inbox would hand its consumer of an event's data. Raises UnknownMessage, ValidationError."""

_AT_ONCE = 40
_IN_A_BUNDLE = 200


@dataclass
class Replayer:
    """Counts files of the archive; what has been counted before, however often, changes nothing.

    ``refused`` are those events of the files that were replayed last which cannot be read.
    """

    archive: Archive
    understood: Understood
    counter: Counter
    refused: list[Difference] = field(default_factory=list)

    def replay(self, files: Iterable[ArchiveFile], beat: Callable[[], None]) -> None:
        """Count the events of some files, some tens at a time. Raises Contended, NotWritten."""
        self.refused = []
        measured = (event for file in files for event in self._measured(file))
        for some in _batches(measured, _AT_ONCE):
            self.counter.count(some)
            beat()

    def _measured(self, file: ArchiveFile) -> Iterator[Measured]:
        read = 0
        try:
            for archived in self.archive.events(file):
                read += 1
                event = self._read(archived, f"{file.key} line {read}")
                if event:
                    yield event
        except Damaged:
            logger.exception("file of the archive is damaged", extra={"key": file.key})
            reason = f"the file is damaged after {read} of {file.events} events"
            self.refused.append(Difference(Kind.REFUSED_EVENT, file.key, reason=reason))

    def _read(self, archived: ArchivedEvent, place: str) -> Measured | None:
        try:
            event = Event.from_json(archived.envelope)
            changes = measure(event.type, self.understood(event))
        except (ValidationError, UnknownMessage) as error:
            logger.exception("archived event not understood", extra={"place": place})
            self.refused.append(Difference(Kind.REFUSED_EVENT, place, reason=str(error)[:300]))
            return None
        return Measured(event.event_id, event.type, event.aggregate_id, event.occurred_at, archived.trace_id, changes)


def bundles(files: Iterable[ArchiveFile]) -> Iterator[list[ArchiveFile]]:
    """Files that are replayed together: many small ones, since a quiet minute makes a file of one event."""
    bundle: list[ArchiveFile] = []
    for file in files:
        bundle.append(file)
        if sum(one.events for one in bundle) >= _IN_A_BUNDLE:
            yield bundle
            bundle = []
    if bundle:
        yield bundle


def _batches(events: Iterable[Measured], size: int) -> Iterator[list[Measured]]:
    waiting = iter(events)
    while batch := list(islice(waiting, size)):
        yield batch
