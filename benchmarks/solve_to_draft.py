"""How long it takes from the POST that solves a ticket until its draft line can be read, on a stage that is up.

One ticket a second; beside it how long the POST itself takes, which is the part that a client waits for. A day is
played before, so that every function has a warm worker: what a cold one costs is init_time's figure.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.figures import Target, conclude, percentile, table
from local.demo.apis import Apis, apis
from local.demo.cast import AGENT, Cast
from local.demo.day import Day
from local.demo.waiting import until
from local.stage.place import Place, requested

TICKETS = 30
CUSTOMERS = 6
SECONDS_BETWEEN = 1.0
MOST_SECONDS = 2.0

Solvable = tuple[str, str, str]
"""A ticket, its customer, and the time entry that is to be billed."""


def main() -> int:
    place = Place.at(requested())
    tickets = _prepared(apis(place))
    begin = time.monotonic() + 0.5
    with ThreadPoolExecutor(TICKETS) as pool:
        # Each ticket has clients of its own: a slow one must not hold up the next.
        timed = [
            pool.submit(_timed, apis(place), ticket, begin + number * SECONDS_BETWEEN)
            for number, ticket in enumerate(tickets)
        ]
        figures = [future.result() for future in timed]
    posts, drafts = [post for post, _ in figures], [draft for _, draft in figures]
    rows = [
        [what, *(f"{percentile(values, percent) * 1000:.0f}" for percent in (50, 95, 100))]
        for what, values in (("POST solve answered", posts), ("draft line readable", drafts))
    ]
    table([f"{TICKETS} tickets, one a second", "p50 ms", "p95 ms", "max ms"], rows)
    return conclude(Target("p95 until the draft line", percentile(drafts, 95), MOST_SECONDS, "s"))


def _prepared(services: Apis) -> list[Solvable]:
    Day(services).play()
    cast, support = Cast(2), services.support
    customers = [support.post("/customers", cast.customer()).body["id"] for _ in range(CUSTOMERS)]
    return [_assigned(services, customers[number % CUSTOMERS]) for number in range(TICKETS)]


def _assigned(services: Apis, customer: str) -> Solvable:
    support = services.support
    ticket = support.post("/tickets", {"customer_id": customer, "subject": "How fast?", "body": "Now?"}).body["id"]
    support.post(f"/tickets/{ticket}/assign", {"assignee": AGENT})
    entry = support.post(f"/tickets/{ticket}/time-entries", {"minutes": 30, "rate_code": "standard"}).body["id"]
    return ticket, customer, entry


def _timed(services: Apis, solvable: Solvable, at: float) -> tuple[float, float]:
    """Solve the ticket at its moment. Returns the seconds until the answer, and until the draft line is read."""
    ticket, customer, entry = solvable
    time.sleep(max(0.0, at - time.monotonic()))
    began = time.monotonic()
    services.support.post(f"/tickets/{ticket}/solve")
    answered = time.monotonic()
    until(f"a draft line for {entry}", lambda: _is_drafted(services, customer, entry), 30)
    return answered - began, time.monotonic() - began


def _is_drafted(services: Apis, customer: str, entry: str) -> bool:
    invoices = services.invoicing.get("/invoices", account_id=customer).body["items"]
    return any(line["time_entry_id"] == entry for invoice in invoices for line in invoice["lines"])


if __name__ == "__main__":
    sys.exit(main())
