"""Reading what has been counted."""

from datetime import datetime
from decimal import Decimal
from functools import cached_property

from analytics.domain.buckets import QUARTER, Addition, Dimensions, Record, number_of
from analytics.domain.intervals import Span
from analytics.domain.measures import ACCOUNT
from analytics.domain.planning import Read
from analytics.domain.series import Found
from analytics.store import keys, pages
from analytics.store.generations import GenerationStore
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

        One query for a flow and two for a level, for all series together (by account: for each account), as long as
        the days asked for have less than 1 MB.
        """
        if ACCOUNT not in read.dimensions:
            return self._records(read, None)
        found: dict[Dimensions, Record] = {}
        for account in read.accounts:
            found |= {(*values, account): record for values, record in self._records(read, account).items()}
        return found

    def _records(self, read: Read, account: str | None) -> dict[Dimensions, Record]:
        pk = keys.partition(read.measure, self.generation, read.dimensions, account)
        if not read.measure.is_level:
            return {values: Record(added) for values, added in self._additions(pk, read.span).items()}
        # Months that ended before the span are in the opening balance, the days of its first month come one by one.
        month = read.span.start.replace(day=1, hour=0, minute=0)
        additions, openings = self._additions(pk, Span(month, read.span.end)), self._openings(pk, month)
        return {
            values: Record(additions.get(values, []), openings.get(values, {}))
            for values in additions.keys() | openings.keys()
        }

    def _additions(self, pk: str, span: Span) -> dict[Dimensions, list[Addition]]:
        """What was added within the span. This loop is where a question spends its time, so it is a plain one."""
        first, end = number_of(span.start), number_of(span.end)
        last_day = (span.end - QUARTER).date()
        found: dict[Dimensions, list[Addition]] = {}
        for item in pages.items(self._table, pk, f"DAY#{span.start.date()}", f"DAY#{last_day}{keys.AFTER_ALL_VALUES}"):
            date, values = keys.period_and_values(item["sk"]["S"])
            midnight = number_of(datetime.fromisoformat(f"{date}T00:00Z"))
            additions = found.setdefault(values, [])
            for attribute, amount in item.items():
                quarter, bin = keys.quarter_and_bin(attribute)
                if quarter is not None and first <= midnight + quarter < end:
                    additions.append((midnight + quarter, bin, Decimal(amount["N"])))
        return {values: additions for values, additions in found.items() if additions}

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
