"""Page views: when one counts, and what it changes."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from analytics.domain.buckets import Change, fold, quarter_of
from analytics.domain.measures import PAGE_VIEWS
from analytics.domain.web.pages import OTHER

EARLIEST = timedelta(days=7)
"""How long after it happened a view is taken; for as long its id is remembered."""

LATEST = timedelta(minutes=5)
"""How far in the future a view may lie: not all clocks are right."""

MOST_PAGES = 500
"""Pages of a UTC day and a shard that are told apart; further ones count as other."""

MOST_IDS = 40_000
"""Views of a minute and a shard whose ids are remembered, 670 a second: of more, the first are forgotten."""


@dataclass(frozen=True, slots=True)
class PageView:
    """A page that somebody looked at; ``visitor`` is a keyed hash of 64 bits in place of who it was."""

    event_id: str
    page: str
    visitor: int
    occurred_at: datetime

    @property
    def minute(self) -> datetime:
        """The minute in which it happened: with it, its id is remembered."""
        return self.occurred_at.replace(second=0, microsecond=0)

    @property
    def day(self) -> str:
        """The UTC day on which it happened."""
        return self.occurred_at.date().isoformat()


class Length(StrEnum):
    """The lengths of time for which visitors are kept."""

    QUARTER = "quarter"
    HOUR = "hour"
    DAY = "day"


class Cell(NamedTuple):
    """A page, or None for all pages, during a length of time: a sketch knows who looked at it then."""

    page: str | None
    length: Length
    start: datetime


Digests = dict[bytes, None]
"""Short digests of names, oldest first."""


@dataclass
class Standing:
    """How far a shard of the stream has been counted, and what is remembered to count the rest.

    A shard numbers its records in rising order. ``saved`` is the number that the last save brought it to.
    ``ids`` are those of the views of a minute, ``pages`` those of a day; ``changed`` names what is not saved yet.
    """

    number: int = -1
    saved: int = -1
    ids: dict[datetime, Digests] = field(default_factory=dict)
    pages: dict[str, Digests] = field(default_factory=dict)
    changed: set[datetime | str] = field(default_factory=set)

    def admit(self, number: int, view: PageView) -> PageView | None:
        """The view as it counts; None if it has been counted before, by its number or as another record of its id."""
        if number <= self.number:
            return None
        self.number = number
        ids, digest = self.ids.setdefault(view.minute, {}), digest_of(view.event_id)
        if digest in ids:
            return None
        ids[digest] = None
        self.changed.add(view.minute)
        if len(ids) > MOST_IDS:
            del ids[next(iter(ids))]
        return replace(view, page=self._told_apart(view))

    def _told_apart(self, view: PageView) -> str:
        pages, digest = self.pages.setdefault(view.day, {}), digest_of(view.page)
        if digest in pages:
            return view.page
        if len(pages) >= MOST_PAGES:
            return OTHER
        pages[digest] = None
        self.changed.add(view.day)
        return view.page


@dataclass
class Tally:
    """What some views come to: their numbers by page and quarter, and the visitors of each cell."""

    views: int = 0
    visitors: dict[Cell, set[int]] = field(default_factory=dict)
    _changes: list[Change] = field(default_factory=list)
    _items: set[object] = field(default_factory=set)

    def add(self, view: PageView) -> None:
        """Count a view."""
        self.views += 1
        self._items |= _items(view)
        self._changes.append(Change(PAGE_VIEWS, (view.page,), quarter_of(view.occurred_at), Decimal(1)))
        for cell in _cells(view):
            self.visitors.setdefault(cell, set()).add(view.visitor)

    @property
    def changes(self) -> list[Change]:
        """What the views add to buckets."""
        return fold(self._changes)

    def items_with(self, view: PageView) -> int:
        """How many items would be written, at most, if this view counted, too."""
        return len(self._items | _items(view))


def digest_of(name: str) -> bytes:
    """Eight bytes that stand for a name: two of a million names are the same once in 37 million times."""
    return blake2b(name.encode(), digest_size=8).digest()


def _cells(view: PageView) -> Iterator[Cell]:
    quarter = quarter_of(view.occurred_at)
    hour = quarter.replace(minute=0)
    for page in dict.fromkeys((None, view.page)):
        yield Cell(page, Length.QUARTER, quarter)
        yield Cell(page, Length.HOUR, hour)
        yield Cell(page, Length.DAY, hour.replace(hour=0))


def _items(view: PageView) -> set[object]:
    """What a view writes to: its cells, the numbers of its page and of all, its id, and its page."""
    return {*_cells(view), view.minute, view.day, (None, view.day), (view.page, view.day)}
