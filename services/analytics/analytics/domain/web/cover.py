"""Which cells an interval is made of: as few as possible, and together exactly the interval."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from analytics.domain.web.views import Length
from backoffice.domain import Invalid

MAX_PAGES = 20
"""Most pages of one question: each is read by itself."""

MAX_CELLS = 5_000
"""Most cells of one question: 208 days by hour, or by day of a zone other than UTC."""

QUARTERS = {Length.DAY: 96, Length.HOUR: 4, Length.QUARTER: 1}
"""How many quarter hours a cell is long, longest first; a cell starts at a multiple of that, in UTC."""

_MOST_BETWEEN = 48

Run = tuple[int, int]


def covered(bounds: Sequence[int]) -> dict[Length, list[int]]:
    """The starts of the cells that make up intervals, given the quarters at which those begin and the last one ends."""
    starts: dict[Length, list[int]] = {length: [] for length in QUARTERS}
    for start, end in pairwise(bounds):
        for length, first in _cells(start, end):
            starts[length].append(first)
    return starts


def check_size(bounds: Sequence[int], pages: int) -> None:
    """Raise Invalid if so many pages (none: all together) have too many cells in the intervals."""
    cells = sum(map(len, covered(bounds).values())) * max(pages, 1)
    if cells > MAX_CELLS:
        parts = f"Visitors of these intervals are {cells} parts to be read, of {MAX_CELLS} at most"
        raise Invalid.one("interval", f"{parts}: ask for longer ones, for fewer pages or for less time.")


def runs(length: Length, starts: Sequence[int]) -> list[Run]:
    """First and last start of cells that are best read together: few others lie between them."""
    found: list[Run] = []
    for start in starts:
        if found and start - found[-1][1] <= _MOST_BETWEEN * QUARTERS[length]:
            found[-1] = found[-1][0], start
        else:
            found.append((start, start))
    return found


def _cells(start: int, end: int) -> Iterator[tuple[Length, int]]:
    while start < end:
        length = next(one for one, size in QUARTERS.items() if start % size == 0 and start + size <= end)
        yield length, start
        start += QUARTERS[length]
