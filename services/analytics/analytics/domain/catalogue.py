"""The metrics: what each one means, in words that settle an argument."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How buckets become a value: a flow adds up within an interval, a level is what stands at its end."""

    FLOW = "flow"
    LEVEL = "level"


class Unit(StrEnum):
    """What a value counts. Money is an exact amount of the currency named beside it."""

    TICKETS = "tickets"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that can be asked for; there is one series for each combination of its ``dimensions``."""

    name: str
    definition: str
    unit: Unit
    kind: Kind
    dimensions: tuple[str, ...] = ()


TICKETS_OPENED = Metric(
    "tickets_opened",
    "Tickets opened, counted at the time they were opened. A ticket counts once, whatever becomes of it.",
    Unit.TICKETS,
    Kind.FLOW,
)
TICKETS_SOLVED = Metric(
    "tickets_solved",
    "Times that a ticket was solved, counted at the time of the solution. A ticket that is reopened and "
    "solved again counts again.",
    Unit.TICKETS,
    Kind.FLOW,
)
INVOICED = Metric(
    "invoiced",
    "Totals including tax of the invoices issued, counted at the time each invoice was finalized (not at its "
    "issue date).",
    Unit.MONEY,
    Kind.FLOW,
    ("currency",),
)
COLLECTED = Metric(
    "collected",
    "Amounts of the payments recorded, whether or not they were allocated to an invoice, counted at the time "
    "each payment was recorded (not at the day the money arrived).",
    Unit.MONEY,
    Kind.FLOW,
    ("currency",),
)
OUTSTANDING = Metric(
    "outstanding",
    "What customers owed at the end of the interval: totals including tax of all invoices issued until then, "
    "less everything that payments recorded until then allocated to invoices. Money received but not "
    "allocated does not lower it.",
    Unit.MONEY,
    Kind.LEVEL,
    ("currency",),
)

CATALOGUE = {metric.name: metric for metric in (TICKETS_OPENED, TICKETS_SOLVED, INVOICED, COLLECTED, OUTSTANDING)}
