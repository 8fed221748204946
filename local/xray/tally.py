"""Observations added up: what the answers tell of a part of the graph, and what is stored of each minute."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import orjson

from local.xray.observations import ERROR, FAULT, OK, THROTTLE, Observation


@dataclass
class Tally:
    """The sum of observations of one part; see Observation for what is counted and measured."""

    outcomes: Counter[int] = field(default_factory=Counter)
    responses: Counter[float] = field(default_factory=Counter)
    durations: Counter[float] = field(default_factory=Counter)
    seconds: float = 0.0
    first: float = float("inf")
    last: float = 0.0

    def add(self, seen: Observation) -> None:
        _, outcome, response, duration, number, seconds, first, last = seen
        self.outcomes[outcome] += number
        self.responses[response] += number
        self.durations[duration] += number
        self.seconds += seconds
        self.first, self.last = min(self.first, first), max(self.last, last)

    def merge(self, other: "Tally") -> None:
        self.outcomes.update(other.outcomes)
        self.responses.update(other.responses)
        self.durations.update(other.durations)
        self.seconds += other.seconds
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)

    def dumps(self) -> bytes:
        """As JSON, to be stored."""
        counts = [list(counter.items()) for counter in (self.outcomes, self.responses, self.durations)]
        return orjson.dumps([*counts, self.seconds, self.first, self.last])

    @classmethod
    def loads(cls, text: bytes) -> Self:
        *counts, seconds, first, last = orjson.loads(text)
        outcomes, responses, durations = (Counter(dict(pairs)) for pairs in counts)
        return cls(outcomes, responses, durations, seconds, first, last)

    def statistics(self) -> dict[str, Any]:
        """EdgeStatistics, which has the members of ServiceStatistics."""
        faults, throttles, errors = (self.outcomes[kind] for kind in (FAULT, THROTTLE, ERROR))
        return {
            "OkCount": self.outcomes[OK],
            "ErrorStatistics": {"ThrottleCount": throttles, "OtherCount": errors, "TotalCount": throttles + errors},
            "FaultStatistics": {"OtherCount": faults, "TotalCount": faults},
            "TotalCount": self.outcomes.total(),
            "TotalResponseTime": self.seconds,
        }

    def times(self) -> dict[str, Any]:
        return {"StartTime": self.first, "EndTime": self.last} if self.outcomes else {}


def add_up(observations: Iterable[Observation]) -> dict[str, Tally]:
    """The tally of each part."""
    found: dict[str, Tally] = defaultdict(Tally)
    for seen in observations:
        found[seen.part].add(seen)
    return found
