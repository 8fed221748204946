"""A small company to test with: its seller, a rate, a customer, and the ways to act on them."""

from typing import Any

from backoffice_testing import Reply, ServiceTest, envelope

from backoffice.ids import new_id
from invoicing.handlers import commands, inbox, queries

ADDRESS = {"street": "Lindenweg 1", "city": "Köln", "postal_code": "50667", "country": "DE"}
SELLER = {
    "name": "Backoffice GmbH",
    "address": ADDRESS,
    "vat_id": "DE123456789",
    "bank_account": {"iban": "DE89370400440532013000", "bic": "COBADEFFXXX"},
}
STANDARD_TAX = {"category": "S", "rate": "19"}
RATE = {
    "description": "Consulting",
    "unit": "HUR",
    "unit_price": "120.00",
    "currency": "EUR",
    "tax": STANDARD_TAX,
}


def line(**changes: Any) -> dict[str, Any]:
    """A line of 100.00 without tax."""
    plain = {"description": "Setup", "quantity": "1", "unit": "C62", "unit_price": "100.00", "tax": STANDARD_TAX}
    return plain | changes


def customer_fact(customer_id: str, **changes: Any) -> dict[str, Any]:
    """What CustomerRegistered and CustomerUpdated tell."""
    facts = {"name": "Ann Smith", "email": "ann@example.com", "company": None, "locale": "en", "time_zone": "UTC"}
    return facts | {"customer_id": customer_id} | changes


def time_entry(minutes: int = 90, rate_code: str = "consulting") -> dict[str, Any]:
    return {"time_entry_id": new_id("tme"), "minutes": minutes, "rate_code": rate_code}


def ticket_solved(customer_id: str, *entries: dict[str, Any]) -> dict[str, Any]:
    """The event as customer support sends it."""
    ticket_id = new_id("tkt")
    data = {
        "ticket_id": ticket_id,
        "customer_id": customer_id,
        "queue": "general",
        "priority": "normal",
        "assignee": "agent@example.com",
        "opened_at": "2026-11-23T08:15:00.000Z",
        "solved_at": "2026-11-23T10:40:00.000Z",
        "time_entries": list(entries),
    }
    return envelope("TicketSolved", ticket_id, data, version=3)


class CompanyTest(ServiceTest):
    """The company at work."""

    groups = "accountants"

    def get(self, path: str, **query: str) -> Reply:
        return self.call(queries.api, "GET", path, query=query)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Reply:
        return self.call(commands.api, "POST", path, {} if body is None else body, key=key)

    def put(self, path: str, body: Any, **headers: str) -> Reply:
        return self.call(commands.api, "PUT", path, body, headers=headers)

    def patch(self, path: str, body: Any, *, version: int | str) -> Reply:
        return self.call(commands.api, "PATCH", path, body, headers={"If-Match": f'"{version}"'})

    def deliver_to_inbox(self, *events: Any) -> list[int]:
        return self.deliver(inbox.inbox, *events)

    def register(self, *, complete: bool = True) -> str:
        """Have a customer registered, with an address if ``complete``; answer the account's id."""
        account_id = new_id("cus")
        self.deliver_to_inbox(envelope("CustomerRegistered", account_id, customer_fact(account_id)))
        if complete:
            self.patch(f"/accounts/{account_id}", {"address": ADDRESS}, version=1)
        return account_id

    def draft(self, account_id: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Draft an invoice by hand; 119.00 EUR if no line is given."""
        body = {"account_id": account_id, "currency": "EUR", "lines": list(lines) or [line()]}
        reply = self.post("/invoices", body | more)
        assert reply.status == 201, reply
        answer: dict[str, Any] = reply.body
        return answer

    def issue(self, account_id: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Draft and finalize an invoice."""
        reply = self.post(f"/invoices/{self.draft(account_id, *lines, **more)['id']}/finalize")
        assert reply.status == 200, reply
        answer: dict[str, Any] = reply.body
        return answer

    def credit(self, invoice_id: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Credit an invoice, all that is left of it if no line is named."""
        what: dict[str, Any] = {"lines": list(lines)} if lines else {"all": True}
        reply = self.post("/credit-notes", {"invoice_id": invoice_id, "reason": "Not delivered"} | what | more)
        assert reply.status == 201, reply
        answer: dict[str, Any] = reply.body
        return answer

    def pay(self, account_id: str, amount: Any, ref: str, currency: str = "EUR", **more: Any) -> Reply:
        body = {"account_id": account_id, "amount": {"amount": amount, "currency": currency}, "external_ref": ref}
        return self.post("/payments", body | more)
