"""How much CPU it takes to say how 10,000 open clocks stand, and when they are due.

The baseline is the slow and obvious implementation that the unit tests compare with: it looks at the clock on the wall
once for each minute. It is timed on a sample of the same tickets, since all of them would take minutes.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.figures import Target, conclude, table
from local.stage.place import ROOT

SERVICE = ROOT / "services" / "customer-support"
sys.path[:0] = [str(ROOT / "shared" / "python"), str(SERVICE)]

from customer_support.domain import promises  # noqa: E402
from customer_support.domain.agreement import due  # noqa: E402
from customer_support.domain.calendars import Calendar, Interval  # noqa: E402
from customer_support.domain.history import Act  # noqa: E402
from customer_support.domain.life_cycle import Status  # noqa: E402
from customer_support.domain.service_levels import Metric, Policy, Priority, ServiceLevels  # noqa: E402
from customer_support.domain.tickets import Ticket  # noqa: E402

TICKETS = 5_000
"""Each one has two clocks."""
SAMPLE = 50
MOST_SECONDS = 1.0
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")


def main() -> int:
    wall_clock = _wall_clock()
    tickets = _tickets(random.Random(7), _levels())
    fast = _cpu(lambda: _evaluate(tickets, _levels()))
    again = _levels()
    _evaluate(tickets, again)
    warm = _cpu(lambda: _evaluate(tickets, again))
    slow = _cpu(lambda: _evaluate_slowly(tickets[:SAMPLE], _levels(), wall_clock)) * TICKETS / SAMPLE
    rows = [
        ["calendars read anew", f"{fast:.3f}", f"{slow / fast:.0f}"],
        ["calendars known already", f"{warm:.3f}", f"{slow / warm:.0f}"],
        ["minute by minute (from a sample)", f"{slow:.1f}", "1"],
    ]
    table([f"{2 * TICKETS:,} open clocks", "CPU s", "x faster"], rows)
    return conclude(Target("CPU for 10,000 open clocks", fast, MOST_SECONDS, "s"))


def _evaluate(tickets: list[Ticket], levels: ServiceLevels) -> None:
    """What a clock shows, and when it is due: as for the API, and as after a change of its calendar."""
    for ticket in tickets:
        assert ticket.agreement is not None
        hours = levels.hours(ticket.agreement.calendar_id)
        promises.clocks(ticket, levels, NOW)
        for promise in ticket.agreement.promises:
            due(promise, ticket.transitions, hours)


def _evaluate_slowly(tickets: list[Ticket], levels: ServiceLevels, wall_clock: Any) -> None:
    for ticket in tickets:
        assert ticket.agreement is not None
        calendar = levels.calendars[ticket.agreement.calendar_id]
        for promise in ticket.agreement.promises:
            wall_clock.between(calendar, ticket.opened_at, NOW)
            wall_clock.resolution_due(calendar, ticket.transitions, promise.target, NOW + timedelta(days=7))


def _levels() -> ServiceLevels:
    levels = ServiceLevels(id="service-levels")
    day = (Interval(540, 720), Interval(780, 1080))
    targets = {Metric.FIRST_RESPONSE: timedelta(hours=4), Metric.RESOLUTION: timedelta(hours=40)}
    for number, zone in enumerate(ZONES):
        name = f"q{number}"
        week = (*[day] * 5, (), ())
        levels.put_calendar(Calendar(id=name, version=1, name=name, time_zone=zone, week=week))
        everybody = dict.fromkeys(Priority, targets)
        levels.put_policy(Policy(id=name, version=1, name=name, calendar_id=name, targets=everybody))
    return levels


def _tickets(chance: random.Random, levels: ServiceLevels) -> list[Ticket]:
    """Tickets of the last two weeks; every second one has waited for somebody once."""
    tickets = []
    for number in range(TICKETS):
        opened_at = NOW - timedelta(minutes=chance.randrange(14 * 24 * 60))
        details = {
            "customer_id": "cus",
            "subject": "",
            "body": "",
            "priority": Priority.NORMAL,
            "queue": f"q{number % len(ZONES)}",
        }
        ticket = Ticket.open("tkt", details, Act("ann", opened_at), levels)
        if number % 2:
            held_at = opened_at + timedelta(minutes=chance.randrange(1, 60))
            ticket.hold(Status.PENDING, Act("bo", held_at))
            ticket.resume(Act("bo", held_at + timedelta(minutes=chance.randrange(1, 600))), levels)
        tickets.append(ticket)
    return tickets


def _wall_clock() -> Any:
    spec = importlib.util.spec_from_file_location("wall_clock", SERVICE / "tests" / "wall_clock.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _cpu(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
