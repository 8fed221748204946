"""What the events of customer support change."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from analytics.domain import measures
from analytics.domain.buckets import Change, quarter_of
from analytics.domain.measures import NOBODY, Measure
from analytics.domain.sketch import bin_of

Data = Mapping[str, Any]


def _opened(data: Data) -> Iterator[Change]:
    at = data["opened_at"]
    yield Change(measures.TICKETS_OPENED, (data["queue"], data["priority"]), quarter_of(at), Decimal(1))
    yield _of(data, measures.BACKLOG, at)


def _assigned(data: Data) -> Iterator[Change]:
    at = data["assigned_at"]
    yield _of({**data, "assignee": data["previous_assignee"]}, measures.BACKLOG, at, -1)
    yield _of(data, measures.BACKLOG, at)


def _reclassified(data: Data) -> Iterator[Change]:
    at = data["reclassified_at"]
    before = {"queue": data["previous_queue"], "priority": data["previous_priority"]}
    yield _of({**data, **before}, measures.BACKLOG, at, -1)
    yield _of(data, measures.BACKLOG, at)


def _responded(data: Data) -> Iterator[Change]:
    at, by = data["responded_at"], {**data, "assignee": data["responded_by"]}
    yield _lasted(by, measures.FIRST_RESPONSE_TIME, at, at - data["opened_at"])
    if data["business_seconds"] is not None:
        worked = timedelta(seconds=data["business_seconds"])
        yield _lasted(by, measures.FIRST_RESPONSE_BUSINESS_TIME, at, worked)
    if data["promise_kept"]:
        yield _of(by, measures.PROMISES_KEPT, at)


def _solved(data: Data) -> Iterator[Change]:
    at = data["solved_at"]
    yield _of(data, measures.TICKETS_SOLVED, at)
    yield _of(data, measures.BACKLOG, at, -1)
    yield from _solution(data, data)


def _reopened(data: Data) -> Iterator[Change]:
    at = data["reopened_at"]
    yield _of(data, measures.TICKETS_REOPENED, at)
    yield _of(data, measures.BACKLOG, at)
    if data["solution"]:
        yield from _solution(data, data["solution"], -1)


def _solution(data: Data, solution: Data, times: int = 1) -> Iterator[Change]:
    """What a solution counts for; ``times`` -1 takes it back from where it was counted."""
    at = solution["solved_at"]
    yield _lasted(data, measures.RESOLUTION_TIME, at, at - data["opened_at"], times)
    if solution["business_seconds"] is not None:
        worked = timedelta(seconds=solution["business_seconds"])
        yield _lasted(data, measures.RESOLUTION_BUSINESS_TIME, at, worked, times)
    if solution["promise_kept"]:
        yield _of(data, measures.PROMISES_KEPT, at, times)


def _closed(data: Data) -> Iterator[Change]:
    at = data["closed_at"]
    yield _of(data, measures.TICKETS_CLOSED, at)
    if not data["was_solved"]:
        yield _of(data, measures.BACKLOG, at, -1)


def _breached(data: Data) -> Iterator[Change]:
    yield _of(data, measures.PROMISES_BROKEN, data["due_at"])


def _rated(data: Data) -> Iterator[Change]:
    yield from _score(data)
    if data["previous"]:
        yield from _score(data["previous"], -1)


def _score(rating: Data, times: int = 1) -> Iterator[Change]:
    at = rating["rated_at"]
    yield _of(rating, measures.SATISFACTION_RESPONSES, at, times)
    yield _of(rating, measures.SATISFACTION_SCORES, at, times * rating["score"])


def _of(ticket: Data, measure: Measure, at: datetime, amount: int = 1) -> Change:
    return Change(measure, _dimensions(ticket), quarter_of(at), Decimal(amount))


def _lasted(ticket: Data, measure: Measure, at: datetime, duration: timedelta, times: int = 1) -> Change:
    return Change(measure, _dimensions(ticket), quarter_of(at), Decimal(times), bin_of(duration))


def _dimensions(ticket: Data) -> tuple[str, ...]:
    return ticket["queue"], ticket["priority"], ticket.get("assignee") or NOBODY


MEASURES: dict[str, Callable[[Data], Iterable[Change]]] = {
    "TicketOpened": _opened,
    "TicketAssigned": _assigned,
    "TicketReclassified": _reclassified,
    "FirstResponseSent": _responded,
    "TicketSolved": _solved,
    "TicketReopened": _reopened,
    "TicketClosed": _closed,
    "SlaBreached": _breached,
    "SatisfactionRecorded": _rated,
}
