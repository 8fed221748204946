"""From a question to the metrics and the spans of UTC that answer it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from analytics.domain.buckets import QUARTER, starts_quarter
from analytics.domain.catalogue import CATALOGUE, Metric
from analytics.domain.intervals import Indivisible, Interval, Span, day_begins, spans
from backoffice.domain import FieldError, Invalid

MAX_INTERVALS = 2_400
"""Most intervals of one question: 100 days by hour, six and a half years by day."""

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""The years that can be asked for. Long before, some zones had offsets that quarters do not add up to."""

# A local year begins up to a day before or after that of UTC.
_EARLIEST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - timedelta(days=1)
_LATEST = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) + timedelta(days=1)

Filters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks; ``start`` and ``end`` (without it) are times, or dates of ``time_zone``.

    ``filters`` maps a dimension to the values wanted of it and applies to the metrics that have the dimension.
    """

    metrics: Sequence[str]
    start: date | datetime
    end: date | datetime
    interval: Interval
    time_zone: str
    filters: Filters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A question that can be answered: ``spans`` are the intervals, without gaps, of ``whole``."""

    metrics: tuple[Metric, ...]
    whole: Span
    spans: tuple[Span, ...]
    filters: Filters


def plan(question: Question) -> Plan:
    """Find what a question needs. Raises Invalid that names every field at fault."""
    zone = ZoneInfo(question.time_zone)
    whole = Span(_time(question.start, zone), _time(question.end, zone))
    errors = [*_metric_errors(question), *_filter_errors(question), *_time_errors(whole)]
    if errors:
        raise Invalid(errors)
    metrics = tuple(CATALOGUE[name] for name in question.metrics)
    return Plan(metrics, whole, _cut(whole, question.interval, zone), question.filters)


def _time(moment: date | datetime, zone: ZoneInfo) -> datetime:
    return moment if isinstance(moment, datetime) else day_begins(_within_limits(moment), zone)


def _within_limits(day: date) -> date:
    # Days far out are refused by _time_errors; they must not overflow before.
    return min(max(day, date(FIRST_YEAR - 1, 1, 1)), date(LAST_YEAR + 2, 1, 1))


def _metric_errors(question: Question) -> Iterator[FieldError]:
    for index, name in enumerate(question.metrics):
        if name not in CATALOGUE:
            yield FieldError(f"metrics.{index}", f"No such metric; there are {', '.join(CATALOGUE)}.")
        elif name in question.metrics[:index]:
            yield FieldError(f"metrics.{index}", "Named twice.")


def _filter_errors(question: Question) -> Iterator[FieldError]:
    asked = [CATALOGUE[name] for name in question.metrics if name in CATALOGUE]
    for dimension in question.filters:
        if asked and not any(dimension in metric.dimensions for metric in asked):
            yield FieldError(f"filters.{dimension}", "None of the metrics asked for has this dimension.")


def _time_errors(whole: Span) -> Iterator[FieldError]:
    sound = True
    for name, time in (("from", whole.start), ("to", whole.end)):
        if not _EARLIEST <= time <= _LATEST:
            sound = False
            yield FieldError(name, f"Must lie within the years {FIRST_YEAR} to {LAST_YEAR}.")
        elif not starts_quarter(time):
            yield FieldError(name, "Must be a full quarter of an hour, like 17:15:00Z.")
    if sound and whole.start >= whole.end:
        yield FieldError("to", "Must be later than from.")


def _cut(whole: Span, interval: Interval, zone: ZoneInfo) -> tuple[Span, ...]:
    try:
        found = tuple(islice(spans(whole, interval, zone), MAX_INTERVALS + 1))
    except Indivisible as why:
        moment = (why.at - QUARTER).astimezone(zone).strftime("%Y-%m-%d %H:%M")
        message = f"The clocks of {zone.key} were changed within the quarter hour from {moment}: ask by day."
        raise Invalid.one("interval", message) from why
    if len(found) > MAX_INTERVALS:
        raise Invalid.one("interval", f"At most {MAX_INTERVALS} intervals can be asked for at once.")
    return found
