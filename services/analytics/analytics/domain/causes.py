"""The events behind a number: which ones made a point of a series what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain

from analytics.domain.asking import Records
from analytics.domain.buckets import Change, number_of
from analytics.domain.catalogue import Metric
from analytics.domain.explaining import Measured
from analytics.domain.intervals import Interval, Span
from analytics.domain.measures import CURRENCY, Measure
from analytics.domain.planning import Filters, Question, plan
from analytics.domain.series import matches
from analytics.domain.sketch import seconds_in
from backoffice.domain import FieldError, Invalid, RuleBroken


@dataclass(frozen=True, slots=True)
class Bucket:
    """A point of a series: its metric, the interval that it is about, and what its events are filtered by."""

    metric: Metric
    span: Span
    filters: Filters

    @property
    def measures(self) -> Mapping[str, Measure]:
        """What the metric is computed from, by name."""
        return {measure.name: measure for measure in self.metric.measures}


def eventful_quarters(bucket: Bucket, records: Records) -> list[int]:
    """The quarters of a bucket in which something was added, by number, in order.

    Raises Invalid that names every field at fault: ``bucket``, or a dimension; RuleBroken if the metric's events are
    counted and not kept.
    """
    if not all(measure.is_rebuilt for measure in bucket.metric.measures):
        detail = f"The events behind {bucket.metric.name} are counted and not kept, so they cannot be listed."
        raise RuleBroken("events_not_kept", detail)
    start, end = bucket.span.start, bucket.span.end
    try:
        planned = plan(Question([bucket.metric.name], start, end, Interval.MONTH, "UTC", bucket.filters))
    except Invalid as invalid:
        raise Invalid(_of_the_query_string(error) for error in invalid.errors) from invalid
    eventful = chain.from_iterable(
        record.numbers
        for read in planned.reads
        for values, record in records.read(replace(read, hours_begin=None)).items()
        if matches(dict(zip(read.dimensions, values, strict=True)), bucket.filters)
    )
    return sorted({number for number in eventful if number_of(start) <= number < number_of(end)})


def behind(bucket: Bucket, event: Measured) -> Measured | None:
    """The event with those of its changes that the bucket's value is made of; None if they come to nothing."""
    changes = [
        change
        for change in event.changes
        if change.measure in bucket.metric.measures and matches(change.named, bucket.filters)
    ]
    sums: dict[tuple[Measure, tuple[str, ...], int | None], Decimal] = {}
    for change in changes:
        summary = tuple(change.named[dimension] for dimension in change.measure.summary)
        total = (change.measure, summary, change.bin)
        sums[total] = sums.get(total, Decimal(0)) + change.amount
    return replace(event, changes=changes) if any(sums.values()) else None


def effect(change: Change) -> Decimal:
    """What a change means to people: the seconds of a duration, below zero if it is taken back; else its amount."""
    return change.amount * seconds_in(change.bin) if is_duration(change) and change.bin is not None else change.amount


def is_duration(change: Change) -> bool:
    """Whether it counts a duration; bins of money are due dates."""
    return change.measure.has_bins and CURRENCY not in change.measure.dimensions


def _of_the_query_string(error: FieldError) -> FieldError:
    field = error.field.removeprefix("filters.")
    return FieldError("bucket" if field in ("from", "to", "interval") else field, error.message)
