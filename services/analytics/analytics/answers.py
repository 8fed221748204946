"""Series, and the events behind them, as the API tells them."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

from analytics.domain.buckets import Change
from analytics.domain.catalogue import Unit
from analytics.domain.causes import Bucket, effect, is_duration
from analytics.domain.explaining import Measured
from analytics.domain.measures import CURRENCY
from analytics.domain.money import amount_text
from analytics.domain.planning import Plan, Question
from analytics.domain.reckoning import Value
from analytics.domain.series import Series
from backoffice.clock import rfc3339

_COUNTS = {Unit.TICKETS, Unit.EVENTS, Unit.VISITORS}
_PLACES = {Unit.PERCENT: 2, Unit.SCORE: 2, Unit.DAYS: 1}

Written = int | float | str | None


def answer_to(question: Question, plan: Plan, found: list[Series]) -> dict[str, Any]:
    """What ``schemas.Answer`` dumps. Points are JSON already; all series have them at the same times."""
    times = [rfc3339(span.start) for span in plan.spans] + [rfc3339(plan.whole.end)]
    bounds = list(pairwise(times))
    return {
        "time_zone": question.time_zone,
        "interval": question.interval,
        "start": plan.whole.start,
        "end": plan.whole.end,
        "series": [_series(series, bounds) for series in found],
    }


def written(values: Iterable[Value], series: Series) -> list[Written]:
    """Values as JSON: a count is an integer, seconds are a number, whatever has digits to keep is a string."""
    write = _writer(series)
    return [None if value is None else write(value) for value in values]


def _writer(series: Series) -> Callable[[Decimal], Written]:
    unit = series.metric.unit
    if unit in _COUNTS:
        return int
    if unit is Unit.SECONDS:
        return _seconds
    if unit is Unit.MONEY:
        return partial(amount_text, currency=series.dimensions[CURRENCY])
    return f"{{:.{_PLACES[unit]}f}}".format


# Percentiles stand for bins: an answer has few different ones.
@lru_cache(maxsize=4096)
def _seconds(value: Decimal) -> int | float:
    return int(value) if value == int(value) else round(float(value), 3)


def _series(series: Series, bounds: list[tuple[str, str]]) -> dict[str, Any]:
    dimensions = dict(series.dimensions)
    currency = {CURRENCY: dimensions.pop(CURRENCY)} if CURRENCY in dimensions else {}
    return {
        "metric": series.metric.name,
        "unit": series.metric.unit,
        **currency,
        "dimensions": dimensions,
        "points": [
            {"start": start, "end": end, "value": value}
            for (start, end), value in zip(bounds, written(series.values, series), strict=True)
        ],
    }


def explained(bucket: Bucket, event: Measured) -> dict[str, Any]:
    """An event behind a bucket, as ``schemas.Cause`` dumps it; its amount is what it adds to the first measure."""
    counted = [change for change in event.changes if change.measure == bucket.metric.measures[0]]
    amount = sum(map(effect, counted), Decimal(0))
    return {
        **{name: getattr(event, name) for name in ("event_id", "type", "occurred_at", "aggregate_id", "trace_id")},
        "amount": _amount_written(amount, event.changes[0]),
        "changes": [
            {
                "measure": change.measure.name,
                "dimensions": change.named,
                "due_date": _due_date(change),
                "amount": _amount_written(effect(change), change),
            }
            for change in event.changes
        ],
    }


def _amount_written(amount: Decimal, change: Change) -> Written:
    currency = change.named.get(CURRENCY)
    if currency:
        return amount_text(amount, currency)
    return _seconds(amount) if is_duration(change) else int(amount)


def _due_date(change: Change) -> date | None:
    return None if change.bin is None or is_duration(change) else date.fromordinal(change.bin)
