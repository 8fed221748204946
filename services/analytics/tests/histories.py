"""Tickets that live through whatever may happen to one, with what there is to count in the end."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Event = tuple[str, dict[str, Any]]


@dataclass
class TicketHistory:
    """What was told of a ticket, and how it stands: the truth is read off the end, not added up."""

    opened_at: datetime
    now: datetime
    about: dict[str, Any]
    events: list[Event] = field(default_factory=list)
    solution: dict[str, Any] | None = None
    rating: dict[str, Any] | None = None
    is_closed: bool = False
    times_solved: int = 0
    times_reopened: int = 0

    def tell(self, type: str, **data: Any) -> None:
        self.events.append((type, {**self.about, **data}))

    def assign(self, agent: str) -> None:
        before, self.about["assignee"] = self.about["assignee"], agent
        self.tell("TicketAssigned", previous_assignee=before, assigned_at=self.now)

    def move(self, queue: str) -> None:
        before, self.about["queue"] = self.about["queue"], queue
        previous = {"previous_queue": before, "previous_priority": self.about["priority"]}
        self.tell("TicketReclassified", **previous, reclassified_at=self.now)

    def solve(self, kept: bool | None) -> None:
        worked = None if kept is None else (self.now - self.opened_at) // timedelta(seconds=3)
        self.solution = {"solved_at": self.now, "business_seconds": worked, "promise_kept": kept}
        self.times_solved += 1
        self.tell("TicketSolved", opened_at=self.opened_at, **self.solution)

    def reopen(self) -> None:
        solution, self.solution = self.solution, None
        self.times_reopened += 1
        self.tell("TicketReopened", opened_at=self.opened_at, reopened_at=self.now, solution=solution)

    def rate(self, score: int) -> None:
        previous, self.rating = self.rating, {**self.about, "score": score, "rated_at": self.now}
        self.tell("SatisfactionRecorded", score=score, rated_at=self.now, previous=previous)

    def close(self) -> None:
        self.is_closed = True
        self.tell("TicketClosed", was_solved=self.solution is not None, closed_at=self.now)


def ticket(rng: random.Random, opened_at: datetime) -> TicketHistory:
    """A ticket of up to a dozen events."""
    about = {"queue": rng.choice(["general", "billing"]), "priority": "normal", "assignee": None}
    history = TicketHistory(opened_at, opened_at, about)
    history.tell("TicketOpened", opened_at=opened_at)
    for _ in range(rng.randrange(12)):
        history.now += timedelta(minutes=rng.randrange(1, 900))
        _go_on(history, rng)
        if history.is_closed:
            break
    return history


def _go_on(history: TicketHistory, rng: random.Random) -> None:
    if history.solution:
        rng.choice([history.reopen, history.close, lambda: history.rate(rng.randrange(1, 6))])()
    else:
        rng.choice(
            [
                lambda: history.assign(rng.choice(["ann", "bo"])),
                lambda: history.move(rng.choice(["general", "billing", "sales"])),
                lambda: history.solve(rng.choice([True, False, None])),
                history.close,
            ]
        )()


def truth(tickets: Iterable[TicketHistory]) -> dict[str, int]:
    """What each measure must come to, whatever the dimensions."""
    tickets = list(tickets)
    solutions = [ticket.solution for ticket in tickets if ticket.solution]
    ratings = [ticket.rating for ticket in tickets if ticket.rating]
    return {
        "tickets_opened": len(tickets),
        "tickets_solved": sum(ticket.times_solved for ticket in tickets),
        "tickets_reopened": sum(ticket.times_reopened for ticket in tickets),
        "tickets_closed": sum(ticket.is_closed for ticket in tickets),
        "backlog": sum(not ticket.solution and not ticket.is_closed for ticket in tickets),
        "resolution_time": len(solutions),
        "resolution_business_time": sum(solution["business_seconds"] is not None for solution in solutions),
        "promises_kept": sum(solution["promise_kept"] is True for solution in solutions),
        "satisfaction_responses": len(ratings),
        "satisfaction_scores": sum(rating["score"] for rating in ratings),
    }
