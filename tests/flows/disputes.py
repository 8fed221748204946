"""Disputes: decided by an agent, late after a time-out, or by an accountant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.flows.company import INVOICING, SUPPORT, Body, Company
from tests.flows.flow import AGENT, Accounts, at_once, invoice_state, standing, tickets


@dataclass
class Dispute:
    """An invoice is disputed and, unless an accountant settles it first, decided on a ticket."""

    name: str
    solution: Body | None = None
    settlement: str | None = None
    times_out: bool = False

    def __str__(self) -> str:
        return f"dispute {self.name.lower()}"

    def prepare(self, company: Company) -> None:
        accounts = Accounts(company)
        self.customer_id = accounts.customer(self.name)
        self.invoice_id = accounts.issued(self.customer_id, "100.00", "50.00")

    def acts(self, company: Company) -> Iterator[Callable[[], bool]]:
        yield at_once(lambda: self._dispute(company))
        if self.times_out:
            yield at_once(lambda: company.strike(INVOICING, days=15, work="escalate_disputes"))
        if self.settlement:
            yield at_once(lambda: self._settle(company))
        if self.solution:
            yield lambda: self._solve(company)

    def state(self, company: Company) -> Any:
        dispute = company.done(INVOICING, "GET", f"/disputes/{self.dispute_id}")
        names = ("state", "outcome", "escalation")
        about = [dispute[name] for name in names] + [dispute["credit_note_id"] is not None]
        found = standing(tickets(company, self.customer_id))
        return [about, invoice_state(company, self.invoice_id), found]

    def _dispute(self, company: Company) -> None:
        path = f"/invoices/{self.invoice_id}/disputes"
        self.dispute_id = company.done(INVOICING, "POST", path, {"reason": "Never ordered"})["id"]

    def _settle(self, company: Company) -> None:
        company.done(INVOICING, "POST", f"/disputes/{self.dispute_id}/settle", {"outcome": self.settlement})

    def _solve(self, company: Company) -> bool:
        """As soon as there is a ticket, and, after a time-out, once it is known to be urgent."""
        found = tickets(company, self.customer_id)
        if not found or (self.times_out and found[0]["priority"] != "urgent"):
            return False
        path = f"/tickets/{found[0]['id']}"
        company.done(SUPPORT, "POST", f"{path}/assign", AGENT)
        company.done(SUPPORT, "POST", f"{path}/solve", self.solution)
        return True


UPHELD = Dispute("Upheld", {"outcome": "upheld"})
IN_PART = Dispute("Credited in part", {"outcome": "credited", "lines": [{"line_id": "2", "amount": "30.00"}]})
LATE = Dispute("Credited late", {"outcome": "credited"}, times_out=True)
SETTLED = Dispute("Settled by an accountant", settlement="upheld")
