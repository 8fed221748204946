"""Tickets: a customer's question and the conversation about it, from opening to merging and forgetting."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from backoffice.clock import rfc3339
from backoffice.domain import RuleBroken
from customer_support.domain import promises
from customer_support.domain.agreement import Agreement
from customer_support.domain.conversation import Author, Message, TimeEntry, Visibility
from customer_support.domain.disputes import refusal
from customer_support.domain.history import Act
from customer_support.domain.life_cycle import WAITING, Status, Transition
from customer_support.domain.service_levels import Metric, ServiceLevels
from customer_support.domain.solution import whole_seconds
from customer_support.domain.solvable import Solvable

# With the longest notes still within the 1 MB of one query: solving reads them all at once.
MOST_TIME_ENTRIES = 300
MOST_ABSORBED = 20


@dataclass(kw_only=True)
class Ticket(Solvable):
    """A customer's question, the conversation about it, and how far we are with it.

    ``absorbed`` are the tickets that were merged into it; ``marks`` tell what was wrong with its mails.
    """

    subject: str
    body: str
    tags: list[str] = field(default_factory=list)
    time_entry_count: int = 0
    follow_up_of: str | None = None
    followed_by: str | None = None
    absorbed: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

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

    @property
    def heir(self) -> str | None:
        """The ticket that takes the replies to this one: the one that it was merged into, or its follow-up."""
        return self.merged_into or self.followed_by

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
