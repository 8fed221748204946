"""The metrics' table: keys, and the one transaction that counts an event.

One item holds a UTC day of a series, with an attribute for each quarter hour in which something happened; a
month of full quarters is 30 items. A level has one item more for each year, with the sum of each month: its
opening balance is read from those, and from the days of its first month, however long its history is.

    pk METRIC#<generation>#<metric>[#<dimension>...]   sk DAY#<date>[#<value>...]     t0000 ... t2345
                                                       sk YEAR#<year>[#<value>...]    m01 ... m12

An event's changes to an item are one ADD, so their order does not matter.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from urllib.parse import quote, unquote

from analytics.domain.buckets import QUARTER, Change, Dimensions, Record
from analytics.domain.catalogue import Kind, Metric
from analytics.domain.intervals import Span
from backoffice.dynamodb import Item, Table
from backoffice.transactions import Transaction

# The keys leave room for a second generation that is rebuilt beside the one in use.
_GENERATION = "1"
_AFTER_ALL_VALUES = "~"
_QUARTERS = {
    f"t{hour:02}{minute:02}": timedelta(hours=hour, minutes=minute) for hour in range(24) for minute in range(0, 60, 15)
}

_Key = tuple[str, str]


class Store:
    """What has been counted."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def count(self, event_id: str, changes: Iterable[Change]) -> None:
        """Add an event's changes to their buckets and mark it as seen, in one transaction.

        Raises AlreadySeen, and changes nothing, if the event was counted before.
        """
        transaction = Transaction(self._table)
        transaction.once(event_id)
        for (pk, sk), amounts in _by_item(changes).items():
            additions = ", ".join(f"{attribute} :{attribute}" for attribute in amounts)
            values = {f":{attribute}": amount for attribute, amount in amounts.items()}
            transaction.update(pk, sk, f"ADD {additions}", values=values)
        transaction.commit()

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
        reach = f"DAY#{span.start.date()}", f"DAY#{last}{_AFTER_ALL_VALUES}"
        for item in self._table.query_all(_pk(metric), sk_between=reach):
            date, dimensions = _of_sk(item)
            midnight = datetime.combine(datetime.fromisoformat(date), time.min, UTC)
            for attribute in item.keys() & _QUARTERS.keys():
                yield dimensions, midnight + _QUARTERS[attribute], item[attribute]

    def _openings(self, metric: Metric, month: datetime) -> dict[Dimensions, Decimal]:
        openings: dict[Dimensions, Decimal] = {}
        reach = "YEAR#", f"YEAR#{month.year:04}{_AFTER_ALL_VALUES}"
        for item in self._table.query_all(_pk(metric), sk_between=reach):
            year, dimensions = _of_sk(item)
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


def _by_item(changes: Iterable[Change]) -> dict[_Key, dict[str, Decimal]]:
    """What to add to which attributes; a transaction must not name an item twice."""
    items: dict[_Key, dict[str, Decimal]] = {}
    for change in changes:
        for sk, attribute in _places(change):
            amounts = items.setdefault((_pk(change.metric), sk), {})
            amounts[attribute] = amounts.get(attribute, Decimal(0)) + change.amount
    return items


def _places(change: Change) -> Iterator[tuple[str, str]]:
    values = "".join(f"#{quote(value, safe='')}" for value in change.dimensions)
    yield f"DAY#{change.quarter.date()}{values}", f"t{change.quarter:%H%M}"
    if change.metric.kind is Kind.LEVEL:
        yield f"YEAR#{change.quarter.year:04}{values}", f"m{change.quarter.month:02}"


def _pk(metric: Metric) -> str:
    return "#".join(["METRIC", _GENERATION, metric.name, *metric.dimensions])


def _of_sk(item: Item) -> tuple[str, Dimensions]:
    """The period and the dimensions that an item is about."""
    _, period, *values = item["sk"].split("#")
    return period, tuple(unquote(value) for value in values)
