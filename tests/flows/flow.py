"""What a flow is to the fault layer. A new one is a class of this shape, named in ``test_flows_under_fire.FLOWS``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tests.flows.company import INVOICING, SUPPORT, Body, Company

AGENT = {"assignee": "ben@example.com"}


class Flow(Protocol):
    """Something that crosses contexts, with the people who take part in it.

    ``prepare`` runs once, before everything; what it makes (ids kept on ``self``) is there when a run begins.
    """

    def prepare(self, company: Company) -> None:
        """Make what must be there before the flow begins; all of it arrives."""

    def acts(self, company: Company) -> Iterator[Callable[[], bool]]:
        """What people and clocks do, one after the other: each is tried again until it answers that it was done."""

    def state(self, company: Company) -> Any:
        """What has become of it, without ids and times: the same after each run."""


def at_once(act: Callable[[], Any]) -> Callable[[], bool]:
    """An act that has not to wait for anything."""

    def done() -> bool:
        act()
        return True

    return done


def tickets(company: Company, customer_id: str) -> list[Body]:
    found: list[Body] = company.done(SUPPORT, "GET", f"/tickets?customer_id={customer_id}&limit=100")["items"]
    return found


def standing(found: list[Body]) -> list[Any]:
    """What matters of tickets, without ids and times."""
    names = ("subject", "status", "priority", "queue", "assignee", "reopen_count")
    return sorted(
        [[one[name] for name in names] + [sorted(one["tags"]), (one["dispute"] or {}).get("outcome")] for one in found],
        key=str,
    )


class Accounts:
    """Customers with accounts, and invoices for them."""

    ADDRESS: Body = {"street": "Kai 2", "city": "Kiel", "postal_code": "24103", "country": "DE"}
    SELLER: Body = {
        "name": "Seller GmbH",
        "address": ADDRESS,
        "vat_id": "DE123456789",
        "bank_account": {"iban": "DE89370400440532013000"},
    }
    TAX = {"category": "S", "rate": "19"}

    def __init__(self, company: Company) -> None:
        self._company = company
        company.done(INVOICING, "PUT", "/seller", self.SELLER)
        company.done(INVOICING, "PUT", "/dunning-policies/default", {"step_days": [1, 3, 30]})

    def customer(self, name: str) -> str:
        """A customer whose account is there."""
        new = {"name": name, "email": f"{name.lower().replace(' ', '.')}@example.com"}
        customer_id: str = self._company.done(SUPPORT, "POST", "/customers", new)["id"]
        self._company.settle_down()
        self._company.done(INVOICING, "PATCH", f"/accounts/{customer_id}", {"address": self.ADDRESS}, etag='"1"')
        return customer_id

    def issued(self, customer_id: str, *prices: str, days_ago: int = 0) -> str:
        """An invoice that is due at once, with a line for each price."""
        lines = [
            {"description": f"Work {price}", "quantity": "1", "unit": "C62", "unit_price": price, "tax": self.TAX}
            for price in prices
        ]
        body = {"account_id": customer_id, "currency": "EUR", "lines": lines, "terms": {"net_days": 0}}
        invoice_id: str = self._company.done(INVOICING, "POST", "/invoices", body)["id"]
        series = f"AGO-{days_ago}"
        self._company.done(INVOICING, "PUT", f"/series/{series}", {"prefix": f"{series}-"})
        day = (datetime.now(UTC) - timedelta(days=days_ago)).date().isoformat()
        finalization = {"series": series, "issue_date": day}
        self._company.done(INVOICING, "POST", f"/invoices/{invoice_id}/finalize", finalization)
        return invoice_id


def invoice_state(company: Company, invoice_id: str) -> list[Any]:
    """Where an invoice stands, and what was credited of it by how many notes."""
    invoice = company.done(INVOICING, "GET", f"/invoices/{invoice_id}")
    notes = company.done(INVOICING, "GET", f"/credit-notes?invoice_id={invoice_id}")["items"]
    sums = [invoice["totals"][name] for name in ("paid", "credited", "remaining")]
    return [invoice["state"], invoice["disputed"], *sums, [note["totals"]["tax_inclusive"] for note in notes]]
