"""What there is to know of a metric."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from analytics.domain.measures import Measure
from analytics.domain.reckoning import Formula


class Kind(StrEnum):
    """How a value belongs to its interval.

    A flow adds up within it, a level is what stands at its end. A ratio, a mean and a percentile are of what happened
    within it, and of nothing there is none.
    """

    FLOW = "flow"
    LEVEL = "level"
    RATIO = "ratio"
    MEAN = "mean"
    PERCENTILE = "percentile"


class Unit(StrEnum):
    """What a value counts. Money is an exact amount of the currency named beside it."""

    TICKETS = "tickets"
    EVENTS = "events"
    MONEY = "money"
    SECONDS = "seconds"
    PERCENT = "percent"
    SCORE = "score"
    DAYS = "days"


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A number that can be asked for: a ``formula`` over ``measures``, which have the same dimensions.

    ``looks_back`` is how far before an interval the formula needs to know of additions.
    """

    name: str
    definition: str
    unit: Unit
    kind: Kind
    measures: tuple[Measure, ...]
    formula: Formula
    looks_back: timedelta = timedelta()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What its series can be split and filtered by; there is always one series for each currency."""
        return self.measures[0].dimensions
