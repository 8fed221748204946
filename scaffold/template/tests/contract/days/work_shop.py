"""A day of the work shop, in which it tells whatever it can."""

from __future__ import annotations

from backoffice.ids import new_id
from tests.contract.working_day import WorkingDay


def play(day: WorkingDay) -> None:
    """A spare part begins and ends."""
    made = day.do("POST", "/spare-parts", {"customer_id": new_id("cus"), "title": "The first one"})
    day.do("POST", f"/spare-parts/{made['id']}/end")
