"""What analytics counts: the figures at the end of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from local.client import Client

Amounts = Mapping[str, Decimal]


COUNTS = ("tickets_opened", "tickets_solved", "backlog")
FLOWS = ("invoiced", "collected", "credited", "refunded", "written_off")
AGES = ("ageing_current", "ageing_1_30", "ageing_31_60", "ageing_61_90", "ageing_over_90")


@dataclass(frozen=True)
class Numbers:
    """Tickets as counts, money by currency; what is outstanding also by currency and age, ``EUR ageing_1_30``."""

    tickets_opened: int = 0
    tickets_solved: int = 0
    backlog: int = 0
    invoiced: Amounts = field(default_factory=dict)
    collected: Amounts = field(default_factory=dict)
    credited: Amounts = field(default_factory=dict)
    refunded: Amounts = field(default_factory=dict)
    written_off: Amounts = field(default_factory=dict)
    outstanding: Amounts = field(default_factory=dict)
    ageing: Amounts = field(default_factory=dict)

    def plus(self, other: Numbers) -> Numbers:
        return _combined(self, other, 1)

    def minus(self, other: Numbers) -> Numbers:
        return _combined(self, other, -1)


def measured(analytics: Client) -> Numbers:
    """The metrics of yesterday and today (UTC), so that midnight may come while a day is played."""
    return asked(analytics, datetime.now(UTC).date() - timedelta(days=1))


def asked(analytics: Client, since: date) -> Numbers:
    """The metrics from the beginning of a day (UTC) until tomorrow."""
    names = [*COUNTS, *FLOWS, "outstanding", *AGES]
    series = analytics.post("/query", question(names, since, "day")).body["series"]
    return Numbers(
        tickets_opened=_count(series, "tickets_opened"),
        tickets_solved=_count(series, "tickets_solved"),
        backlog=next(one["points"][-1]["value"] for one in series if one["metric"] == "backlog"),
        **{name: _sums(series, name) for name in FLOWS},
        outstanding=_levels(series, "outstanding"),
        ageing={f"{code} {name}": owed for name in AGES for code, owed in _levels(series, name).items()},
    )


def question(metrics: list[str], since: date, interval: str) -> dict[str, Any]:
    """A question about the time from the beginning of a day (UTC) until tomorrow."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    period = {"from": since.isoformat(), "to": tomorrow.isoformat()}
    return {"metrics": metrics, **period, "interval": interval, "time_zone": "UTC"}


def total(amounts: list[tuple[str, Decimal]]) -> Amounts:
    """The sum of each currency."""
    sums: dict[str, Decimal] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return {currency: amount for currency, amount in sums.items() if amount}


def _count(series: list[Any], metric: str) -> int:
    return sum(point["value"] for one in series if one["metric"] == metric for point in one["points"])


def _sums(series: list[Any], metric: str) -> Amounts:
    found = [one for one in series if one["metric"] == metric]
    return total([(one["currency"], Decimal(point["value"])) for one in found for point in one["points"]])


def _levels(series: list[Any], metric: str) -> Amounts:
    found = [one for one in series if one["metric"] == metric]
    return total([(one["currency"], Decimal(one["points"][-1]["value"])) for one in found])


def _combined(left: Numbers, right: Numbers, sign: int) -> Numbers:
    def one(name: str) -> Any:
        first, second = getattr(left, name), getattr(right, name)
        if name in COUNTS:
            return first + sign * second
        return total([*first.items(), *((code, sign * value) for code, value in second.items())])

    return Numbers(**{field.name: one(field.name) for field in fields(Numbers)})
