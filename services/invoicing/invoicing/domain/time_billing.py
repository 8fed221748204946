"""From time worked on a ticket to a line of an invoice."""

from dataclasses import dataclass
from decimal import Decimal

from invoicing.domain.lines import Line, TimeEntry
from invoicing.domain.rates import HOUR, Rate

MINUTE = "MIN"  # UN/ECE recommendation 20
_MINUTES_AN_HOUR = 60


@dataclass(frozen=True)
class WorkedTime:
    """Billable minutes that somebody spent on a ticket."""

    time_entry: TimeEntry
    minutes: int
    rate_code: str


def line_for(worked: WorkedTime, rate: Rate) -> Line:
    """Price worked time by its rate, exactly.

    In hours where they are a finite decimal (90 minutes: 1.5 h at the price of an hour), which is every multiple of
    three minutes; otherwise in minutes at the price of sixty (20 minutes: 20 min at 120.00 per 60 min). Rounded hours
    (0.33 h) would charge a wrong amount, and a line's amount must follow from the figures printed on it.
    """
    charged = rate.charged(worked.minutes)
    minutes, in_hours = Decimal(charged), charged % 3 == 0
    return Line(
        description=f"{rate.description}, ticket {worked.time_entry.ticket_id}",
        quantity=minutes / _MINUTES_AN_HOUR if in_hours else minutes,
        unit=HOUR if in_hours else MINUTE,
        unit_price=rate.unit_price,
        base_quantity=Decimal(1 if in_hours else _MINUTES_AN_HOUR),
        tax=rate.tax,
        time_entry=worked.time_entry,
    )
