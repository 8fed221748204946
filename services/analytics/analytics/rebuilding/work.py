"""Working on a rebuild: whatever it needs next, from where it stands, until it is done or the time is up.

A worker may die at any point. How far it had come is saved every few seconds; what it did beyond that is done again,
and changes nothing: an event counts once in a generation, and an item is compared as it is.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from analytics.archive.reading import Archive
from analytics.domain.rebuilds import Comparison, Phase, Rebuild
from analytics.rebuilding.replaying import Replayer, Understood, bundles
from analytics.store.comparing import Comparer, clear
from analytics.store.counting import Counter, NotWritten
from analytics.store.generations import GenerationStore
from analytics.store.rebuilds import RebuildStore
from backoffice.clock import now
from backoffice.dynamodb import Table
from backoffice.errors import StaleVersion
from backoffice.logs import logger

DIFFERENCES_KEPT = 1_000

_SAVED_AFTER_SECONDS = 2.0
# The bucket's clock is not ours, and a file that is being written while a pass begins is told with an earlier time.
_CLOCKS_DIFFER_BY = timedelta(minutes=2)
_BUSY_ARCHIVE_IS_AWAITED = timedelta(minutes=2)
_PAUSE_SECONDS = 2
_LONG_PAUSE_SECONDS = 10


class Desk(Protocol):
    """Where the work lies: the queue that it comes from and goes back to."""

    def beat(self) -> None:
        """Still at it: nobody else needs to take over."""

    def is_time_up(self) -> bool:
        """Whether it is time to hand the rest over."""

    def ask(self, projection: str, rebuild_id: str, *, after_seconds: int = 0) -> None:
        """Let somebody go on with a rebuild."""


@dataclass(frozen=True)
class Sources:
    """What a rebuild is made of: the archive, how its events are understood, and how many wait to be archived."""

    archive: Archive
    understood: Understood
    waiting: Callable[[], int]


@dataclass
class Rebuilder:
    """Goes on with rebuilds of the metrics."""

    sources: Sources
    desk: Desk
    table: Table = field(default_factory=Table.from_env)
    _saved: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.rebuilds, self.generations = RebuildStore(self.table), GenerationStore(self.table)

    def work(self, projection: str, rebuild_id: str) -> None:
        """Go on with a rebuild as long as there is something to do, and time.

        Raises NotFound; whatever it raises, somebody else may go on from there.
        """
        try:
            self._work(projection, rebuild_id)
        except (StaleVersion, NotWritten):
            logger.info("rebuild is in other hands", extra={"rebuild_id": rebuild_id})

    def _work(self, projection: str, rebuild_id: str) -> None:
        steps = {
            Phase.REQUESTED: self._begin,
            Phase.REPLAYING: self._replay,
            Phase.CATCHING_UP: self._replay,
            Phase.COMPARING: self._compare,
        }
        while True:
            rebuild = self.rebuilds.rebuild(projection, rebuild_id)
            self._saved = time.monotonic()
            step = self._clear if rebuild.clearing else steps.get(rebuild.phase)
            if step is None:
                return
            pause = 0 if self.desk.is_time_up() else step(rebuild)
            if pause or self.desk.is_time_up():
                self.desk.ask(projection, rebuild_id, after_seconds=pause)
                return

    def _begin(self, rebuild: Rebuild) -> int:
        """Let all events to come be counted into the new generation, and see how many there are already."""
        self.generations.settle()
        files = events = 0
        for file in self.sources.archive.files():
            files, events = files + 1, events + file.events
            self.desk.beat()
        rebuild.begin(files, events, now())
        self._save(rebuild)
        return 0

    def _replay(self, rebuild: Rebuild) -> int:
        current = rebuild.current
        assert current is not None, "a pass is under way"
        # Asked before the first file is listed: what had been told by then lies in one of them.
        all_archived = not current.position and self.sources.waiting() == 0
        replayer = Replayer(self.sources.archive, self.sources.understood, Counter(self.table, only=rebuild.generation))
        # What was written before the last pass began, it has replayed; it is read again to be safe.
        known_until = current.since + _CLOCKS_DIFFER_BY if current.since else None
        for files in bundles(self.sources.archive.files(current.position, current.since)):
            replayer.replay(files, self.desk.beat)
            if replayer.refused:
                self.rebuilds.note(rebuild.id, replayer.refused[:DIFFERENCES_KEPT])
            added = [file for file in files if known_until is None or file.written_at >= known_until]
            rebuild.replayed(files[-1].key, len(added), sum(file.events for file in added), len(replayer.refused))
            self._save_now_and_then(rebuild)
            if self.desk.is_time_up():
                self._save(rebuild)
                return 0
        return self._after_pass(rebuild, all_archived=all_archived)

    def _after_pass(self, rebuild: Rebuild, *, all_archived: bool) -> int:
        began_at, at = rebuild.current.began_at if rebuild.current else now(), now()
        is_first = rebuild.phase is Phase.REPLAYING
        waited = at - rebuild.replayed_at if rebuild.replayed_at else timedelta()
        # Of a busy archive, the comparison tells whether anything is missing.
        if not is_first and (all_archived or waited > _BUSY_ARCHIVE_IS_AWAITED):
            self.rebuilds.forget_comparison(rebuild.id)
            rebuild.compare()
            self._save(rebuild)
            return 0
        rebuild.catch_up(began_at - _CLOCKS_DIFFER_BY, at)
        self._save(rebuild)
        return 0 if is_first else _PAUSE_SECONDS

    def _compare(self, rebuild: Rebuild) -> int:
        comparer = Comparer(self.table, rebuild.previous, rebuild.generation, self.sources.archive.types)
        begun = rebuild.comparison or Comparison()
        if begun.is_begun and begun.position is None:
            return self._decide(rebuild)
        for found, differences in comparer.steps(begun):
            room = max(0, DIFFERENCES_KEPT - begun.differences)
            self.rebuilds.note(rebuild.id, differences[:room])
            rebuild.compare(found)
            begun = found
            self.desk.beat()
            self._save_now_and_then(rebuild)
            if self.desk.is_time_up():
                self._save(rebuild)
                return 0
        self._save(rebuild)
        return self._decide(rebuild)

    def _decide(self, rebuild: Rebuild) -> int:
        generations, found = self.generations.current(), rebuild.comparison
        if generations.read != rebuild.previous:
            rebuild.compare_with(generations.read)
            self._save(rebuild)
        elif found and found.missing and rebuild.may_still_catch_up(now()):
            logger.info("events are not archived yet", extra={"rebuild_id": rebuild.id, "events": found.missing})
            rebuild.catch_up((rebuild.started_at or now()) - _CLOCKS_DIFFER_BY, now())
            self._save(rebuild)
            return _LONG_PAUSE_SECONDS
        elif rebuild.switches_by_itself:
            self.rebuilds.save(rebuild, rebuild.switch(generations, now()))
            self.generations.settle()
            logger.info("projection switched", extra={"rebuild_id": rebuild.id, "generation": rebuild.generation})
        else:
            rebuild.await_decision(now())
            self._save(rebuild)
        return 0

    def _clear(self, rebuild: Rebuild) -> int:
        """Delete what nobody reads or writes any more."""
        self.generations.settle()
        generation = rebuild.clearing[0]
        for _ in clear(self.table, generation):
            self.desk.beat()
            if self.desk.is_time_up():
                return 0
        rebuild.cleared(generation)
        self._save(rebuild)
        return 0

    def _save_now_and_then(self, rebuild: Rebuild) -> None:
        if time.monotonic() - self._saved > _SAVED_AFTER_SECONDS:
            self._save(rebuild)

    def _save(self, rebuild: Rebuild) -> None:
        self.rebuilds.save(rebuild)
        self._saved = time.monotonic()
