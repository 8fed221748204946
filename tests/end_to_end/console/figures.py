"""Analytics as the page Business hears it: figures of a company that does well, the same each time."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, Route

Members = dict[str, Any]
UNITS = {
    "tickets_opened": ("tickets", "flow"),
    "tickets_solved": ("tickets", "flow"),
    "tickets_reopened": ("tickets", "flow"),
    "backlog": ("tickets", "level"),
    "satisfaction": ("score", "mean"),
    "sla_breach_rate": ("percent", "ratio"),
    "days_sales_outstanding": ("days", "ratio"),
    **dict.fromkeys(("invoiced", "collected", "credited"), ("money", "flow")),
    **dict.fromkeys(
        ("outstanding", "ageing_current", "ageing_1_30", "ageing_31_60", "ageing_61_90", "ageing_over_90"),
        ("money", "level"),
    ),
    **{
        f"{what}{clock}_time_p{percent}": ("seconds", "percentile")
        for what in ("first_response", "resolution")
        for clock in ("", "_business")
        for percent in (50, 90, 95)
    },
}
_SIZES = {"outstanding": 42_000, "ageing_current": 21_000, "ageing_1_30": 11_000, "ageing_31_60": 5_500}
_SIZES |= {"ageing_61_90": 2_900, "ageing_over_90": 1_600, "invoiced": 3_900, "collected": 3_400, "credited": 260}
_SIZES |= {"tickets_opened": 38, "tickets_solved": 36, "tickets_reopened": 4, "backlog": 64}
_SIZES |= {"satisfaction": 4.3, "sla_breach_rate": 6, "days_sales_outstanding": 31}


@dataclass
class Analytics:
    """Answers instead of analytics; `questions` are what it was asked, `value` tells what a metric is at a time."""

    value: Callable[[str, datetime, str], Any] = lambda metric, at, interval: plausible(metric, at, interval)
    currencies: tuple[str, ...] = ("CHF", "EUR")
    queues: tuple[str, ...] = ("billing", "general")
    questions: list[Members] = field(default_factory=list)
    events: list[Members] = field(default_factory=list)
    asked_for_events: list[str] = field(default_factory=list)

    def answer(self, page: Page) -> Analytics:
        """Answer this page from now on."""
        page.route("**/api/analytics/metrics?*", lambda route: _fulfil(route, self._catalogue()))
        page.route("**/api/analytics/query", self._query)
        page.route("**/api/analytics/metrics/*/events?*", self._events)
        return self

    def _catalogue(self) -> Members:
        words = "What it counts, in words that settle an argument."
        dimensions = {"money": ["currency", "account"], "days": ["currency", "account"]}
        return {
            "items": [
                {
                    "name": name,
                    "definition": words,
                    "unit": unit,
                    "kind": kind,
                    "dimensions": dimensions.get(unit, ["queue", "priority"]),
                }
                for name, (unit, kind) in UNITS.items()
            ],
            "next_cursor": None,
        }

    def _query(self, route: Route) -> None:
        question = json.loads(route.request.post_data or "")
        self.questions.append(question)
        zone = ZoneInfo(question["time_zone"])
        spans = list(intervals(question["from"], question["to"], question["interval"], zone))
        _fulfil(
            route,
            {
                "time_zone": question["time_zone"],
                "interval": question["interval"],
                "from": _text(spans[0][0]),
                "to": _text(spans[-1][1]),
                "series": [
                    {
                        "metric": metric,
                        "unit": UNITS[metric][0],
                        **about,
                        "points": self._points(metric, spans, question),
                    }
                    for metric in question["metrics"]
                    for about in self._series(metric, question)
                ],
            },
        )

    def _points(self, metric: str, spans: list[tuple[datetime, datetime]], question: Members) -> list[Members]:
        return [
            {"start": _text(start), "end": _text(end), "value": self.value(metric, start, question["interval"])}
            for start, end in spans
        ]

    def _series(self, metric: str, question: Members) -> list[Members]:
        if UNITS[metric][0] in ("money", "days"):
            chosen = question.get("filters", {}).get("currency", self.currencies)
            return [{"currency": currency, "dimensions": {}} for currency in chosen]
        if "queue" in question.get("dimensions", ()):
            return [{"dimensions": {"queue": queue}} for queue in self.queues]
        return [{"dimensions": {}}]

    def _events(self, route: Route) -> None:
        self.asked_for_events.append(route.request.url)
        _fulfil(route, {"items": self.events, "next_cursor": None})


def intervals(first: str, end: str, interval: str, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Hours, days or months from a day until before another, in UTC."""
    start = _midnight(date.fromisoformat(first), zone)
    until = _midnight(date.fromisoformat(end), zone)
    while start < until:
        following = min(_following(start, interval, zone), until)
        yield start, following
        start = following


def _following(start: datetime, interval: str, zone: ZoneInfo) -> datetime:
    if interval == "hour":
        return start + timedelta(hours=1)
    day = start.astimezone(zone).date()
    if interval == "month":
        return _midnight((day.replace(day=1) + timedelta(days=32)).replace(day=1), zone)
    return _midnight(day + timedelta(days=1 if interval == "day" else 7 - day.weekday()), zone)


def plausible(metric: str, at: datetime, interval: str) -> Any:
    """Working days are busier than weekends, office hours than nights, and a month is a wave."""
    chance = random.Random(f"{metric} {at.isoformat()}")
    unit, kind = UNITS[metric]
    days = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30}[interval]
    week = 1.0 if at.weekday() < 5 or days > 1 else 0.22
    daytime = 1.0 if interval != "hour" else max(0.02, 2.4 * math.exp(-(((at.hour - 12) / 4) ** 2)))
    busy = week * daytime * chance.uniform(0.75, 1.25)
    if unit == "seconds":
        percent = int(metric.rsplit("p", 1)[1])
        slow = {50: 0.35, 90: 1.6, 95: 2.6}[percent] * (9 if metric.startswith("resolution") else 1)
        hours = slow * chance.uniform(0.8, 1.3) * (0.45 if "business" in metric else 1)
        return None if busy < 0.15 else round(hours * 3600)
    drift = 1 + 0.25 * math.sin(at.timestamp() / 86400 / 9)
    size = _SIZES[metric] * drift
    if unit in ("score", "percent", "days"):
        spread = {"score": 0.03, "days": 0.05, "percent": 0.4}[unit]
        told = min(5.0, 4 + (drift - 1) * 1.5) if unit == "score" else size
        return None if busy < 0.15 else f"{told * chance.uniform(1 - spread, 1 + spread):.2f}"
    amount = size * (chance.uniform(0.96, 1.04) if kind == "level" else busy * days)
    return f"{amount:.2f}" if unit == "money" else round(amount)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fulfil(route: Route, body: Members) -> None:
    route.fulfill(status=200, content_type="application/json", body=json.dumps(body))
