"""Rebuilds: a projection made anew from the archive, beside the one that is read, and put in its place once it is sure.

A rebuild fills a new generation. Events that come meanwhile are counted into both, so what the archive must bring is
what was counted before. Then the two are compared, item by item. Equal ones are switched by themselves; ones that
differ only if that was asked for, because a difference is either the purpose of the rebuild or a fault.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from analytics.domain.generations import Generations
from backoffice.clock import rfc3339
from backoffice.domain import Aggregate, RuleBroken

PROJECTIONS = ("metrics",)

_CATCHES_UP_FOR = timedelta(minutes=20)


class Phase(StrEnum):
    """Where a rebuild stands. ``ready``: it differs from what is read, and waits for somebody to decide."""

    REQUESTED = "requested"
    REPLAYING = "replaying"
    CATCHING_UP = "catching_up"
    COMPARING = "comparing"
    READY = "ready"
    SWITCHED = "switched"
    SWITCHED_BACK = "switched_back"
    DISCARDED = "discarded"


UNDER_WAY = frozenset({Phase.REQUESTED, Phase.REPLAYING, Phase.CATCHING_UP, Phase.COMPARING})
OPEN = UNDER_WAY | {Phase.READY}
"""Phases in which no other rebuild of the projection may begin."""


class OnDifference(StrEnum):
    """What to do if the numbers differ: keep what is read, or switch all the same."""

    KEEP = "keep"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class Pass:
    """A way through the archive: ``position`` is the last file that has been replayed.

    The first pass takes all files, a later one those that were written ``since``.
    """

    began_at: datetime
    since: datetime | None = None
    position: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come. ``refused`` events are in the archive but cannot be read."""

    files: int = 0
    files_done: int = 0
    events: int = 0
    events_done: int = 0
    refused: int = 0

    def plus(self, files: int, events: int, refused: int) -> "Progress":
        """More files have been replayed; those that came after the first look are known of now."""
        done, events_done = self.files_done + files, self.events_done + events
        return replace(
            self,
            files=max(self.files, done),
            files_done=done,
            events=max(self.events, events_done),
            events_done=events_done,
            refused=self.refused + refused,
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing has found so far.

    ``events`` are counted in both; ``missing`` ones in what is read and not in the archive, ``surplus`` ones the other
    way round. ``different`` is how many of the ``items`` with sums are not the same.
    ``position`` is the key of the last item that was looked at.
    """

    items: int = 0
    different: int = 0
    events: int = 0
    missing: int = 0
    surplus: int = 0
    position: dict[str, str] | None = None

    @property
    def differences(self) -> int:
        """How many items and events are not the same."""
        return self.different + self.missing + self.surplus

    @property
    def is_begun(self) -> bool:
        """Whether anything has been looked at."""
        return bool(self.items or self.events or self.differences)


@dataclass(kw_only=True)
class Rebuild(Aggregate):
    """One rebuild of a projection.

    ``previous`` is the generation that was read when it began, ``generation`` the one that it fills; ``clearing`` are
    generations whose items are being deleted.
    """

    projection: str
    on_difference: OnDifference
    requested_at: datetime
    previous: str
    generation: str
    phase: Phase = Phase.REQUESTED
    started_at: datetime | None = None
    replayed_at: datetime | None = None
    finished_at: datetime | None = None
    touched_at: datetime
    current: Pass | None = None
    progress: Progress = field(default_factory=Progress)
    comparison: Comparison | None = None
    way_back: bool = False
    clearing: tuple[str, ...] = ()

    @property
    def is_under_way(self) -> bool:
        """Whether there is anything to do by itself."""
        return self.phase in UNDER_WAY or bool(self.clearing)

    @property
    def is_equal(self) -> bool | None:
        """Whether both generations were the same; None before they have been compared."""
        if self.comparison is None or self.phase in UNDER_WAY:
            return None
        return not (self.comparison.differences or self.progress.refused)

    @property
    def events_per_second(self) -> float | None:
        """How fast the archive was, or is being, replayed."""
        if self.started_at is None or not self.progress.events_done:
            return None
        seconds = ((self.replayed_at or self.touched_at) - self.started_at).total_seconds()
        return round(self.progress.events_done / seconds, 1) if seconds > 0 else None

    def begin(self, files: int, events: int, at: datetime) -> None:
        """The first pass begins; so much lies in the archive."""
        self.phase, self.started_at = Phase.REPLAYING, at
        self.progress, self.current = Progress(files=files, events=events), Pass(at)

    def replayed(self, key: str, files: int, events: int, refused: int) -> None:
        """Files have been replayed up to this one: so many that no earlier pass has seen, with so many events."""
        assert self.current is not None, "files are replayed in a pass"
        self.current = replace(self.current, position=key)
        self.progress = self.progress.plus(files, events, refused if files else 0)

    def catch_up(self, since: datetime, at: datetime) -> None:
        """Another pass begins: of the files written since then."""
        self.replayed_at = self.replayed_at or at
        self.phase, self.current = Phase.CATCHING_UP, Pass(at, since)

    def compare(self, comparison: Comparison | None = None) -> None:
        """What has been found so far; nothing, to begin with."""
        self.phase, self.comparison = Phase.COMPARING, comparison or Comparison()

    def compare_with(self, read: str) -> None:
        """Compare anew, with another generation that has come to be read meanwhile."""
        self.previous = read
        self.compare()

    def may_still_catch_up(self, at: datetime) -> bool:
        """Whether events that are missing may yet be on their way into the archive."""
        return self.replayed_at is not None and at - self.replayed_at < _CATCHES_UP_FOR

    @property
    def switches_by_itself(self) -> bool:
        """Whether the new generation takes the place of the one that is read without anybody's say."""
        found = self.comparison
        if found is None or found.missing or self.progress.refused:
            # No number may lose an event because it was not archived, or is no longer understood.
            return False
        return not found.differences or self.on_difference is OnDifference.SWITCH

    def await_decision(self, at: datetime) -> None:
        """It differs: somebody has to say what is to become of it."""
        self.phase, self.finished_at = Phase.READY, at

    def switch(self, generations: Generations, at: datetime) -> Generations:
        """Read the new generation from now on. Raises RuleBroken unless it is complete and beside what is read.

        The one that was read stays for a way back; what was kept before is dropped.
        """
        if self.phase not in (Phase.COMPARING, Phase.READY, Phase.SWITCHED_BACK):
            raise self._illegal("switch")
        if generations.read != self.previous:
            raise RuleBroken("compared_with_another", f"Generation {generations.read} is read, and was not compared.")
        assert self.comparison is not None, "what is switched has been compared"
        switched = generations.switch_to(self.generation)
        for older in set(generations.written) - {self.generation, generations.read}:
            switched, self.clearing = switched.stop(older), (*self.clearing, older)
        self.phase, self.way_back, self.finished_at = Phase.SWITCHED, True, at
        facts = {
            "rebuild_id": self.id,
            "projection": self.projection,
            "generation": self.generation,
            "previous_generation": self.previous,
            "events": self.comparison.events + self.comparison.surplus,
            "differences": self.comparison.differences,
            "requested_at": rfc3339(self.requested_at),
            "switched_at": rfc3339(at),
        }
        self.record("ProjectionRebuilt", facts, at)
        return switched

    def switch_back(self, generations: Generations, at: datetime) -> Generations:
        """Read the previous generation again, which has been written all the while. Raises RuleBroken."""
        if self.phase is not Phase.SWITCHED or generations.read != self.generation:
            raise self._illegal("switch_back")
        back = generations.switch_to(self.previous)
        self.phase, self.way_back, self.finished_at = Phase.SWITCHED_BACK, False, at
        return back

    def discard(self, generations: Generations, at: datetime) -> Generations:
        """Drop the one of the two generations that is not read. Raises RuleBroken if there is none."""
        if self.phase is Phase.DISCARDED:
            raise self._illegal("discard")
        if self.phase is Phase.SWITCHED:
            dropped, self.way_back = self.previous, False
        else:
            dropped, self.phase, self.finished_at = self.generation, Phase.DISCARDED, at
        stopped = generations.stop(dropped)
        self.clearing = (*self.clearing, dropped)
        return stopped

    def cleared(self, generation: str) -> None:
        """The items of a dropped generation are gone."""
        self.clearing = tuple(one for one in self.clearing if one != generation)

    def _illegal(self, action: str) -> RuleBroken:
        return RuleBroken("illegal_transition", f"A rebuild that is {self.phase} cannot {action}.", state=self.phase)
