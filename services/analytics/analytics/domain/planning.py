"""From a question to the intervals that it asks for, and to what must be read to answer it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from analytics.domain.buckets import QUARTER, number_of, starts_quarter
from analytics.domain.catalogue import CATALOGUE, Metric
from analytics.domain.intervals import Indivisible, Interval, Span, day_begins, spans
from analytics.domain.measures import ACCOUNT, PAGE, Measure
from analytics.domain.reckoning import Timeline
from analytics.domain.web.cover import MAX_PAGES, check_size
from backoffice.domain import FieldError, Invalid

MAX_INTERVALS = 2_400
"""Most intervals of one question: 100 days by hour, six and a half years by day."""

MAX_ACCOUNTS = 20
"""Most accounts of one question: each is read by itself."""

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""The years that can be asked for. Long before, some zones had offsets that quarters do not add up to."""

# A local year begins up to a day before or after that of UTC.
_EARLIEST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - timedelta(days=1)
_LATEST = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) + timedelta(days=1)

# In quarters.
_HOUR = 4

Filters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller asks; ``start`` and ``end`` (without it) are times, or dates of ``time_zone``.

    ``filters`` maps a dimension to the values wanted of it, ``dimensions`` split the answer; both apply to the metrics
    that have the dimension.
    """

    metrics: Sequence[str]
    start: date | datetime
    end: date | datetime
    interval: Interval
    time_zone: str
    filters: Filters = field(default_factory=dict)
    dimensions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What to read of a measure: all of its series with these ``dimensions`` that have anything around ``span``.

    If one of the dimensions is the account, it is read for these ``accounts``. Sketches are read for these ``pages``
    and so that none reaches over one of the ``bounds`` of the intervals, given as numbers of quarters. Where the
    intervals are made of whole hours, ``hours_begin`` is the quarter of an hour of UTC at which those begin, 0 to 3.
    """

    measure: Measure
    span: Span
    dimensions: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    bounds: tuple[int, ...] = ()
    hours_begin: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A question that can be answered: ``spans`` are the intervals, without gaps, of ``whole``."""

    metrics: tuple[Metric, ...]
    whole: Span
    spans: tuple[Span, ...]
    timeline: Timeline
    filters: Filters
    reads: tuple[Read, ...]
    split_by: frozenset[str]


def plan(question: Question) -> Plan:
    """Find what a question needs. Raises Invalid that names every field at fault."""
    zone = ZoneInfo(question.time_zone)
    whole = Span(_time(question.start, zone), _time(question.end, zone))
    errors = [*_metric_errors(question), *_dimension_errors(question), *_time_errors(whole)]
    if errors:
        raise Invalid(errors)
    metrics = tuple(CATALOGUE[name] for name in question.metrics)
    intervals = _cut(whole, question.interval, zone)
    timeline = _timeline(intervals, zone)
    return Plan(
        metrics,
        whole,
        intervals,
        timeline,
        question.filters,
        tuple(_reads(metrics, whole, question, timeline)),
        frozenset(question.dimensions),
    )


def _reads(metrics: Sequence[Metric], whole: Span, question: Question, timeline: Timeline) -> Iterator[Read]:
    """One read for each measure, as far back as one of the metrics looks."""
    begins = {bound % _HOUR for bound in (*timeline.starts, timeline.end)}
    hours_begin = begins.pop() if len(begins) == 1 else None
    since: dict[Measure, datetime] = {}
    for metric in metrics:
        for measure in metric.measures:
            start = whole.start if measure.is_level else whole.start - metric.looks_back
            since[measure] = min(start, since.get(measure, start))
    for measure, start in since.items():
        dimensions = _read_by(measure, question)
        accounts = question.filters[ACCOUNT] if ACCOUNT in dimensions else ()
        read = Read(
            measure, Span(start, whole.end), dimensions, tuple(dict.fromkeys(accounts)), hours_begin=hours_begin
        )
        yield _of_sketches(read, question.filters, timeline) if measure.has_sketches else read


def _of_sketches(read: Read, filters: Filters, timeline: Timeline) -> Read:
    pages = tuple(dict.fromkeys(filters[PAGE])) if PAGE in read.dimensions else ()
    bounds = (*timeline.starts, timeline.end)
    check_size(bounds, len(pages))
    return replace(read, pages=pages, bounds=bounds)


def _read_by(measure: Measure, question: Question) -> tuple[str, ...]:
    """The totals are few: they are read unless the question needs to tell series apart."""
    asked = {*question.dimensions, *question.filters} & set(measure.dimensions)
    return measure.dimensions if asked - set(measure.summary) else measure.summary


def _timeline(intervals: Sequence[Span], zone: ZoneInfo) -> Timeline:
    return Timeline([number_of(interval.start) for interval in intervals], number_of(intervals[-1].end), zone)


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


def _dimension_errors(question: Question) -> Iterator[FieldError]:
    asked = [CATALOGUE[name] for name in question.metrics if name in CATALOGUE]
    known = {dimension for metric in asked for dimension in metric.dimensions}
    for dimension in question.filters:
        if asked and dimension not in known:
            yield FieldError(f"filters.{dimension}", "None of the metrics asked for has this dimension.")
    for index, dimension in enumerate(question.dimensions):
        if dimension in question.dimensions[:index]:
            yield FieldError(f"dimensions.{index}", "Named twice.")
        elif asked and dimension not in known:
            there_are = f"they have {', '.join(sorted(known))}" if known else "they have none"
            yield FieldError(f"dimensions.{index}", f"None of the metrics asked for has this dimension: {there_are}.")
    accounts = question.filters.get(ACCOUNT, ())
    if ACCOUNT in question.dimensions and not accounts:
        yield FieldError(f"filters.{ACCOUNT}", f"Missing: name the accounts to split by, {MAX_ACCOUNTS} at most.")
    if len(set(accounts)) > MAX_ACCOUNTS:
        yield FieldError(f"filters.{ACCOUNT}", f"At most {MAX_ACCOUNTS} accounts can be asked for at once.")
    if any(measure.has_sketches for metric in asked for measure in metric.measures):
        yield from _page_errors(question)


def _page_errors(question: Question) -> Iterator[FieldError]:
    pages = question.filters.get(PAGE, ())
    if PAGE in question.dimensions and not pages:
        yield FieldError(f"filters.{PAGE}", f"Missing: name the pages to split visitors by, {MAX_PAGES} at most.")
    if len(set(pages)) > MAX_PAGES:
        yield FieldError(f"filters.{PAGE}", f"Visitors can be asked for at most {MAX_PAGES} pages at once.")


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
