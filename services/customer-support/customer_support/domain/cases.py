"""Cases: what another context pursues with us, and the tickets that this brings.

Messages about a case arrive in any order. Each bears the version of what it is about, so whether a ticket still has a
point follows from versions, never from the order of arrival: it has none once the case was ended later than it was
asked for.
"""

from dataclasses import dataclass, field

from backoffice.domain import Aggregate
from customer_support.domain.disputes import Outcome


@dataclass(frozen=True)
class Asked:
    """A ticket of a case, and the version of the fact or command that has asked for it."""

    ticket_id: str
    version: int


@dataclass(frozen=True)
class Ending:
    """At which version there was nothing left to do, and why; ``outcome`` is that of a dispute."""

    version: int
    why: str
    outcome: Outcome | None = None


@dataclass(kw_only=True)
class Case(Aggregate):
    """An invoice that is pursued or a dispute, under its own id; its tickets by topic, and its latest ending.

    ``disputes`` are those about an invoice, and whether they are open: a settled one never opens again.
    """

    tickets: dict[str, Asked] = field(default_factory=dict)
    ending: Ending | None = None
    disputes: dict[str, bool] = field(default_factory=dict)

    @property
    def is_disputed(self) -> bool:
        """Whether nobody should be reminded at the moment."""
        return any(self.disputes.values())

    def hear_of(self, dispute_id: str, *, is_open: bool) -> None:
        """Note that a dispute was raised or settled, in whatever order that is told."""
        self.disputes = {**self.disputes, dispute_id: is_open and self.disputes.get(dispute_id, True)}

    def take_up(self, topic: str, ticket_id: str, version: int) -> None:
        """Note the ticket of a topic."""
        self.tickets = {**self.tickets, topic: Asked(ticket_id, version)}

    def is_over(self, version: int) -> bool:
        """Whether what was asked for at that version was ended since."""
        return self.ending is not None and version < self.ending.version

    def end(self, ending: Ending) -> list[str]:
        """Nothing is left to do; answer the ids of the tickets that have no point any more."""
        if self.ending is None or self.ending.version < ending.version:
            self.ending = ending
        return [asked.ticket_id for asked in self.tickets.values() if asked.version < ending.version]
