"""Measures: what events add to. A metric is told by one measure or computed from several."""

from dataclasses import dataclass

CURRENCY = "currency"
"""Amounts of different currencies are never added up: whatever has this dimension is always split by it."""

ACCOUNT = "account"
"""A wide dimension, of thousands of values: it is read account by account, for the accounts that a question names."""

NOBODY = "unassigned"
"""Stands for the agent of a ticket that nobody is responsible for."""

SUPPORT = ("queue", "priority", "agent")
MONEY = (CURRENCY, ACCOUNT)


@dataclass(frozen=True, slots=True)
class Measure:
    """A sum that is kept by quarter hours, once in total and once for each combination of its ``dimensions``.

    An addition counts in its own quarter hour or, to a level, from then on. A measure that ``has_bins`` is kept for
    each bin by itself: durations by the bin of a sketch, debts by their due date. An account stands last.
    """

    name: str
    dimensions: tuple[str, ...]
    is_level: bool = False
    has_bins: bool = False

    @property
    def summary(self) -> tuple[str, ...]:
        """The dimensions of the totals."""
        return tuple(dimension for dimension in self.dimensions if dimension == CURRENCY)


TICKETS_OPENED = Measure("tickets_opened", ("queue", "priority"))
TICKETS_SOLVED = Measure("tickets_solved", SUPPORT)
TICKETS_REOPENED = Measure("tickets_reopened", SUPPORT)
TICKETS_CLOSED = Measure("tickets_closed", SUPPORT)
BACKLOG = Measure("backlog", SUPPORT, is_level=True)
FIRST_RESPONSE_TIME = Measure("first_response_time", SUPPORT, has_bins=True)
FIRST_RESPONSE_BUSINESS_TIME = Measure("first_response_business_time", SUPPORT, has_bins=True)
RESOLUTION_TIME = Measure("resolution_time", SUPPORT, has_bins=True)
RESOLUTION_BUSINESS_TIME = Measure("resolution_business_time", SUPPORT, has_bins=True)
PROMISES_KEPT = Measure("promises_kept", SUPPORT)
PROMISES_BROKEN = Measure("promises_broken", SUPPORT)
SATISFACTION_SCORES = Measure("satisfaction_scores", SUPPORT)
SATISFACTION_RESPONSES = Measure("satisfaction_responses", SUPPORT)

INVOICED = Measure("invoiced", MONEY)
VOIDED = Measure("voided", MONEY)
COLLECTED = Measure("collected", MONEY)
REFUNDED = Measure("refunded", MONEY)
CREDITED = Measure("credited", MONEY)
WRITTEN_OFF = Measure("written_off", MONEY)
OUTSTANDING = Measure("outstanding", MONEY, is_level=True)
OUTSTANDING_BY_DUE_DATE = Measure("outstanding_by_due_date", MONEY, is_level=True, has_bins=True)
