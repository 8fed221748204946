"""Counting what a shard of the stream brings: its sums, its visitors and how far it has come, in one transaction.

    pk SHARD#<shard>         sk STANDING    number
    pk SHARD#<shard>#IDS     sk <minute>    digests
    pk SHARD#<shard>#PAGES   sk <day>       digests

One worker at a time works on a shard, in the order of its records. Should there be a second one (AWS has given up on
the first, which still lives), the number tells: the later transaction finds it moved, and fails.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from analytics.domain.web.views import Digests, PageView, Standing, Tally
from analytics.domain.web.visitors import packed, sketch_of, union, unpacked
from analytics.store import keys, visitors
from backoffice.dynamodb import Item, Table
from backoffice.errors import STALE
from backoffice.transactions import Transaction

MOST_ITEMS = 99
"""Of a tally that is saved at once: a transaction has 100 at most, and one is the standing."""

_STANDING = "STANDING"
_MOST_READ = 100
_DIGEST = 8
# A view is taken for a week after it happened, and may rest in the stream for another one.
_KEPT = timedelta(days=16)

_Key = tuple[str, str]


class VisitStore:
    """What shards of the stream of page views have been counted to."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def standing(self, shard: str, views: Iterable[PageView]) -> Standing:
        """How far a shard has been counted, and what is remembered around these views."""
        views = list(views)
        ids = {_ids(shard, minute): minute for minute in {view.minute for view in views}}
        pages = {_pages(shard, day): day for day in {view.day for view in views}}
        place = _place(shard)
        found = self._read([place, *ids, *pages])
        number = int(found[place]["number"]) if place in found else -1
        return Standing(
            number,
            number,
            {minute: _digests(found.get(key)) for key, minute in ids.items()},
            {day: _digests(found.get(key)) for key, day in pages.items()},
        )

    def save(self, shard: str, standing: Standing, tally: Tally) -> None:
        """Add a tally of ``MOST_ITEMS`` at most to what has been counted, and the shard's new standing.

        One read and one transaction. Raises StaleVersion if somebody else has counted this shard in the meantime.
        """
        transaction = Transaction(self._table)
        _advance(transaction, shard, standing)
        for item in _remembered(shard, standing):
            transaction.put(item)
        for (pk, sk), amounts in _sums(shard, tally).items():
            additions = ", ".join(f"{attribute} :{attribute}" for attribute in amounts)
            values = {f":{attribute}": amount for attribute, amount in amounts.items()}
            transaction.update(pk, sk, f"ADD {additions}", values=values)
        for item in self._cells(shard, tally):
            transaction.put(item)
        transaction.commit()
        standing.saved = standing.number
        standing.changed.clear()

    def _cells(self, shard: str, tally: Tally) -> Iterator[Item]:
        places = {visitors.key(cell, shard): seen for cell, seen in tally.visitors.items()}
        found = self._read(list(places))
        for place, seen in places.items():
            sketch = sketch_of(seen)
            if place in found:
                sketch = union([sketch, unpacked(bytes(found[place]["sketch"]))])
            yield {"pk": place[0], "sk": place[1], "sketch": packed(sketch)}

    def _read(self, wanted: Sequence[_Key]) -> dict[_Key, Item]:
        found: dict[_Key, Item] = {}
        for first in range(0, len(wanted), _MOST_READ):
            found |= self._table.get_all(wanted[first : first + _MOST_READ])
        return found


def _advance(transaction: Transaction, shard: str, standing: Standing) -> None:
    pk, sk = _place(shard)
    transaction.update(
        pk,
        sk,
        "SET #number = :number",
        names={"#number": "number"},
        values={":number": str(standing.number), ":saved": str(standing.saved)},
        condition="#number = :saved" + (" OR attribute_not_exists(pk)" if standing.saved < 0 else ""),
        conflict=STALE,
    )


def _remembered(shard: str, standing: Standing) -> Iterator[Item]:
    for changed in standing.changed:
        if isinstance(changed, datetime):
            (pk, sk), digests, at = _ids(shard, changed), standing.ids[changed], changed
        else:
            (pk, sk), digests = _pages(shard, changed), standing.pages[changed]
            at = datetime.fromisoformat(changed).replace(tzinfo=UTC)
        yield {"pk": pk, "sk": sk, "digests": b"".join(digests), "expires_at": int((at + _KEPT).timestamp())}


def _sums(shard: str, tally: Tally) -> dict[_Key, Counter[str]]:
    sums: dict[_Key, Counter[str]] = {}
    for change in tally.changes:
        for pk, sk, attribute in keys.places(change, keys.NEVER_REBUILT):
            sums.setdefault((pk, f"{sk}{keys.SHARD}{shard}"), Counter())[attribute] += int(change.amount)
    return sums


def _place(shard: str) -> _Key:
    return f"SHARD#{shard}", _STANDING


def _ids(shard: str, minute: datetime) -> _Key:
    return f"SHARD#{shard}#IDS", f"{minute:%Y-%m-%dT%H:%M}"


def _pages(shard: str, day: str) -> _Key:
    return f"SHARD#{shard}#PAGES", day


def _digests(item: Item | None) -> Digests:
    kept = bytes(item["digests"]) if item else b""
    return {kept[first : first + _DIGEST]: None for first in range(0, len(kept), _DIGEST)}
