"""How a ticket ends: it is solved, a dispute decided, the solution rated or taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from backoffice.clock import rfc3339
from backoffice.domain import Invalid, ReturnAddress, RuleBroken
from customer_support.domain import promises
from customer_support.domain.conversation import Author, Satisfaction, TimeEntry
from customer_support.domain.disputes import Dispute, Outcome, Resolution
from customer_support.domain.history import Act
from customer_support.domain.life_cycle import REOPEN_WINDOW, UNSOLVED, Status
from customer_support.domain.service_levels import Metric, ServiceLevels
from customer_support.domain.solution import Solution
from customer_support.domain.tracked import Tracked


@dataclass(kw_only=True)
class Solvable(Tracked):
    """The solution of a ticket, and what the customer thinks of it.

    ``dispute`` is what the ticket is to decide, if it is about one.
    """

    solved_at: datetime | None = None
    solution: Solution | None = None
    reopen_count: int = 0
    satisfaction: Satisfaction | None = None
    dispute: Dispute | None = None

    @property
    def is_undecided(self) -> bool:
        """Whether somebody waits for its decision."""
        return self.dispute is not None and self.dispute.resolution is None

    @property
    def has_point(self) -> bool:
        """Whether there is still something to do for those who have asked for it."""
        return self.status in UNSOLVED and (self.dispute is None or self.is_undecided)

    def solve(
        self, worked: Iterable[TimeEntry], act: Act, levels: ServiceLevels, resolution: Resolution | None = None
    ) -> None:
        """Declare the question answered, and tell the billable time of all that was ``worked``.

        A dispute is solved with a resolution, which whoever asked for it is told; no other ticket is.
        """
        self._begin("solve", act)
        if self.assignee is None:
            raise RuleBroken("unassigned", "A ticket needs an assignee before it can be solved.")
        self._decide(resolution, act)
        self._turn("solved", Status.SOLVED, act)
        self.solved_at, self.reopen_until = act.at, act.at + REOPEN_WINDOW
        self.solution = Solution(
            solved_at=act.at,
            business_time=promises.business_time(self, Metric.RESOLUTION, levels, act.at),
            promise_kept=promises.is_kept(self, Metric.RESOLUTION),
        )
        about = self._held(opened_at=rfc3339(self.opened_at), **self.solution.told())
        billable = [entry.told() for entry in worked if entry.billable]
        self.record("TicketSolved", {**about, "time_entries": billable}, act.at)

    def withdraw(
        self, worked: Iterable[TimeEntry], act: Act, levels: ServiceLevels, outcome: Outcome | None = None
    ) -> None:
        """What it was opened for is done elsewhere: solve it in the name of those who have asked for it."""
        if self.dispute and outcome:
            self.dispute = self.dispute.resolved(Resolution(outcome))
        if self.assignee is None:
            self.assign(act.by, act)
        self.solve(worked, act, levels)

    def tell_decision(self, to: ReturnAddress, at: datetime) -> None:
        """Tell how the dispute was decided to whoever has asked."""
        assert self.dispute is not None and self.dispute.resolution is not None, "only a decision can be told"
        about = {"dispute_id": self.dispute.dispute_id, "ticket_id": self.id, "resolved_at": rfc3339(at)}
        self.reply(to, "DisputeResolved", about | self.dispute.resolution.told(), at)

    def reopen(self, act: Act, levels: ServiceLevels) -> None:
        """Take up a solved ticket again, within the reopen window."""
        self._begin("reopen", act)
        if self.is_over(act.at):
            raise RuleBroken(
                "reopen_window_over",
                f"A ticket can be reopened until {REOPEN_WINDOW.days} days after it was solved.",
                reopen_until=self.reopen_until and rfc3339(self.reopen_until),
            )
        self._reopen(act, by=Author.AGENT)
        promises.wind(self, levels)

    def rate(self, score: int, comment: str | None, act: Act) -> None:
        """Keep what the customer thinks of the solution; the last word counts."""
        self._begin("rate", act)
        before = self.satisfaction
        self.satisfaction = Satisfaction(
            score=score,
            comment=comment,
            rated_at=act.at,
            queue=self.queue,
            priority=self.priority,
            assignee=self.assignee,
        )
        self.remember("rated", act)
        # A rating from before queues were kept with it was never counted: nothing is to be taken back.
        previous = before.told() if before and before.queue else None
        about = self._about(**self.satisfaction.told(), previous=previous)
        self.record("SatisfactionRecorded", about, act.at)

    def _decide(self, resolution: Resolution | None, act: Act) -> None:
        if self.dispute is None:
            if resolution:
                raise Invalid.one("outcome", "Only the ticket of a dispute is solved with an outcome.")
            return
        is_new = self.is_undecided
        self.dispute = self.dispute.resolved(resolution)
        if is_new:
            self.tell_decision(self.dispute.asked_by, act.at)

    def _reopen(self, act: Act, by: Author) -> None:
        self._turn("reopened", Status.OPEN, act)
        about = self._held(
            reopened_by=by.value,
            opened_at=rfc3339(self.opened_at),
            reopened_at=rfc3339(act.at),
            solution=self.solution and self.solution.told(),
        )
        self.solved_at = self.solution = self.reopen_until = None
        self.reopen_count += 1
        self.record("TicketReopened", about, act.at)
