"""Erasure: a customer with tickets and invoices goes, whatever is still on its way; another one stays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

from tests.flows.company import ANALYTICS, INVOICING, SUPPORT, Body, Company
from tests.flows.flow import Accounts, at_once

NAME = "Adalberta Quintessenz"


class Erasure:
    """A customer is renamed, and erased before the news has come to everybody."""

    contexts = (SUPPORT, INVOICING, ANALYTICS)

    def __str__(self) -> str:
        return "erasure"

    def prepare(self, company: Company) -> None:
        os.environ["MAIL_BUCKET"] = "no-mail-comes-here"
        accounts = Accounts(company)
        self.customer_id, self.beside = accounts.customer(NAME), accounts.customer("Bo Beside")
        for customer_id, subject in ((self.customer_id, f"Help {NAME}"), (self.beside, "Help")):
            question = {"customer_id": customer_id, "subject": subject, "body": f"{subject}!"}
            ticket = company.done(SUPPORT, "POST", "/tickets", question)["id"]
            company.done(SUPPORT, "POST", f"/tickets/{ticket}/messages", {"body": f"{subject}?"})
            time = {"minutes": 30, "rate_code": "consulting", "note": subject}
            company.done(SUPPORT, "POST", f"/tickets/{ticket}/time-entries", time)
            accounts.issued(customer_id, "100.00")
        draft = {"account_id": self.customer_id, "currency": "EUR", "lines": [], "note": f"For {NAME}"}
        company.done(INVOICING, "POST", "/invoices", draft)

    def acts(self, company: Company) -> Iterator[Callable[[], bool]]:
        yield at_once(lambda: self._rename(company, "Adalberta Q."))
        yield at_once(lambda: self._rename(company, "A. Quintessenz"))
        yield at_once(lambda: self._erase(company))
        yield lambda: self._erasure(company)["state"] == "completed"
        yield at_once(lambda: company.strike(SUPPORT, days=1))

    def state(self, company: Company) -> Any:
        certificate = self._erasure(company)["certificate"]
        erased = sorted((one["context"], one["what"], one["count"]) for one in certificate["erased"])
        kept = [(one["context"], one["what"], one["count"], one["legal_basis"]) for one in certificate["kept"]]
        beside = company.done(SUPPORT, "GET", f"/customers/{self.beside}")["name"]
        account = company.done(INVOICING, "GET", f"/accounts/{self.customer_id}")["name"]
        return [erased, kept, found_in(company), account, beside]

    def _rename(self, company: Company, name: str) -> None:
        path = f"/customers/{self.customer_id}"
        company.done(SUPPORT, "PATCH", path, {"name": name}, etag="*")

    def _erase(self, company: Company) -> None:
        self.erasure_id = company.done(SUPPORT, "POST", f"/customers/{self.customer_id}/erasure")["id"]

    def _erasure(self, company: Company) -> Body:
        found: Body = company.done(SUPPORT, "GET", f"/erasures/{self.erasure_id}")
        return found


def found_in(company: Company) -> list[str]:
    """The kinds of items, in all tables, that tell of the customer."""
    return sorted(
        {
            f"{table} {pk.partition('#')[0]}"
            for table, items in company.tables.tables.items()
            for (pk, _), item in items.items()
            if any(part in json.dumps(item).lower() for part in ("adalberta", "quintessenz"))
        }
    )
