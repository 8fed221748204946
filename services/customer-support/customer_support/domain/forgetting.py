"""How customer support forgets a customer: what is left of each thing, and how far the work has got."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from backoffice.domain import Aggregate
from customer_support.domain.conversation import Message
from customer_support.domain.customers import sender_mark
from customer_support.domain.erasure import OURSELVES, Answer, Erased
from customer_support.domain.history import Entry

ERASED = "(erased)"
"""What stands where somebody's words were."""

_BY_MAIL = "mail:"
_TELLING = frozenset({"name", "email", "company", "locale", "time_zone", "subject", "tags"})
"""The fields whose former values histories tell, and which say something of a person."""


class Step(StrEnum):
    """The steps, in their order."""

    TICKETS = "tickets"
    MAILS = "mails"
    CUSTOMER = "customer"
    RECEIPTS = "receipts"
    DONE = "done"


@dataclass(kw_only=True)
class Forgetting(Aggregate):
    """How far the forgetting of a customer (whose ``id`` it has) has got; each message takes it some steps on.

    ``senders`` are the marks of the addresses that the customer ever had here. ``ticket_id`` is the last ticket that
    was begun, ``after`` the part after which to go on (None: with the next thing, "": from its first part on).
    ``look`` counts how often everything was gone through.
    """

    erasure_id: str
    asked_at: datetime
    senders: tuple[str, ...] = ()
    look: int = 1
    step: Step = Step.TICKETS
    ticket_id: str | None = None
    after: str | None = None
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return self.step is Step.DONE

    def begin(self, look: int) -> None:
        """Go through everything once more, if that is what is asked for."""
        if look > self.look:
            self.look, self.step = look, Step.TICKETS
            # These are found only once; everything else is found, and counted, again.
            self.counts = {name: count for name, count in self.counts.items() if name == "other_mails"}
            self.ticket_id = self.after = None

    def knows(self, by: str) -> bool:
        """Whether an author, ``mail:<address>``, is the customer."""
        return by.startswith(_BY_MAIL) and sender_mark(by.removeprefix(_BY_MAIL)) in self.senders

    def count(self, found: Mapping[str, int]) -> None:
        """Add to what was erased."""
        self.counts = dict(Counter(self.counts) + Counter(found))

    def finish_step(self) -> None:
        """Go on with the next step; after the last look nothing is kept by which the customer could be recognized."""
        steps = list(Step)
        self.step = steps[steps.index(self.step) + 1]
        self.ticket_id = self.after = None
        if self.is_done and self.look > 1:
            self.senders = ()

    def go_on_later(self, at: datetime) -> None:
        """Let another message go on."""
        data = {"customer_id": self.id, "erasure_id": self.erasure_id, "look": self.look}
        self.ask(OURSELVES, "ForgetCustomer", data, at)

    def answer(self, at: datetime) -> Answer:
        """What customer support answers: all that tells of the customer is erased, and nothing is kept."""
        erased = tuple(Erased(what=what, count=count) for what, count in sorted(self.counts.items()))
        return Answer(version=self.look, at=at, erased=erased)


def anonymous(by: str) -> str:
    """Who did something, without the address of who wrote by mail."""
    return "mail" if by.startswith(_BY_MAIL) else by


def forgotten_message(message: Message) -> Message:
    """What is left of a message: who among us wrote it, when, and how many files came with it."""
    files = tuple(replace(file, filename=ERASED, key="") for file in message.attachments)
    return replace(message, body=ERASED, written_by=anonymous(message.written_by), attachments=files)


def forgotten_entry(entry: Entry) -> Entry:
    """What is left of a line of a history: what was done and when, and how states changed."""
    changes = {name: change for name, change in entry.changes.items() if name not in _TELLING}
    return replace(entry, by=anonymous(entry.by), changes=changes)
