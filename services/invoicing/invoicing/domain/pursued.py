"""An invoice that is overdue is pursued: it is told of once, and so is each step of its dunning."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from backoffice.clock import rfc3339
from invoicing.domain.dunning import Dunning, DunningPolicy
from invoicing.domain.receivable import Receivable, State


@dataclass(kw_only=True)
class Pursued(Receivable):
    """The waiting for an invoice's money: until it is paid, or a dispute pauses it."""

    dunning: Dunning = Dunning()

    @property
    def disputed(self) -> bool:
        """Whether the buyer objects to it at the moment."""
        return self.dunning.dispute_id is not None

    def give_back(self, payment_id: str, at: datetime) -> tuple[Decimal, Decimal]:
        """Undo what a payment has paid; once open again, the invoice is pursued again."""
        given_back = super().give_back(payment_id, at)
        if self.state is State.OPEN:
            self.dunning = self.dunning.watched(self.issued.due_date, at.date())
        return given_back

    def waits_for(self, day: date) -> bool:
        """Whether it is on that day that time next concerns it."""
        return self.state is State.OPEN and self.dunning.reminder == day

    def pursue(self, policy: DunningPolicy | None, today: date, at: datetime) -> None:
        """Tell what time has brought: that the invoice is overdue, once, and each step of its dunning, once.

        Afterwards ``dunning.reminder`` is the day on which to look again.
        """
        due_date = self.issued.due_date
        if self.overdue(today) and not self.dunning.is_told:
            self.dunning = replace(self.dunning, is_told=True)
            self._tell_overdue("InvoiceOverdue", at, detected_at=rfc3339(at))
        step = self.dunning.next_step(due_date, policy)
        while self.overdue(today) and policy and step and step <= today:
            self._reach_step(policy, today, at)
            step = self.dunning.next_step(due_date, policy)
        # Somebody may set the policy up later.
        waits_for_policy = policy is None and not self.disputed
        self.dunning = replace(self.dunning, reminder=today + timedelta(days=1) if waits_for_policy else step)

    def _reach_step(self, policy: DunningPolicy, today: date, at: datetime) -> None:
        days = policy.step_days[self.dunning.steps]
        self.dunning = replace(self.dunning, steps=self.dunning.steps + 1)
        step = {"policy": policy.id, "step": self.dunning.steps, "days": days, "reached_on": today.isoformat()}
        self._tell_overdue("DunningStepReached", at, **step)

    def _tell_overdue(self, type: str, at: datetime, **data: object) -> None:
        self.tell(type, at, due_date=self.issued.due_date.isoformat(), remaining=self._written(self.remaining), **data)
