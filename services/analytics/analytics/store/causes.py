"""Reading the events behind a number, page by page."""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING

from analytics.domain.buckets import quarter_at
from analytics.domain.causes import Bucket, behind, eventful_quarters
from analytics.domain.explaining import Measured
from analytics.store import marks
from analytics.store.reading import Reader
from backoffice.dynamodb import Item, Table
from backoffice.errors import BadStart

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging

_MOST_LOOKED_AT = 5_000


class CauseStore:
    """The events behind the numbers, as they were marked when they were counted."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def find(self, bucket: Bucket, page: "Paging") -> tuple[list[Measured], dict[str, str] | None]:
        """The events behind a bucket, and where the next page starts; by quarter hour, then by event id.

        An event that changed several quarter hours is found once in each. What the series has added to tells the hours
        to look at, so hours without such events cost nothing: two queries or three for a metric, then four for each
        hour. A page is shorter than its limit where thousands of other events lie between. Raises Invalid, BadStart.
        """
        after = self._after(page.start)
        reader = Reader(self._table)
        quarters = [marks.minute(quarter_at(number)) for number in eventful_quarters(bucket, reader)]
        left = [quarter for quarter in quarters if quarter >= after.partition("#")[0]]
        found: list[Measured] = []
        last = after
        for number, item in enumerate(self._marked(reader.generation, left, after)):
            event = behind(bucket, marks.event_of(item, bucket.measures))
            if event and len(found) == page.limit or number == _MOST_LOOKED_AT:
                return found, {"after": last}
            if event:
                found.append(event)
            last = item["gsi1sk"]
        return found, None

    @staticmethod
    def _after(start: dict[str, str] | None) -> str:
        if start is None:
            return ""
        if "after" not in start:
            raise BadStart("a cursor of events names the one before")
        return start["after"]

    def _marked(self, generation: str, quarters: Sequence[str], after: str) -> Iterator[Item]:
        """What was marked in these quarters, and in those between them of the same hour."""
        for hour, wanted in groupby(quarters, key=marks.hour_of):
            first, *further = wanted
            reach = max(first, f"{after}!"), f"{[first, *further][-1]}~"
            shards = (
                self._table.query_all(marks.partition(generation, hour, shard), index="gsi1", sk_between=reach)
                for shard in range(marks.HOUR_SHARDS)
            )
            yield from merge(*shards, key=lambda item: str(item["gsi1sk"]))
