"""Counts and response times as X-Ray tells them, summed up; percentiles come from histograms, never from averages."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Histogram = list[dict[str, float]]


@dataclass
class Statistics:
    """Requests by outcome, each counted once; `total_response_time` in seconds."""

    ok: int = 0
    error: int = 0
    throttle: int = 0
    fault: int = 0
    total: int = 0
    total_response_time: float = 0.0

    def add(self, summary: Mapping[str, Any]) -> None:
        """Add ServiceStatistics or EdgeStatistics."""
        errors = summary.get("ErrorStatistics", {})
        self.ok += summary.get("OkCount", 0)
        self.error += errors.get("OtherCount", 0)
        self.throttle += errors.get("ThrottleCount", 0)
        self.fault += summary.get("FaultStatistics", {}).get("TotalCount", 0)
        self.total += summary.get("TotalCount", 0)
        self.total_response_time += summary.get("TotalResponseTime", 0.0)


@dataclass
class Times:
    """How often something took how many seconds."""

    counts: Counter[float] = field(default_factory=Counter)

    def add(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Add X-Ray's HistogramEntry list."""
        for entry in entries:
            self.counts[float(entry["Value"])] += int(entry["Count"])

    @property
    def histogram(self) -> Histogram:
        return [{"value": value, "count": count} for value, count in sorted(self.counts.items())]

    def percentile(self, share: float) -> float | None:
        """The smallest value that at least `share` (0 to 1) of all do not exceed; None without figures."""
        wanted = math.ceil(share * self.counts.total())
        for value, count in sorted(self.counts.items()):
            wanted -= count
            if wanted <= 0:
                return value
        return None
