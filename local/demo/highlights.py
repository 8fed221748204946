"""How the business is doing since yesterday, as analytics has it: what the person who played a day wants to see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from local.client import Client
from local.demo.numbers import AGES, question

_TIMES = ("first_response_time", "resolution_time")
_PERCENTS = (50, 90, 95)
_AGE = dict(zip(AGES, ("not due", "1-30 days", "31-60 days", "61-90 days", "over 90 days"), strict=True))


def highlights(analytics: Client) -> list[str]:
    """A line for each selection of metrics. Percentiles and rates are those of this month's part of the time."""
    names = [*(f"{time}_p{percent}" for time in _TIMES for percent in _PERCENTS), "sla_breach_rate", "satisfaction"]
    names += ["backlog", "credited", "refunded", "written_off", "days_sales_outstanding", *AGES]
    since = datetime.now(UTC).date() - timedelta(days=1)
    series = analytics.post("/query", question(names, since, "month")).body["series"]
    return [*_support(series), *_receivables(series)]


def _support(series: list[Any]) -> Iterator[str]:
    yield f"backlog               {_one(series, 'backlog')}"
    for time in _TIMES:
        seconds = (f"p{percent} {_seconds(_one(series, f'{time}_p{percent}'))}" for percent in _PERCENTS)
        yield f"{time.replace('_', ' '):<22}{', '.join(seconds)}"
    breached, satisfaction = _one(series, "sla_breach_rate"), _one(series, "satisfaction")
    yield f"promises broken       {'none made' if breached is None else f'{breached} %'}"
    yield f"satisfaction          {'nobody has told' if satisfaction is None else f'{satisfaction} of 5'}"


def _receivables(series: list[Any]) -> Iterator[str]:
    for name in ("credited", "refunded", "written_off"):
        yield f"{name.replace('_', ' '):<22}{_by_currency(series, name)}"
    yield f"days of sales owed    {_by_currency(series, 'days_sales_outstanding')}"
    for name in AGES:
        yield f"{f'owed, {_AGE[name]}':<22}{_by_currency(series, name)}"


def _one(series: list[Any], metric: str) -> Any:
    return next(one["points"][-1]["value"] for one in series if one["metric"] == metric)


def _seconds(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f} s"


def _by_currency(series: list[Any], metric: str) -> str:
    found = [(one["currency"], one["points"][-1]["value"]) for one in series if one["metric"] == metric]
    return ", ".join(f"{value} {currency}" for currency, value in found if float(value or 0)) or "nothing"
