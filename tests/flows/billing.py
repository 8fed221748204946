"""Billable time: a solved ticket's work becomes draft lines, which customer support hears of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.flows.company import INVOICING, SUPPORT, Company
from tests.flows.flow import AGENT, Accounts, at_once, standing, tickets


class Billing:
    """A new customer asks, and is helped twice: the ticket is reopened, so all of its time is told again."""

    def __str__(self) -> str:
        return "billing"

    def prepare(self, company: Company) -> None:
        Accounts(company)
        rate = {"description": "Support", "unit": "HUR", "unit_price": "96.00", "currency": "EUR", "tax": Accounts.TAX}
        company.done(INVOICING, "PUT", "/rates/standard", rate)

    def acts(self, company: Company) -> Iterator[Callable[[], bool]]:
        yield at_once(lambda: self._ask(company))
        for minutes in (45, 20):
            yield at_once(lambda minutes=minutes: self._help(company, minutes))  # type: ignore[misc]

    def state(self, company: Company) -> Any:
        account = company.done(INVOICING, "GET", f"/accounts/{self.customer_id}")
        drafts = company.done(INVOICING, "GET", f"/invoices?account_id={self.customer_id}")["items"]
        lines = sorted((line["quantity"], line["unit"], line["net"]) for one in drafts for line in one["lines"])
        entries = company.done(SUPPORT, "GET", f"{self.path}/time-entries")["items"]
        billed = [entry["invoice_id"] is not None for entry in entries]
        return [account["name"], len(drafts), lines, billed, standing(tickets(company, self.customer_id))]

    def _ask(self, company: Company) -> None:
        new = {"name": "Ada Brandt", "email": "ada@example.com"}
        self.customer_id = company.done(SUPPORT, "POST", "/customers", new)["id"]
        company.done(SUPPORT, "PATCH", f"/customers/{self.customer_id}", {"name": "Ada Brand"}, etag='"1"')
        question = {"customer_id": self.customer_id, "subject": "Help", "body": "Please."}
        self.path = f"/tickets/{company.done(SUPPORT, 'POST', '/tickets', question)['id']}"
        company.done(SUPPORT, "POST", f"{self.path}/assign", AGENT)

    def _help(self, company: Company, minutes: int) -> None:
        if company.done(SUPPORT, "GET", self.path)["status"] == "solved":
            company.done(SUPPORT, "POST", f"{self.path}/reopen")
        company.done(SUPPORT, "POST", f"{self.path}/time-entries", {"minutes": minutes, "rate_code": "standard"})
        company.done(SUPPORT, "POST", f"{self.path}/solve")
