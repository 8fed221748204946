"""What analytics counts: the figures at the end of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from local.client import Client

Amounts = Mapping[str, Decimal]


@dataclass(frozen=True)
class Numbers:
    """Tickets as counts, money by currency."""

    tickets_opened: int = 0
    tickets_solved: int = 0
    invoiced: Amounts = field(default_factory=dict)
    collected: Amounts = field(default_factory=dict)
    outstanding: Amounts = field(default_factory=dict)

    def plus(self, other: Numbers) -> Numbers:
        return _combined(self, other, 1)

    def minus(self, other: Numbers) -> Numbers:
        return _combined(self, other, -1)


def measured(analytics: Client) -> Numbers:
    """The metrics of yesterday and today (UTC), so that midnight may come while a day is played."""
    return asked(analytics, datetime.now(UTC).date() - timedelta(days=1))


def asked(analytics: Client, since: date) -> Numbers:
    """The metrics from the beginning of a day (UTC) until tomorrow."""
    question = {
        "metrics": ["tickets_opened", "tickets_solved", "invoiced", "collected", "outstanding"],
        "from": since.isoformat(),
        "to": (datetime.now(UTC).date() + timedelta(days=1)).isoformat(),
        "interval": "day",
        "time_zone": "UTC",
    }
    series = analytics.post("/query", question).body["series"]
    return Numbers(
        tickets_opened=_count(series, "tickets_opened"),
        tickets_solved=_count(series, "tickets_solved"),
        invoiced=_sums(series, "invoiced"),
        collected=_sums(series, "collected"),
        outstanding=_without_zeros(
            {one["currency"]: Decimal(one["points"][-1]["value"]) for one in series if one["metric"] == "outstanding"}
        ),
    )


def total(amounts: list[tuple[str, Decimal]]) -> Amounts:
    """The sum of each currency."""
    sums: dict[str, Decimal] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return _without_zeros(sums)


def _count(series: list[Any], metric: str) -> int:
    return sum(point["value"] for one in series if one["metric"] == metric for point in one["points"])


def _sums(series: list[Any], metric: str) -> Amounts:
    found = [one for one in series if one["metric"] == metric]
    return total([(one["currency"], Decimal(point["value"])) for one in found for point in one["points"]])


def _combined(left: Numbers, right: Numbers, sign: int) -> Numbers:
    def amounts(name: str) -> Amounts:
        return total(
            [*getattr(left, name).items(), *((code, sign * value) for code, value in getattr(right, name).items())]
        )

    return Numbers(
        left.tickets_opened + sign * right.tickets_opened,
        left.tickets_solved + sign * right.tickets_solved,
        amounts("invoiced"),
        amounts("collected"),
        amounts("outstanding"),
    )


def _without_zeros(sums: Amounts) -> Amounts:
    return {currency: amount for currency, amount in sums.items() if amount}
