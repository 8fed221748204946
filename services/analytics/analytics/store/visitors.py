"""Who visited: one item for each cell of a page and a length of time, with its sketch.

    pk VISITORS#<length>[#<page>]   sk <start>~<shard>     sketch

Each shard of the stream has cells of its own, so that none waits for another; readers unite them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from analytics.domain.buckets import Dimensions, Record, Sketched, number_of, quarter_at
from analytics.domain.planning import Read
from analytics.domain.web.cover import covered, runs
from analytics.domain.web.views import Cell, Length
from analytics.store import pages
from analytics.store.keys import AFTER_ALL_VALUES, SHARD
from backoffice.dynamodb import Table

Key = tuple[str, str]


def key(cell: Cell, shard: str) -> Key:
    """Where a shard keeps a cell."""
    return _partition(cell.page, cell.length), f"{cell.start:%Y-%m-%dT%H:%M}{SHARD}{shard}"


class VisitorReader:
    """The visitors of intervals, from the cells that those are made of."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, read: Read) -> dict[Dimensions, Record]:
        """What is on record of each page asked for, or of all together.

        Quarters, hours and days are read where an interval needs them: hours are one query, months two for each month
        and one for the days, each page by itself.
        """
        if not read.dimensions:
            return {(): Record(sketches=list(self._sketches(None, read.bounds)))}
        found = {page: list(self._sketches(page, read.bounds)) for page in read.pages}
        return {(page,): Record(sketches=sketches) for page, sketches in found.items() if sketches}

    def _sketches(self, page: str | None, bounds: Iterable[int]) -> Iterator[Sketched]:
        for length, starts in covered(tuple(bounds)).items():
            wanted = set(starts)
            for first, last in runs(length, starts):
                for number, sketch in self._run(page, length, first, last):
                    if number in wanted:
                        yield number, sketch

    def _run(self, page: str | None, length: Length, first: int, last: int) -> Iterator[Sketched]:
        reach = f"{quarter_at(first):%Y-%m-%dT%H:%M}", f"{quarter_at(last):%Y-%m-%dT%H:%M}{AFTER_ALL_VALUES}"
        for item in pages.items(self._table, _partition(page, length), *reach):
            start = datetime.fromisoformat(item["sk"]["S"].partition(SHARD)[0] + "Z")
            yield number_of(start), pages.blob(item["sketch"])


def _partition(page: str | None, length: Length) -> str:
    return f"VISITORS#{length}" if page is None else f"VISITORS#{length}#{page}"
