"""The records' table: one item for each row that a third party has sent, in a table of their own.

    pk USER#<user id>   sk <day>#<drop id>#<line>     gsi1pk TYPE#<event type>#<0..3>   gsi1sk as sk

The key follows from the row and its place, so the same file writes the same items, however often. A file has few event
types: four partitions each share the load of one that is read in.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from heapq import merge
from itertools import islice
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from analytics.domain.drops.records import Record
from analytics.store.bulk import BulkWriter
from backoffice.dynamodb import Item, Table, client
from backoffice.errors import BadStart

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging

_SHARDS = 4
_MOST_READS = 20
_AFTER_ALL = "~"


@dataclass(frozen=True)
class StoredRecord:
    """A record with the row that it comes from: a line of a drop's file."""

    user_id: str
    day: str
    event_type: str
    drop_id: str
    line: int


@dataclass(frozen=True)
class Wanted:
    """Records of a user, of an event type, or both; of days from ``start`` until before ``end``."""

    user_id: str | None
    event_type: str | None
    start: date | None
    end: date | None


class RecordStore:
    """What third parties have told."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table(os.environ["RECORDS_TABLE_NAME"], client("dynamodb"))

    def writer(self) -> BulkWriter:
        """Takes what ``request_of`` has made of records."""
        return BulkWriter(self._table.name)

    @staticmethod
    def request_of(drop_id: str) -> Callable[[int, Record], str]:
        """What makes the request that writes a record of a drop, of its line and itself."""

        def request(line: int, record: Record) -> str:
            user_id, day, event_type = record
            place = f"{day}#{drop_id}#{line:012}"
            return (
                f'{{"PutRequest":{{"Item":{{"pk":{{"S":{encode_basestring("USER#" + user_id)}}},'
                f'"sk":{{"S":"{place}"}},"gsi1sk":{{"S":"{place}"}},'
                f'"gsi1pk":{{"S":"{_partition(event_type, line % _SHARDS)}"}}}}}}}}'
            )

        return request

    def find(self, wanted: Wanted, page: "Paging") -> tuple[list[StoredRecord], dict[str, str] | None]:
        """Records by day, and where the next page starts.

        By event type one read for each of its partitions; by user one read, more if a type is wanted that is rare with
        that user. A page may then be shorter than its limit. Raises BadStart.
        """
        reach = _reach(wanted, page.start)
        if wanted.user_id is not None:
            return self._of_user(wanted, reach, page.limit)
        return self._of_type(str(wanted.event_type), reach, page.limit)

    def _of_user(
        self, wanted: Wanted, reach: tuple[str, str], limit: int
    ) -> tuple[list[StoredRecord], dict[str, str] | None]:
        found: list[StoredRecord] = []
        start = None
        for _ in range(_MOST_READS):
            read = self._table.query(f"USER#{wanted.user_id}", sk_between=reach, limit=limit - len(found), start=start)
            records = [_record(item) for item in read.items]
            found += [one for one in records if wanted.event_type in (None, one.event_type)]
            start = read.last_key
            if start is None:
                return found, None
            if len(found) == limit:
                break
        return found, {"after": start["sk"]} if start else None

    def _of_type(
        self, event_type: str, reach: tuple[str, str], limit: int
    ) -> tuple[list[StoredRecord], dict[str, str] | None]:
        reads = [
            self._table.query(_partition(event_type, shard), sk_between=reach, index="gsi1", limit=limit + 1)
            for shard in range(_SHARDS)
        ]
        ordered = merge(*(read.items for read in reads), key=lambda item: str(item["sk"]))
        items = list(islice(ordered, limit + 1))
        following = {"after": items[limit - 1]["sk"]} if len(items) > limit else None
        return [_record(item) for item in items[:limit]], following


def _reach(wanted: Wanted, start: dict[str, str] | None) -> tuple[str, str]:
    first = f"{wanted.start}" if wanted.start else ""
    if start is not None:
        if "after" not in start:
            raise BadStart("a cursor of records names the one before")
        first = f"{start['after']}!"
    # A day sorts before all that begins with it and goes on with "#".
    return first or "0", f"{wanted.end}" if wanted.end else _AFTER_ALL


def _record(item: Item) -> StoredRecord:
    day, drop_id, line = item["sk"].split("#")
    event_type = item["gsi1pk"].removeprefix("TYPE#").rpartition("#")[0]
    return StoredRecord(item["pk"].removeprefix("USER#"), day, event_type, drop_id, int(line))


@lru_cache(4096)
def _partition(event_type: str, shard: int) -> str:
    return f"TYPE#{event_type}#{shard}"
