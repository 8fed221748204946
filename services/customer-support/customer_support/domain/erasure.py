"""The erasure of a customer (GDPR, article 17): each context is asked, answers, and all of it is certified.

A saga that customer support conducts. An answer that stays away is asked for again, with growing pauses, for as long as
it takes; one that comes twice, late or out of order changes nothing. What a context keeps since the law wants it, it
tells again once it has erased that, too.
"""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from backoffice.clock import rfc3339
from backoffice.domain import Aggregate

OURSELVES = "customer-support"
CONTEXTS = (OURSELVES, "invoicing", "analytics")

# An answer takes seconds. A context that is down for a day is asked eleven times, and then four times a day.
PATIENCE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
LATE_AFTER = timedelta(minutes=5)
# Lists follow the table with a delay; whatever they had not shown is found by then.
SECOND_LOOK = timedelta(minutes=2)


class ErasureState(StrEnum):
    """Completed once every context has answered."""

    RUNNING = "running"
    COMPLETED = "completed"


class PartState(StrEnum):
    """How it stands with one context; one that does not answer within minutes is late."""

    WAITING = "waiting"
    LATE = "late"
    ANSWERED = "answered"


@dataclass(frozen=True, kw_only=True)
class Erased:
    """So many things of a kind were erased."""

    what: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Kept:
    """So many things of a kind are kept until the end of a day, since a law wants it."""

    what: str
    count: int
    legal_basis: str
    until: date


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a context says of a customer's data; of two answers the one with the higher ``version`` is newer."""

    version: int
    at: datetime
    erased: tuple[Erased, ...] = ()
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one context was asked, how often, and what it has answered."""

    context: str
    asked_at: datetime
    last_asked_at: datetime
    times_asked: int = 1
    answer: Answer | None = None

    @property
    def ask_again_at(self) -> datetime | None:
        """When to ask again if there is no answer until then."""
        if self.answer:
            return None
        doublings = min(self.times_asked - 1, 16)
        return self.last_asked_at + min(PATIENCE * (1 << doublings), LONGEST_PAUSE)

    def state(self, at: datetime) -> PartState:
        """How it stands at a moment."""
        if self.answer:
            return PartState.ANSWERED
        return PartState.LATE if at > self.asked_at + LATE_AFTER else PartState.WAITING


@dataclass(kw_only=True)
class Erasure(Aggregate):
    """One customer's erasure. Holds ids, counts and times: nothing of it tells who the customer was.

    ``second_look_at`` is when customer support looks once more for what its lists did not show at first.
    """

    customer_id: str
    asked_by: str
    asked_at: datetime
    parts: tuple[Part, ...]
    second_look_at: datetime | None
    completed_at: datetime | None = None

    @classmethod
    def begun(cls, id: str, customer_id: str, by: str, at: datetime) -> "Erasure":
        """An erasure that was just asked for; every context is told."""
        parts = tuple(Part(context=context, asked_at=at, last_asked_at=at) for context in CONTEXTS)
        erasure = cls(
            id=id, customer_id=customer_id, asked_by=by, asked_at=at, parts=parts, second_look_at=at + SECOND_LOOK
        )
        for context in CONTEXTS:
            erasure._ask(context, at)
        return erasure

    @property
    def state(self) -> ErasureState:
        return ErasureState.COMPLETED if self.completed_at else ErasureState.RUNNING

    @property
    def due_at(self) -> datetime:
        """Until when the person must have been answered: within a month (GDPR, article 12(3))."""
        year, month = (self.asked_at.year + self.asked_at.month // 12, self.asked_at.month % 12 + 1)
        return self.asked_at.replace(year=year, month=month, day=min(self.asked_at.day, monthrange(year, month)[1]))

    @property
    def wakes_at(self) -> datetime | None:
        """When time itself has something to do here."""
        moments = [self.second_look_at, *(part.ask_again_at for part in self.parts)]
        return min((moment for moment in moments if moment), default=None)

    def late(self, at: datetime) -> list[str]:
        """The contexts whose answer is late."""
        return [part.context for part in self.parts if part.state(at) is PartState.LATE]

    def take(self, context: str, answer: Answer, at: datetime) -> bool:
        """Note a context's answer, unless it is known or older than the one that is known.

        Returns whether it was news. The last context's answer completes the erasure.
        """
        (part,) = (part for part in self.parts if part.context == context)
        if part.answer and part.answer.version >= answer.version:
            return False
        if part.answer and (answer.erased, answer.kept) == (part.answer.erased, part.answer.kept):
            answer = replace(answer, at=part.answer.at)  # the same once more does not make the certificate newer
        self._replace(replace(part, answer=answer))
        if self.completed_at is None and all(part.answer for part in self.parts):
            self.completed_at = at
            data = {"customer_id": self.customer_id, "erasure_id": self.id, "erased_at": rfc3339(at)}
            self.record("CustomerErased", data, at)
        return True

    def wake(self, at: datetime) -> None:
        """Ask again whoever should have answered by now; take the second look when it is time."""
        for part in self.parts:
            if part.ask_again_at and part.ask_again_at <= at:
                self._replace(replace(part, last_asked_at=at, times_asked=part.times_asked + 1))
                self._ask(part.context, at)
        if self.second_look_at and self.second_look_at <= at:
            self.second_look_at = None
            self._ask(OURSELVES, at, look=2)

    def _ask(self, context: str, at: datetime, look: int = 1) -> None:
        data = {"customer_id": self.customer_id, "erasure_id": self.id}
        if context == OURSELVES:
            self.ask(context, "ForgetCustomer", {**data, "look": look}, at)
        else:
            self.ask(context, "EraseCustomer", {**data, "asked_at": rfc3339(self.asked_at)}, at)

    def _replace(self, changed: Part) -> None:
        self.parts = tuple(changed if part.context == changed.context else part for part in self.parts)
