"""From what is on record to the series that answer a question."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from analytics.domain.buckets import Addition, Dimensions, Record, Rollup, Sketched
from analytics.domain.catalogue import Metric
from analytics.domain.measures import CURRENCY, Measure
from analytics.domain.planning import Filters, Plan, Read
from analytics.domain.reckoning import Ledger, Value
from backoffice.domain import Invalid

MAX_POINTS = 30_000
"""Most points of one answer, all series together: some 3 MB of JSON, half of what Lambda can return."""

Found = Mapping[Dimensions, Record]
"""What is on record of a measure, by the dimensions that it was read by."""

Groups = Mapping[Dimensions, Sequence[Record]]
"""The records that belong together, by the dimensions that split an answer."""


@dataclass(frozen=True, slots=True)
class Series:
    """A metric's values for one combination of the dimensions that split it, one for each interval of the plan."""

    metric: Metric
    dimensions: Mapping[str, str]
    values: Sequence[Value]


def assemble(plan: Plan, found: Mapping[Measure, Found]) -> list[Series]:
    """The series that answer a plan, by metric in the order asked and then by dimensions.

    A series appears if something is on record of it, or if the filters name each of its dimensions (a
    metric that nothing splits always appears). Raises Invalid if there would be too many points.
    """
    grouped = {read.measure: _grouped(plan, read, found[read.measure]) for read in plan.reads}
    wanted = [
        (metric, dimensions)
        for metric in plan.metrics
        for dimensions in _dimensions(plan, metric, [grouped[measure] for measure in metric.measures])
    ]
    if len(wanted) * len(plan.spans) > MAX_POINTS:
        there_are = f"{len(wanted)} series of {len(plan.spans)} intervals"
        raise Invalid.one("interval", f"{there_are} are more than {MAX_POINTS} points: ask for less at once.")
    ledgers: dict[tuple[Measure, Dimensions], Ledger] = {}

    def ledger(measure: Measure, dimensions: Dimensions) -> Ledger:
        if (measure, dimensions) not in ledgers:
            record = _joined(grouped[measure].get(dimensions, ()))
            ledgers[measure, dimensions] = Ledger(record, plan.timeline)
        return ledgers[measure, dimensions]

    return [
        Series(
            metric,
            dict(zip(_split(plan, metric.dimensions), dimensions, strict=True)),
            metric.formula([ledger(measure, dimensions) for measure in metric.measures]),
        )
        for metric, dimensions in wanted
    ]


def _split(plan: Plan, dimensions: Iterable[str]) -> list[str]:
    return [dimension for dimension in dimensions if dimension == CURRENCY or dimension in plan.split_by]


def _grouped(plan: Plan, read: Read, found: Found) -> Groups:
    """The records that a filter lets through, by the dimensions that the question splits them by."""
    kept = _split(plan, read.dimensions)
    groups: dict[Dimensions, list[Record]] = {}
    for values, record in found.items():
        named = dict(zip(read.dimensions, values, strict=True))
        if matches(named, plan.filters):
            groups.setdefault(tuple(named[dimension] for dimension in kept), []).append(record)
    return groups


def matches(named: Mapping[str, str], filters: Filters) -> bool:
    """Whether filters let the values of dimensions through."""
    return all(value in filters[dimension] for dimension, value in named.items() if dimension in filters)


def _dimensions(plan: Plan, metric: Metric, on_record: Iterable[Iterable[Dimensions]]) -> list[Dimensions]:
    split = _split(plan, metric.dimensions)
    if all(dimension in plan.filters for dimension in split):
        return sorted(set(product(*(plan.filters[dimension] for dimension in split))))
    return sorted({dimensions for found in on_record for dimensions in found})


def _joined(records: Sequence[Record]) -> Record:
    """Series as one: what was added to each was added to all together."""
    if len(records) == 1:
        return records[0]
    additions: list[Addition] = []
    sketches: list[Sketched] = []
    rollups: list[Rollup] = []
    opening: dict[int | None, Decimal] = {}
    for record in records:
        additions += record.additions
        sketches += record.sketches
        rollups += record.rollups
        for bin, amount in record.opening.items():
            opening[bin] = opening.get(bin, Decimal(0)) + amount
    return Record(additions, opening, sketches, rollups)
