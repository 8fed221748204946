"""A failure as it comes about in daily work: time is billed at a rate that nobody has set."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from local.demo.apis import Apis
from local.demo.cast import AGENT, RATES, Cast

INBOX = "local-invoicing-inbox"
INBOX_NODE = f"AWS::Lambda::Function|{INBOX}"


@dataclass(frozen=True)
class Unbillable:
    """A solved ticket whose time invoicing cannot price, until `heal`."""

    services: Apis
    ticket: dict[str, Any]
    rate_code: str

    def heal(self) -> None:
        """Set the rate, as the runbook says."""
        self.services.invoicing.put(f"/rates/{self.rate_code}", RATES["standard"])

    def is_billed(self) -> bool:
        """Whether the ticket's time stands on an invoice."""
        entries = self.services.support.every(f"/tickets/{self.ticket['id']}/time-entries")
        return all(entry["invoice_id"] for entry in entries)


def solve_unbillable(services: Apis) -> Unbillable:
    """Solve a ticket with time at an unknown rate: invoicing's inbox fails on its event again and again."""
    rate_code = f"rare-{uuid.uuid4().hex[:8]}"
    return Unbillable(services, solve_ticket(services, rate_code), rate_code)


def solve_ticket(services: Apis, rate_code: str) -> dict[str, Any]:
    """A new customer's ticket, worked on for 45 minutes at a rate, and solved."""
    customer = services.support.post("/customers", Cast(41).customer()).body
    question = {"customer_id": customer["id"], "subject": "Export stops", "body": "After the first page."}
    ticket: dict[str, Any] = services.support.post("/tickets", question).body
    path = f"/tickets/{ticket['id']}"
    services.support.post(f"{path}/assign", {"assignee": AGENT})
    worked = {"minutes": 45, "rate_code": rate_code, "billable": True, "note": "Looked at the export."}
    services.support.post(f"{path}/time-entries", worked)
    services.support.post(f"{path}/solve")
    return ticket
