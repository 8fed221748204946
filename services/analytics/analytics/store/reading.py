"""Reading what has been counted."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time
from decimal import Decimal

from analytics.domain.buckets import QUARTER, Dimensions, Record
from analytics.domain.catalogue import Kind, Metric
from analytics.domain.intervals import Span
from analytics.store import keys
from backoffice.dynamodb import Table


class Reader:
    """What has been counted, as it stands in one generation."""

    def __init__(self, table: Table | None = None, generation: str = keys.FIRST_GENERATION) -> None:
        self._table = table or Table.from_env()
        self._generation = generation

    def read(self, metric: Metric, span: Span) -> dict[Dimensions, Record]:
        """What is on record of a metric within ``span``, for each of its series that has anything.

        One query for a flow and two for a level, for all series together, as long as the days asked for have less
        than 1 MB: two years of a series in which something happened in every single quarter hour.
        """
        if metric.kind is Kind.FLOW:
            return _records(span, self._quarters(metric, span), {})
        # Months that ended before the span are in the opening balance, the days of its first month come one by one.
        month = span.start.replace(day=1, hour=0, minute=0)
        since = Span(month, span.end)
        return _records(since, self._quarters(metric, since), self._openings(metric, month))

    def _quarters(self, metric: Metric, span: Span) -> Iterator[tuple[Dimensions, datetime, Decimal]]:
        last = (span.end - QUARTER).date()
        reach = f"DAY#{span.start.date()}", f"DAY#{last}{keys.AFTER_ALL_VALUES}"
        for item in self._table.query_all(keys.partition(metric, self._generation), sk_between=reach):
            date, dimensions = keys.period_and_dimensions(item)
            midnight = datetime.combine(datetime.fromisoformat(date), time.min, UTC)
            for attribute in item.keys() & keys.QUARTERS.keys():
                yield dimensions, midnight + keys.QUARTERS[attribute], item[attribute]

    def _openings(self, metric: Metric, month: datetime) -> dict[Dimensions, Decimal]:
        openings: dict[Dimensions, Decimal] = {}
        reach = "YEAR#", f"YEAR#{month.year:04}{keys.AFTER_ALL_VALUES}"
        for item in self._table.query_all(keys.partition(metric, self._generation), sk_between=reach):
            year, dimensions = keys.period_and_dimensions(item)
            before = 12 if int(year) < month.year else month.month - 1
            earlier = [item[name] for number in range(1, before + 1) if (name := f"m{number:02}") in item]
            if earlier:
                openings[dimensions] = openings.get(dimensions, Decimal(0)) + sum(earlier)
        return openings


def _records(
    span: Span,
    found: Iterable[tuple[Dimensions, datetime, Decimal]],
    openings: Mapping[Dimensions, Decimal],
) -> dict[Dimensions, Record]:
    sums: dict[Dimensions, dict[datetime, Decimal]] = {dimensions: {} for dimensions in openings}
    for dimensions, quarter, amount in found:
        if span.start <= quarter < span.end:
            sums.setdefault(dimensions, {})[quarter] = amount
    return {dimensions: Record(amounts, openings.get(dimensions, Decimal(0))) for dimensions, amounts in sums.items()}
