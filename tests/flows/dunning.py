"""Dunning: steps that become tickets, a payment that ends it, and a dispute that lets it pause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.flows.company import INVOICING, Company
from tests.flows.flow import Accounts, at_once, invoice_state, standing, tickets


class Dunning:
    """An invoice is overdue for days; two steps are reached before it is paid, the third never is."""

    def __str__(self) -> str:
        return "dunning"

    def prepare(self, company: Company) -> None:
        accounts = Accounts(company)
        self.customer_id = accounts.customer("Late payer")
        self.invoice_id = accounts.issued(self.customer_id, "100.00", days_ago=1)

    def acts(self, company: Company) -> Iterator[Callable[[], bool]]:
        yield at_once(lambda: company.strike(INVOICING, work="pursue_invoices"))
        yield at_once(lambda: company.strike(INVOICING, days=3, work="pursue_invoices"))
        yield at_once(lambda: self._pay(company))
        yield at_once(lambda: company.strike(INVOICING, days=60, work="pursue_invoices"))

    def state(self, company: Company) -> Any:
        reached = [one["data"]["step"] for one in company.told if one["type"] == "DunningStepReached"]
        found = standing(tickets(company, self.customer_id))
        return [sorted(set(reached)), invoice_state(company, self.invoice_id), found]

    def _pay(self, company: Company) -> None:
        money = {"amount": {"amount": "119.00", "currency": "EUR"}, "external_ref": "bank-1"}
        payment = {"account_id": self.customer_id, "invoice_id": self.invoice_id, **money}
        company.done(INVOICING, "POST", "/payments", payment)


class Paused:
    """A reminder is due, and the invoice is disputed before an agent gets to it; an accountant may settle that."""

    def __init__(self, *, is_settled: bool) -> None:
        self.is_settled = is_settled

    def __str__(self) -> str:
        return "dunning after a dispute" if self.is_settled else "dunning in a dispute"

    def prepare(self, company: Company) -> None:
        accounts = Accounts(company)
        self.customer_id = accounts.customer("Objector")
        self.invoice_id = accounts.issued(self.customer_id, "100.00", days_ago=1)

    def acts(self, company: Company) -> Iterator[Callable[[], bool]]:
        yield at_once(lambda: company.strike(INVOICING, work="pursue_invoices"))
        yield at_once(lambda: self._dispute(company))
        if self.is_settled:
            yield at_once(lambda: self._settle(company))

    def state(self, company: Company) -> Any:
        return [invoice_state(company, self.invoice_id), standing(tickets(company, self.customer_id))]

    def _dispute(self, company: Company) -> None:
        path = f"/invoices/{self.invoice_id}/disputes"
        self.dispute_id = company.done(INVOICING, "POST", path, {"reason": "Never ordered"})["id"]

    def _settle(self, company: Company) -> None:
        company.done(INVOICING, "POST", f"/disputes/{self.dispute_id}/settle", {"outcome": "upheld"})
