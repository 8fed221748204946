"""Pursuing what is overdue: steps by days, told once each, and put off while the invoice is disputed."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from backoffice.domain import Aggregate, Invalid


@dataclass(kw_only=True)
class DunningPolicy(Aggregate):
    """When to remind: so many days after the due date for each step. Invoices follow it as it is on that day."""

    step_days: tuple[int, ...]

    def check(self) -> None:
        """Raise Invalid unless each step comes later than the one before."""
        if any(later <= earlier for earlier, later in zip(self.step_days, self.step_days[1:], strict=False)):
            raise Invalid.one("step_days", "Each step must come later than the one before.")


@dataclass(frozen=True)
class Dunning:
    """How far an invoice has been pursued.

    ``steps`` have been told of; ``dispute_id`` pauses them since ``paused_on``, and ``paused_days`` were paused before.
    ``reminder`` is the day on which time itself next concerns the invoice; None: not before something else happens.
    """

    is_told: bool = False
    steps: int = 0
    dispute_id: str | None = None
    paused_on: date | None = None
    paused_days: int = 0
    reminder: date | None = None

    def watched(self, due_date: date, today: date) -> "Dunning":
        """Look at it on the day after the due date or, once that was told, today."""
        return replace(self, reminder=today if self.is_told else due_date + timedelta(days=1))

    def next_step(self, due_date: date, policy: DunningPolicy | None) -> date | None:
        """The day of the next step; None if there is none, or if a dispute pauses them."""
        if policy is None or self.dispute_id or self.steps >= len(policy.step_days):
            return None
        return due_date + timedelta(days=policy.step_days[self.steps] + self.paused_days)

    def paused(self, dispute_id: str, today: date) -> "Dunning":
        """Disputed from today on."""
        return replace(self, dispute_id=dispute_id, paused_on=today)

    def resumed(self, due_date: date, today: date) -> "Dunning":
        """No longer disputed: the steps that are left come as many days later as they were paused."""
        began = max(self.paused_on or today, due_date)
        days = self.paused_days + max((today - began).days, 0)
        return replace(self, dispute_id=None, paused_on=None, paused_days=days).watched(due_date, today)
