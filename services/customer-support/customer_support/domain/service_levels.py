"""What is promised to customers: how soon they are answered and helped, by which calendar."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from backoffice.domain import Aggregate, Invalid, RuleBroken
from customer_support.domain.business_hours import BusinessHours
from customer_support.domain.calendars import Calendar

DEFAULT_POLICY = "default"
# All of them are one item of the table, and are read with every ticket that is written.
MOST_CALENDARS = 30
MOST_POLICIES = 60


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Metric(StrEnum):
    """What a promise is about. A first response never pauses; a resolution does, while the ticket waits for others."""

    FIRST_RESPONSE = "first_response"
    RESOLUTION = "resolution"


Targets = dict[Metric, timedelta]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How much working time of a calendar each priority may take; what has no target is not promised."""

    id: str
    version: int
    name: str
    calendar_id: str
    targets: dict[Priority, Targets]


@dataclass(kw_only=True)
class ServiceLevels(Aggregate):
    """All calendars and policies of the house."""

    calendars: dict[str, Calendar] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    _hours: dict[str, BusinessHours] = field(default_factory=dict, compare=False, repr=False)

    def policy_for(self, queue: str) -> Policy | None:
        """The policy that bears the queue's name, else ``default``, else none."""
        return self.policies.get(queue) or self.policies.get(DEFAULT_POLICY)

    def hours(self, calendar_id: str) -> BusinessHours:
        """The working time of a calendar."""
        if calendar_id not in self._hours:
            self._hours[calendar_id] = BusinessHours(self.calendars[calendar_id])
        return self._hours[calendar_id]

    def put_calendar(self, calendar: Calendar) -> None:
        """Set a calendar up, or in the place of the one before."""
        if calendar.id not in self.calendars and len(self.calendars) >= MOST_CALENDARS:
            raise RuleBroken("too_many_calendars", f"There can be {MOST_CALENDARS} calendars.")
        self.calendars[calendar.id] = calendar
        self._hours.pop(calendar.id, None)

    def put_policy(self, policy: Policy) -> None:
        """Set a policy up, or in the place of the one before. Raises Invalid if there is no such calendar."""
        if policy.calendar_id not in self.calendars:
            raise Invalid.one("calendar_id", "There is no such calendar.")
        if policy.id not in self.policies and len(self.policies) >= MOST_POLICIES:
            raise RuleBroken("too_many_policies", f"There can be {MOST_POLICIES} policies.")
        self.policies[policy.id] = policy
