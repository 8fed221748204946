"""How support is doing: volume, how long customers wait, whether promises are kept, and what customers think of it."""

from collections.abc import Iterator

from analytics.domain import measures
from analytics.domain.catalogue.metric import Kind, Metric, Unit
from analytics.domain.measures import Measure
from analytics.domain.reckoning import flow, level, mean, percentage, percentile

_WHERE = "Queue, priority and agent are those of the ticket at that moment."


def _flow(measure: Measure, definition: str, unit: Unit = Unit.TICKETS) -> Metric:
    return Metric(measure.name, definition, unit, Kind.FLOW, (measure,), flow)


def _percentiles(measure: Measure, what: str) -> Iterator[Metric]:
    for percent in (50, 90, 95):
        definition = (
            f"{what} The value is the time that {percent} % of them do not exceed, within 1 % of the exact one, over "
            "all tickets of the interval together; it is never an average of percentiles."
        )
        name = f"{measure.name}_p{percent}"
        yield Metric(name, definition, Unit.SECONDS, Kind.PERCENTILE, (measure,), percentile(percent))


METRICS = (
    _flow(
        measures.TICKETS_OPENED,
        "Tickets opened, counted at the time they were opened. A ticket counts once, whatever becomes of it; a "
        "follow-up is a ticket of its own. Queue and priority are those that it was opened with.",
    ),
    _flow(
        measures.TICKETS_SOLVED,
        "Times that a ticket was solved, counted at the time of the solution. A ticket that is reopened and "
        f"solved again counts again. {_WHERE}",
    ),
    _flow(
        measures.TICKETS_REOPENED,
        "Times that a solved ticket was taken up again, by a reply of the customer or by an agent, counted at that "
        f"time. A reply after the reopen window opens a follow-up instead, which is no reopening. {_WHERE}",
    ),
    _flow(
        measures.TICKETS_CLOSED,
        "Tickets that ended for good, counted at that time: their reopen window was over, an agent closed them, or "
        f"they were merged into another. A ticket counts once. {_WHERE}",
    ),
    Metric(
        "backlog",
        "Unsolved tickets at the end of the interval: opened or reopened until then, and neither solved nor merged "
        "into another since. Tickets that wait for the customer or a third party are unsolved. Queue, priority and "
        f"agent are those of the ticket at that time; without an agent it is {measures.NOBODY}.",
        Unit.TICKETS,
        Kind.LEVEL,
        (measures.BACKLOG,),
        level,
    ),
    *_percentiles(
        measures.FIRST_RESPONSE_TIME,
        "Time from a ticket's opening to the first public message of an agent, by the calendar, nights and weekends "
        "included; counted when the message was written, for the agent who wrote it. Tickets without a response do not "
        "count.",
    ),
    *_percentiles(
        measures.FIRST_RESPONSE_BUSINESS_TIME,
        "Working time from a ticket's opening to the first public message of an agent, by the business hours and "
        "holidays of the ticket's service level; counted when the message was written, for the agent who wrote it. "
        "Tickets without a service level have no business hours and do not count.",
    ),
    *_percentiles(
        measures.RESOLUTION_TIME,
        "Time from a ticket's opening to its solution, by the calendar, waiting included; counted at the time of the "
        "solution. A ticket counts once: when it is reopened, the solution that did not hold is taken back from where "
        f"it was counted. {_WHERE}",
    ),
    *_percentiles(
        measures.RESOLUTION_BUSINESS_TIME,
        "Working time from a ticket's opening to its solution, by the business hours and holidays of its service "
        "level, less the time in which it waited for the customer or a third party; counted at the time of the "
        "solution. A ticket counts once, as in the resolution time; one without a service level does not count.",
    ),
    Metric(
        "sla_breach_rate",
        "Promises broken, in percent of the promises that were kept or broken within the interval. A ticket's service "
        "level may promise a first response and a resolution: each is one promise. It is broken at the time it was "
        "due, once; it is kept by a first response or a solution in time. A solution that is reopened has not kept its "
        "promise. Tickets without a service level have no promises.",
        Unit.PERCENT,
        Kind.RATIO,
        (measures.PROMISES_BROKEN, measures.PROMISES_KEPT),
        percentage,
    ),
    Metric(
        "sla_breaches",
        "Promises of service levels that were broken, first responses and resolutions together, counted at the time "
        "each was due, whenever that was noticed. A ticket breaks each of its promises at most once.",
        Unit.EVENTS,
        Kind.FLOW,
        (measures.PROMISES_BROKEN,),
        flow,
    ),
    Metric(
        "satisfaction",
        "Mean of the scores that customers gave for a solution, 1 (worst) to 5 (best), counted at the time each was "
        "entered. A ticket has one score: its latest one takes the place of an earlier one, which is taken back from "
        f"where it was counted. {_WHERE}",
        Unit.SCORE,
        Kind.MEAN,
        (measures.SATISFACTION_SCORES, measures.SATISFACTION_RESPONSES),
        mean,
    ),
    _flow(
        measures.SATISFACTION_RESPONSES,
        "Tickets whose solution the customer has scored, counted at the time of the latest score: how many scores the "
        "mean satisfaction is of.",
        Unit.EVENTS,
    ),
)
