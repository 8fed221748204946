"""Reports: metrics as tables, laid out for those who run support and receivables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from analytics.domain.buckets import Record
from analytics.domain.catalogue import Metric
from analytics.domain.intervals import Interval, Span
from analytics.domain.measures import ACCOUNT, CURRENCY
from analytics.domain.planning import FIRST_YEAR, LAST_YEAR, Filters, Plan, Question
from analytics.domain.reckoning import Ledger
from analytics.domain.series import Series
from backoffice.domain import Invalid

_PERCENTS = (50, 90, 95)


@dataclass(frozen=True, slots=True)
class Report:
    """A table with a column for each of its ``metrics``, and rows by interval and by ``dimensions``.

    There is a row for each currency. By another dimension there are rows only if values of it are asked for.
    """

    name: str
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]

    def question(self, filters: Filters, **period: Any) -> Question:
        """The question that fills the table; ``period`` is the question's start, end, interval and time_zone."""
        splits = [dimension for dimension in self.dimensions if dimension in filters]
        return Question(self.metrics, filters=filters, dimensions=splits, **period)


SUPPORT = Report(
    "support",
    ("queue",),
    (
        "tickets_opened",
        "tickets_solved",
        "tickets_reopened",
        "tickets_closed",
        "backlog",
        *(f"first_response_time_p{percent}" for percent in _PERCENTS),
        *(f"first_response_business_time_p{percent}" for percent in _PERCENTS),
        *(f"resolution_time_p{percent}" for percent in _PERCENTS),
        *(f"resolution_business_time_p{percent}" for percent in _PERCENTS),
        "sla_breaches",
        "sla_breach_rate",
        "satisfaction",
        "satisfaction_responses",
    ),
)
RECEIVABLES = Report(
    "receivables",
    (CURRENCY,),
    (
        "invoiced",
        "voided",
        "credited",
        "collected",
        "refunded",
        "written_off",
        "outstanding",
        "days_sales_outstanding",
    ),
)
AGEING = Report(
    "ageing",
    (CURRENCY, ACCOUNT),
    ("ageing_current", "ageing_1_30", "ageing_31_60", "ageing_61_90", "ageing_over_90", "outstanding"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One interval of what ``dimensions`` name: the series of all metrics, and which of their values it is about."""

    span: Span
    dimensions: Mapping[str, str]
    series: Sequence[Series]
    index: int


def rows(plan: Plan, found: Iterable[Series]) -> Iterator[Row]:
    """The rows that an answered question fills, by interval and then by dimensions.

    A row has all metrics, whether or not there is anything on record of them: nothing is zero to a sum, and none to
    a ratio.
    """
    groups: dict[tuple[tuple[str, str], ...], dict[Metric, Series]] = {}
    for series in found:
        groups.setdefault(tuple(series.dimensions.items()), {})[series.metric] = series
    lines = [
        (dict(named), [known.get(metric) or _nothing(metric, dict(named), plan) for metric in plan.metrics])
        for named, known in sorted(groups.items(), key=lambda group: group[0])
    ]
    for index, span in enumerate(plan.spans):
        for dimensions, told in lines:
            yield Row(span, dimensions, told, index)


def _nothing(metric: Metric, dimensions: Mapping[str, str], plan: Plan) -> Series:
    return Series(metric, dimensions, metric.formula([Ledger(Record(), plan.timeline) for _ in metric.measures]))


def day_of(as_of: date) -> dict[str, Any]:
    """The period of a report of what stands at the end of a day. Raises Invalid for a day that cannot be asked for."""
    if not FIRST_YEAR <= as_of.year <= LAST_YEAR:
        raise Invalid.one("as_of", f"Must lie within the years {FIRST_YEAR} to {LAST_YEAR}.")
    return {"start": as_of, "end": as_of + timedelta(days=1), "interval": Interval.DAY}
