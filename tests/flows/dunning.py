"""Dunning: steps that become tickets, and a payment that ends it."""

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
