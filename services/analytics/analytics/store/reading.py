"""Reading what has been counted."""

from collections.abc import Container, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from analytics.domain.buckets import QUARTER, Addition, Dimensions, Record, number_of
from analytics.domain.intervals import Span
from analytics.domain.measures import ACCOUNT
from analytics.domain.planning import Read
from analytics.domain.series import Found
from analytics.store import keys
from analytics.store.generations import GenerationStore
from backoffice.dynamodb import Item, Table

_QUARTERS_OF_A_DAY = timedelta(days=1) // QUARTER


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

        One query for a flow and two for a level, for all series together (by account: for each account), as long as
        the days asked for have less than 1 MB.
        """
        found: dict[Dimensions, Record] = {}
        if ACCOUNT not in read.dimensions:
            return self._records(read, None)
        for account in read.accounts:
            found |= {(*values, account): record for values, record in self._records(read, account).items()}
        return found

    def _records(self, read: Read, account: str | None) -> dict[Dimensions, Record]:
        pk = keys.partition(read.measure, self.generation, read.dimensions, account)
        if not read.measure.is_level:
            return _series(self._additions(pk, read.span), {})
        # Months that ended before the span are in the opening balance, the days of its first month come one by one.
        month = read.span.start.replace(day=1, hour=0, minute=0)
        return _series(self._additions(pk, Span(month, read.span.end)), self._openings(pk, month))

    def _additions(self, pk: str, span: Span) -> Iterator[tuple[Dimensions, list[Addition]]]:
        first, end = number_of(span.start), number_of(span.end)
        last = (span.end - QUARTER).date()
        reach = f"DAY#{span.start.date()}", f"DAY#{last}{keys.AFTER_ALL_VALUES}"
        for item in self._table.query_all(pk, sk_between=reach):
            date, values = keys.period_and_values(item["sk"])
            midnight = number_of(datetime.fromisoformat(f"{date}T00:00Z"))
            additions = [
                Addition(midnight + keys.QUARTERS[quarter], bin, amount)
                for quarter, bin, amount in _amounts(item, keys.QUARTERS)
            ]
            yield values, [addition for addition in additions if first <= addition.number < end]

    def _openings(self, pk: str, month: datetime) -> dict[Dimensions, dict[int | None, Decimal]]:
        openings: dict[Dimensions, dict[int | None, Decimal]] = {}
        reach = "YEAR#", f"YEAR#{month.year:04}{keys.AFTER_ALL_VALUES}"
        for item in self._table.query_all(pk, sk_between=reach):
            year, values = keys.period_and_values(item["sk"])
            before = 12 if int(year) < month.year else month.month - 1
            months = [f"m{number:02}" for number in range(1, before + 1)]
            for _, bin, amount in _amounts(item, months):
                opening = openings.setdefault(values, {})
                opening[bin] = opening.get(bin, Decimal(0)) + amount
        return openings


def _amounts(item: Item, periods: Container[str]) -> Iterator[tuple[str, int | None, Decimal]]:
    """The amounts of these quarters or months: each with its period, and its bin."""
    for attribute, amount in item.items():
        period, _, bin = attribute.partition("_")
        if period in periods:
            yield period, int(bin) if bin else None, amount


def _series(
    found: Iterator[tuple[Dimensions, list[Addition]]], openings: dict[Dimensions, dict[int | None, Decimal]]
) -> dict[Dimensions, Record]:
    additions: dict[Dimensions, list[Addition]] = {values: [] for values in openings}
    for values, more in found:
        if more:
            additions.setdefault(values, []).extend(more)
    return {values: Record(listed, openings.get(values, {})) for values, listed in additions.items()}
