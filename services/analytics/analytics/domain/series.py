"""From what is on record to the values of a series."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, product

from analytics.domain.buckets import Dimensions, Record
from analytics.domain.catalogue import Kind, Metric
from analytics.domain.intervals import Span
from analytics.domain.planning import Filters, Plan
from backoffice.domain import Invalid

MAX_POINTS = 30_000
"""Most points of one answer, all series together: some 3 MB of JSON, half of what Lambda can return."""

_NOTHING = Record({})


@dataclass(frozen=True, slots=True)
class Series:
    """A metric's values for one combination of its dimensions, one for each span of the plan."""

    metric: Metric
    dimensions: Dimensions
    values: tuple[Decimal, ...]


def assemble(plan: Plan, records: Mapping[Metric, Mapping[Dimensions, Record]]) -> list[Series]:
    """The series that answer a plan, by metric in the order asked and then by dimensions.

    A series appears if something is on record of it, or if the filters name each of its dimensions (a
    metric without dimensions always appears). Raises Invalid if there would be too many points.
    """
    wanted = [
        (metric, dimensions)
        for metric in plan.metrics
        for dimensions in _dimensions(metric, records[metric], plan.filters)
    ]
    if len(wanted) * len(plan.spans) > MAX_POINTS:
        found = f"{len(wanted)} series of {len(plan.spans)} intervals"
        raise Invalid.one("interval", f"{found} are more than {MAX_POINTS} points: ask for less at once.")
    return [
        Series(metric, dimensions, values(metric.kind, plan.spans, records[metric].get(dimensions, _NOTHING)))
        for metric, dimensions in wanted
    ]


def values(kind: Kind, spans: Sequence[Span], record: Record) -> tuple[Decimal, ...]:
    """What a record comes to in each of ``spans`` (in order, without gaps); where there is nothing, zero."""
    starts = [span.start for span in spans]
    opening, sums = record.opening, [Decimal(0)] * len(spans)
    for quarter, amount in record.quarters.items():
        if quarter < starts[0]:
            opening += amount
        elif quarter < spans[-1].end:
            sums[bisect_right(starts, quarter) - 1] += amount
    if kind is Kind.FLOW:
        return tuple(sums)
    return tuple(accumulate(sums, initial=opening))[1:]


def _dimensions(metric: Metric, on_record: Iterable[Dimensions], filters: Filters) -> list[Dimensions]:
    choices = [filters[dimension] for dimension in metric.dimensions if dimension in filters]
    if len(choices) == len(metric.dimensions):
        return sorted(set(product(*choices)))
    return sorted(found for found in on_record if _matches(metric, found, filters))


def _matches(metric: Metric, dimensions: Dimensions, filters: Filters) -> bool:
    named = zip(metric.dimensions, dimensions, strict=True)
    return all(value in filters[dimension] for dimension, value in named if dimension in filters)
