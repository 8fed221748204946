"""Tickets: from a customer's question to its solution."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from backoffice.clock import rfc3339
from backoffice.domain import Invalid, ReturnAddress, RuleBroken
from customer_support.domain import promises
from customer_support.domain.agreement import Agreement, Promise
from customer_support.domain.conversation import Author, Message, Satisfaction, TimeEntry, Visibility
from customer_support.domain.disputes import Dispute, Outcome, Resolution, refusal
from customer_support.domain.history import Act, Remembering
from customer_support.domain.life_cycle import REOPEN_WINDOW, UNSOLVED, WAITING, Status, Transition, demand
from customer_support.domain.service_levels import Metric, Priority, ServiceLevels
from customer_support.domain.solution import Solution, whole_seconds

# With the longest notes still within the 1 MB of one query: solving reads them all at once.
MOST_TIME_ENTRIES = 300
MOST_ABSORBED = 20


@dataclass(kw_only=True)
class Ticket(Remembering):
    """A customer's question and how far we are with it.

    ``reopen_until`` is how long a solved ticket takes replies; ``absorbed`` are the tickets that were merged into it;
    ``marks`` tell what was wrong with its mails; ``dispute`` is what it is to decide, if it is about one;
    ``erased_at`` is since when its customer is being forgotten.
    """

    customer_id: str
    subject: str
    body: str
    priority: Priority
    queue: str
    opened_at: datetime
    tags: list[str] = field(default_factory=list)
    status: Status = Status.NEW
    assignee: str | None = None
    transitions: tuple[Transition, ...] = ()
    first_responded_at: datetime | None = None
    solved_at: datetime | None = None
    solution: Solution | None = None
    reopen_until: datetime | None = None
    reopen_count: int = 0
    closed_at: datetime | None = None
    time_entry_count: int = 0
    satisfaction: Satisfaction | None = None
    follow_up_of: str | None = None
    followed_by: str | None = None
    merged_into: str | None = None
    absorbed: list[str] = field(default_factory=list)
    agreement: Agreement | None = None
    marks: list[str] = field(default_factory=list)
    erased_at: datetime | None = None
    dispute: Dispute | None = None

    @classmethod
    def open(cls, id: str, details: dict[str, Any], act: Act, levels: ServiceLevels) -> "Ticket":
        """A new ticket. ``details``: customer_id, subject, body, priority, queue, tags."""
        ticket = cls(
            id=id, **details, opened_at=act.at, updated_at=act.at, transitions=(Transition(Status.NEW, act.at),)
        )
        ticket.remember("opened", act, refers_to=ticket.follow_up_of)
        ticket.record("TicketOpened", ticket._about(opened_at=rfc3339(act.at)), act.at)
        if policy := levels.policy_for(ticket.queue):
            ticket.agreement = Agreement.under(policy, ticket.priority)
            promises.wind(ticket, levels)
        return ticket

    def follow_up(self, id: str, body: str, act: Act, levels: ServiceLevels) -> "Ticket":
        """The ticket that a reply to this closed one opens: same subject, queue, priority and tags."""
        self._must_not_be_erased()
        inherited = {name: getattr(self, name) for name in ("customer_id", "subject", "priority", "queue")}
        details = {**inherited, "tags": list(self.tags), "body": body, "follow_up_of": self.id}
        self.remember("followed_up", act, refers_to=id, followed_by=id)
        return Ticket.open(id, details, act, levels)

    def change(self, details: dict[str, Any], act: Act) -> None:
        """Change subject, priority, queue or tags; the others stay, and so does what was promised."""
        self._begin("change", act)
        before = {"previous_queue": self.queue, "previous_priority": self.priority.value}
        self.remember("changed", act, **details)
        if before != {"previous_queue": self.queue, "previous_priority": self.priority.value}:
            self.record("TicketReclassified", self._held(**before, reclassified_at=rfc3339(act.at)), act.at)

    def assign(self, assignee: str, act: Act) -> None:
        """Make an agent responsible; a new ticket is open from then on."""
        self._begin("assign", act)
        before = self.assignee
        self._turn("assigned", self._taken_up, act, assignee=assignee)
        self.record("TicketAssigned", self._held(previous_assignee=before, assigned_at=rfc3339(act.at)), act.at)

    @property
    def heir(self) -> str | None:
        """The ticket that takes the replies to this one: the one that it was merged into, or its follow-up."""
        return self.merged_into or self.followed_by

    def is_over(self, at: datetime) -> bool:
        """Whether a reply of the customer comes too late for this ticket and opens a follow-up."""
        return self.status is Status.CLOSED or (self.reopen_until is not None and self.reopen_until < at)

    def add(self, message: Message, levels: ServiceLevels) -> None:
        """Take a message into the conversation.

        The first public message of an agent is the first response. A customer's reply wakes a waiting ticket and
        reopens a solved one. Notes are taken in every state.
        """
        if message.visibility is Visibility.INTERNAL:
            self.note(message)
            return
        act = Act(message.written_by, message.written_at)
        self._must_not_be_erased()
        self.mark(message.marks)
        if message.author is Author.AGENT:
            self._begin("answer", act)
            self._turn("answered", self._taken_up, act, refers_to=message.id)
            self._respond(act, levels)
        else:
            self._begin("reply", act)
            if self.status is Status.SOLVED:
                self._reopen(act, by=Author.CUSTOMER)
            woken = Status.OPEN if self.status in WAITING else self.status
            self._turn("replied", woken, act, refers_to=message.id)
            promises.wind(self, levels)

    def note(self, message: Message) -> None:
        """Take a note among agents."""
        self._must_not_be_erased()
        self.mark(message.marks)
        self.remember("noted", Act(message.written_by, message.written_at), refers_to=message.id)

    def mark(self, marks: Iterable[str]) -> None:
        """Remember what was wrong with a mail, for all to see."""
        self.marks = sorted({*self.marks, *marks})

    def log(self, entry: TimeEntry) -> None:
        """Count time that was worked; what a solved ticket has taken is with invoicing already."""
        act = Act(entry.worked_by, entry.entered_at)
        self._begin("time_entry", act)
        if self.time_entry_count >= MOST_TIME_ENTRIES:
            raise RuleBroken("too_many_time_entries", f"A ticket takes {MOST_TIME_ENTRIES} time entries.")
        self.time_entry_count += 1
        self.remember("time_entered", act, refers_to=entry.id)

    def hold(self, waiting: Status, act: Act) -> None:
        """Let the ticket wait: ``pending`` for the customer, ``on_hold`` for a third party."""
        self._begin("hold", act)
        self._turn("held", waiting, act)

    def resume(self, act: Act, levels: ServiceLevels) -> None:
        """Go on with a ticket that waits."""
        self._begin("resume", act)
        self._turn("resumed", Status.OPEN, act)
        promises.wind(self, levels)

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
        billable = [
            {"time_entry_id": entry.id, "minutes": entry.minutes, "rate_code": entry.rate_code}
            for entry in worked
            if entry.billable
        ]
        self.record("TicketSolved", {**about, "time_entries": billable}, act.at)

    @property
    def is_undecided(self) -> bool:
        """Whether somebody waits for its decision."""
        return self.dispute is not None and self.dispute.resolution is None

    @property
    def has_point(self) -> bool:
        """Whether there is still something to do for those who have asked for it."""
        return self.status in UNSOLVED and (self.dispute is None or self.is_undecided)

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
        resolution = self.dispute.resolution
        lines = [
            {
                "line_id": line.line_id,
                "quantity": None if line.quantity is None else f"{line.quantity:f}",
                "amount": None if line.amount is None else f"{line.amount:f}",
            }
            for line in resolution.lines or ()
        ]
        about = {"dispute_id": self.dispute.dispute_id, "ticket_id": self.id, "outcome": resolution.outcome.value}
        self.reply(to, "DisputeResolved", {**about, "lines": lines or None, "resolved_at": rfc3339(at)}, at)

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

    def close(self, act: Act, reason: str) -> None:
        """End it. ``reason``: reopen_window_over, or by_agent."""
        self._begin("close", act)
        self._close("closed", act, reason)

    def merge_into(self, heir: "Ticket", act: Act) -> None:
        """Close this ticket, whose conversation and time the heir shows as its own from now on."""
        self._begin("merge", act)
        if self.is_undecided:
            raise RuleBroken("undecided", "Invoicing waits for its outcome: merge the other ticket into this one.")
        if heir.customer_id != self.customer_id:
            raise RuleBroken("other_customer", "Only tickets of one customer can be merged.")
        heir.absorb(self, act)
        self._close("merged", act, "merged", merged_into=heir.id)

    def absorb(self, other: "Ticket", act: Act) -> None:
        """Take over another ticket's conversation and time, and whatever that one has absorbed."""
        self._begin("absorb", act)
        self.time_entry_count += other.time_entry_count
        absorbed = [*self.absorbed, other.id, *other.absorbed]
        if self.time_entry_count > MOST_TIME_ENTRIES or len(absorbed) > MOST_ABSORBED:
            raise RuleBroken(
                "too_large_to_merge",
                f"A ticket takes {MOST_TIME_ENTRIES} time entries and {MOST_ABSORBED} merged tickets.",
            )
        self.remember("absorbed", act, refers_to=other.id, absorbed=absorbed)

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

    def end_by_erasure(self, act: Act) -> None:
        """Take nothing more, since the customer is being forgotten; what is open is closed: nobody waits any more."""
        self.erased_at = act.at
        if self.dispute and self.is_undecided:
            told = refusal(self.dispute.dispute_id, act.at)
            self.reply(self.dispute.asked_by, "DisputeTicketRefused", told, act.at)
        if self.status is Status.CLOSED:
            self.remember("erased", act)
        else:
            self._close("erased", act, "customer_erased")

    def forget(self, text: str) -> None:
        """Put ``text`` in the place of all words; ids, times and states stay."""
        self.subject = self.body = text
        self.tags = []
        if self.satisfaction:
            self.satisfaction = replace(self.satisfaction, comment=None)

    def notice(self, act: Act) -> None:
        """Tell of promises whose time is over; each is told once."""
        for promise in promises.overdue(self, act.at):
            self._breach(promise, act)

    def wake(self, act: Act) -> None:
        """Do what time has brought about: tell of broken promises, close what nobody has reopened."""
        self.notice(act)
        if self.status is Status.SOLVED and self.is_over(act.at):
            self.close(act, "reopen_window_over")

    @property
    def wakes_at(self) -> datetime | None:
        """When time itself has something to do here: a promise is overdue, or the reopen window is over."""
        moments = [promise.due_at for promise in promises.pending(self)]
        if self.status is Status.SOLVED:
            moments.append(self.reopen_until)
        return min((moment for moment in moments if moment), default=None)

    @property
    def _taken_up(self) -> Status:
        return Status.OPEN if self.status is Status.NEW else self.status

    def _must_not_be_erased(self) -> None:
        if self.erased_at:
            raise RuleBroken("customer_erased", "The customer of this ticket was erased.")

    def _begin(self, action: str, act: Act) -> None:
        self._must_not_be_erased()
        demand(action, self.status)
        self.notice(act)

    def _turn(self, action: str, status: Status, act: Act, *, refers_to: str | None = None, **changes: Any) -> None:
        if status is not self.status:
            self.transitions = (*self.transitions, Transition(status, act.at))
        self.remember(action, act, refers_to=refers_to, status=status, **changes)
        promises.pause(self)

    def _decide(self, resolution: Resolution | None, act: Act) -> None:
        if self.dispute is None:
            if resolution:
                raise Invalid.one("outcome", "Only the ticket of a dispute is solved with an outcome.")
            return
        is_new = self.is_undecided
        self.dispute = self.dispute.resolved(resolution)
        if is_new:
            self.tell_decision(self.dispute.asked_by, act.at)

    def _respond(self, act: Act, levels: ServiceLevels) -> None:
        if self.first_responded_at is not None:
            return
        self.first_responded_at = act.at
        about = self._about(
            responded_by=act.by,
            opened_at=rfc3339(self.opened_at),
            responded_at=rfc3339(act.at),
            business_seconds=whole_seconds(promises.business_time(self, Metric.FIRST_RESPONSE, levels, act.at)),
            promise_kept=promises.is_kept(self, Metric.FIRST_RESPONSE),
        )
        self.record("FirstResponseSent", about, act.at)

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

    def _close(self, action: str, act: Act, reason: str, **changes: Any) -> None:
        was_solved = self.status is Status.SOLVED
        self._turn(action, Status.CLOSED, act, **changes)
        self.closed_at, self.reopen_until = act.at, None
        told = {"reason": reason, "merged_into": self.merged_into, "was_solved": was_solved}
        self.record("TicketClosed", self._held(**told, closed_at=rfc3339(act.at)), act.at)

    def _breach(self, promise: Promise, act: Act) -> None:
        assert self.agreement is not None and promise.due_at is not None, "only what was promised can be broken"
        self.agreement = self.agreement.with_promise(promise.broken())
        self.remember("breached", act, refers_to=promise.metric.value)
        told = {
            "metric": promise.metric.value,
            "policy_id": self.agreement.policy_id,
            "promised_priority": self.agreement.priority.value,
            "target_minutes": int(promise.target.total_seconds() // 60),
            "due_at": rfc3339(promise.due_at),
        }
        self.record("SlaBreached", self._held(**told), promise.due_at)

    def _held(self, **more: Any) -> dict[str, Any]:
        return self._about(assignee=self.assignee, **more)

    def _about(self, **more: Any) -> dict[str, Any]:
        return {
            "ticket_id": self.id,
            "customer_id": self.customer_id,
            "queue": self.queue,
            "priority": self.priority.value,
            **more,
        }
