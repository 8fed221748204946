"""Reading what has been counted."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from analytics.domain.buckets import QUARTER, Addition, Dimensions, Record, Rollup, number_of
from analytics.domain.intervals import Span
from analytics.domain.measures import ACCOUNT
from analytics.domain.planning import Read
from analytics.domain.series import Found
from analytics.store import keys, pages
from analytics.store.generations import GenerationStore
from analytics.store.packing import unpacked
from analytics.store.visitors import VisitorReader
from backoffice.dynamodb import Table

_Openings = dict[Dimensions, dict[int | None, Decimal]]


class Reader:
    """What has been counted, as it stands in one generation: a given one, or the one to be read when it reads first."""

    def __init__(self, table: Table | None = None, generation: str | None = None) -> None:
        self._table = table or Table.from_env()
        self._given = generation

    @cached_property
    def generation(self) -> str:
        """The generation that is read, from the first to the last read of it."""
        return self._given or GenerationStore(self._table).current().read

    def read(self, read: Read) -> Found:
        """What is on record of a measure around the span asked for, for each of its series that has anything.

        Two queries for a flow and three for a level, for all series together, as long as the days asked for have less
        than 1 MB. By account it is one less, for each account.
        """
        if read.measure.has_sketches:
            return VisitorReader(self._table).read(read)
        if ACCOUNT not in read.dimensions:
            return self._records(read, None)
        found: dict[Dimensions, Record] = {}
        for account in read.accounts:
            found |= {(*values, account): record for values, record in self._records(read, account).items()}
        return found

    def _records(self, read: Read, account: str | None) -> dict[Dimensions, Record]:
        pk = keys.partition(read.measure, self.generation, read.dimensions, account)
        if not read.measure.is_level:
            return self._days(read, pk, read.span)
        # Months that ended before the span are in the opening balance, the days of its first month come one by one.
        month = read.span.start.replace(day=1, hour=0, minute=0)
        days, openings = self._days(read, pk, Span(month, read.span.end)), self._openings(pk, month)
        return {
            values: replace(days.get(values, Record()), opening=openings.get(values, {}))
            for values in days.keys() | openings.keys()
        }

    def _days(self, read: Read, pk: str, span: Span) -> dict[Dimensions, Record]:
        """What was added within the span: what days tell, and what has been absorbed of them."""
        days = list(self._items(pk, keys.DAY, span))
        if not keys.is_rolled_up(read.measure, read.dimensions):
            return _records(days, span)
        # In this order, so that whatever is absorbed meanwhile shows at least once.
        rollups = list(self._items(pk, keys.rollup_for(read.hours_begin), span))
        absorbed = {birth for rollup in rollups for birth in rollup["absorbed"]["M"]}
        return _records([*(day for day in days if _birth(day) not in absorbed), *rollups], span)

    def _items(self, pk: str, kind: str, span: Span) -> Iterator[pages.RawItem]:
        last_day = (span.end - QUARTER).date()
        return pages.items(self._table, pk, f"{kind}#{span.start.date()}", f"{kind}#{last_day}{keys.AFTER_ALL_VALUES}")

    def _openings(self, pk: str, month: datetime) -> _Openings:
        """What was added in the months before."""
        openings: _Openings = {}
        for item in pages.items(self._table, pk, "YEAR#", f"YEAR#{month.year:04}{keys.AFTER_ALL_VALUES}"):
            year, values = keys.period_and_values(item["sk"]["S"])
            before = keys.MONTHS if int(year) < month.year else keys.MONTHS[: month.month - 1]
            for attribute, amount in item.items():
                if attribute[:3] in before:
                    opening = openings.setdefault(values, {})
                    _, bin = keys.quarter_and_bin(attribute)
                    opening[bin] = opening.get(bin, Decimal(0)) + Decimal(amount["N"])
        return openings


def _records(items: Iterable[pages.RawItem], span: Span) -> dict[Dimensions, Record]:
    """What days have of a span, by series. This loop is where a question spends its time, so it is a plain one."""
    first, end = number_of(span.start), number_of(span.end)
    found: dict[Dimensions, tuple[list[Addition], list[Rollup]]] = {}
    for item in items:
        date, values = keys.period_and_values(item["sk"]["S"])
        midnight = number_of(datetime.fromisoformat(f"{date}T00:00Z"))
        additions, rollups = found.setdefault(values, ([], []))
        for attribute, value in item.items():
            quarter, bin = keys.quarter_and_bin(attribute)
            if quarter is None or not first <= midnight + quarter < end:
                continue
            if "N" in value:
                additions.append((midnight + quarter, bin, Decimal(value["N"])))
            else:
                rollups.append((midnight + quarter, unpacked(pages.blob(value))))
    return {
        values: Record(additions, rollups=rollups)
        for values, (additions, rollups) in found.items()
        if additions or rollups
    }


def _birth(day: pages.RawItem) -> str | None:
    return day["born"]["S"] if "born" in day else None
