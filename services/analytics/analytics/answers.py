"""Series as the API tells them."""

from itertools import pairwise
from typing import Any

from analytics.domain.catalogue import Unit
from analytics.domain.money import amount_text
from analytics.domain.planning import Plan, Question
from analytics.domain.series import Series
from backoffice.clock import rfc3339


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


def _series(series: Series, bounds: list[tuple[str, str]]) -> dict[str, Any]:
    dimensions = dict(zip(series.metric.dimensions, series.dimensions, strict=True))
    return {
        "metric": series.metric.name,
        "unit": series.metric.unit,
        **dimensions,
        "points": [
            {"start": start, "end": end, "value": value}
            for (start, end), value in zip(bounds, _values(series, dimensions), strict=True)
        ],
    }


def _values(series: Series, dimensions: dict[str, str]) -> list[int] | list[str]:
    if series.metric.unit is Unit.MONEY:
        return [amount_text(value, dimensions["currency"]) for value in series.values]
    return [int(value) for value in series.values]
