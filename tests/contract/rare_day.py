"""What a working day seldom brings: every priority, every reason, every outcome that a contract has a word for."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

from backoffice_testing import contracts as kit
from backoffice_testing import envelope

from backoffice.clock import now
from tests.contract import contexts
from tests.contract.third_party import third_party
from tests.contract.working_day import ADDRESS, SETUP, WEEKDAYS, Emitted, WorkingDay

UNREADABLE = {
    "empty": b"",
    "binary": b"user_id,date\x00",
    "spreadsheet": b"PK\x03\x04",
    "torn": b"\x1f\x8b\x08\x00damaged",
    "utf16": "user_id,date".encode("utf-16"),
}


class RareDay(WorkingDay):
    """A day beside the working day, on tables of its own; nobody hears of it."""

    def play(self) -> Emitted:
        emitted: Emitted = {context: [] for context in contexts.CONTEXTS}
        scenes = [
            *(partial(self.ask, priority=priority) for priority in ("low", "high", "urgent")),
            self.close_in_every_way,
            self.break_promises,
        ]
        for scene in scenes:
            with self.within("customer-support"):
                ann = self.do("POST", "/customers", {"name": "Ann Smith", "email": "ann@example.com"})
                scene(ann["id"])
                emitted["customer-support"] += self.events()
                self.empty_table()
        self.prepare_to_invoice()
        with self.within("customer-support"):
            ann = self.do("POST", "/customers", {"name": "Ann Smith", "email": "ann@example.com"})
            registered = self.events()
        self.send_round(registered)
        with self.within("invoicing"):
            self.change_ones_mind(ann["id"])
            self.argue_in_vain(ann["id"])
            emitted["invoicing"] = self.events()
        with self.within("customer-support"):
            self.uphold(emitted["invoicing"])
            emitted["customer-support"] += self.events()
        with self.within("analytics"):
            self.drop_what_cannot_be_read()
            emitted["analytics"] = self.events()
        return emitted

    def ask(self, customer_id: str, priority: str) -> None:
        """A ticket is worked on until the customer is content, and taken up again."""
        asked = {"customer_id": customer_id, "subject": "Printer on fire", "body": "It burns.", "priority": priority}
        path = f"/tickets/{self.do('POST', '/tickets', asked)['id']}"
        self.do("POST", f"{path}/assign", {"assignee": "agent@example.com"})
        self.do("POST", f"{path}/messages", {"body": "Use water."})
        self.do("POST", f"{path}/solve")
        self.do("PUT", f"{path}/satisfaction", {"score": 5})
        self.do("POST", f"{path}/reopen")
        self.do("POST", f"{path}/solve")
        self.do("POST", f"{path}/close")

    def close_in_every_way(self, customer_id: str) -> None:
        """A customer answers, is solved again, and the window for another answer goes by."""
        asked = {"customer_id": customer_id, "subject": "Printer off", "body": "It is dark."}
        path = f"/tickets/{self.do('POST', '/tickets', asked)['id']}"
        self.do("POST", f"{path}/assign", {"assignee": "agent@example.com"})
        self.do("POST", f"{path}/solve")
        self.do("POST", f"{path}/messages", {"body": "It is still dark.", "author": "customer"})
        self.do("POST", f"{path}/solve")
        self.wake(timedelta(days=8))

    def break_promises(self, customer_id: str) -> None:
        """Tickets of every priority are promised an answer and a solution within a minute, and get neither."""
        week = dict.fromkeys(WEEKDAYS, [{"start": "00:00", "end": "24:00"}])
        self.do("PUT", "/calendars/always", {"name": "Always", "time_zone": "UTC", "week": week})
        priorities = ("low", "normal", "high", "urgent")
        soon = {"first_response_minutes": 1, "resolution_minutes": 1}
        targets = dict.fromkeys(priorities, soon)
        self.do("PUT", "/sla-policies/default", {"name": "Fast", "calendar_id": "always", "targets": targets})
        for priority in priorities:
            asked = {"customer_id": customer_id, "subject": "Slow", "body": "Tick.", "priority": priority}
            self.do("POST", "/tickets", asked)
        self.wake(timedelta(minutes=2))

    def wake(self, later: timedelta) -> None:
        clock = contexts.module("customer-support", "handlers.clock")
        with patch.object(clock, "now", lambda: now() + later):
            clock.wake(lambda: True)

    def change_ones_mind(self, customer_id: str) -> None:
        """A dispute is upheld; a payment of an invoice bounces without a word."""
        self.do("PATCH", f"/accounts/{customer_id}", {"address": ADDRESS})
        asked = {"account_id": customer_id, "currency": "EUR", "lines": [SETUP]}
        invoice = self.do("POST", "/invoices", asked)
        self.do("POST", f"/invoices/{invoice['id']}/finalize", {})
        dispute = self.do("POST", f"/invoices/{invoice['id']}/disputes", {"reason": "Too dear"})
        self.do("POST", f"/disputes/{dispute['id']}/settle", {"outcome": "upheld"})
        paid = self.pay(customer_id, "3.00", invoice_id=invoice["id"])
        self.do("POST", f"/payments/{paid['id']}/reverse", {})

    def argue_in_vain(self, customer_id: str) -> None:
        """Nobody is there to hear of one dispute; of another more was agreed than is left to credit."""
        asked = {"account_id": customer_id, "currency": "EUR", "lines": [SETUP]}
        ids = []
        for _ in range(2):
            invoice = self.do("POST", "/invoices", asked)
            self.do("POST", f"/invoices/{invoice['id']}/finalize", {})
            ids.append(self.do("POST", f"/invoices/{invoice['id']}/disputes", {"reason": "Too dear"})["id"])
        unheard, too_much = ids
        refused = kit.examples("DisputeTicketRefused")[0]
        resolved = kit.examples("DisputeResolved")[0]
        lines = [{"line_id": "1", "quantity": None, "amount": "1000.00"}]
        failed = self.deliver(
            contexts.inbox("invoicing"),
            envelope("DisputeTicketRefused", unheard, refused | {"dispute_id": unheard}),
            envelope("DisputeResolved", too_much, resolved | {"dispute_id": too_much, "lines": lines}),
        )
        assert failed == []

    def uphold(self, told: list[dict[str, Any]]) -> None:
        """An agent finds that one invoice stands, and credits a quantity of another."""
        asked = [one for one in told if one["type"] == "OpenDisputeTicket"][:2]
        assert self.deliver(contexts.inbox("customer-support"), *asked) == []
        solutions = [{"outcome": "upheld"}, {"outcome": "credited", "lines": [{"line_id": "1", "quantity": "0.5"}]}]
        tickets = [one for one in self.do("GET", "/tickets")["items"] if one["dispute"]]
        for ticket, solution in zip(tickets, solutions, strict=True):
            self.do("POST", f"/tickets/{ticket['id']}/assign", {"assignee": "agent@example.com"})
            self.do("POST", f"/tickets/{ticket['id']}/solve", solution)

    def drop_what_cannot_be_read(self) -> None:
        """Files that nobody can read, one where nobody expects any, and one that has gone."""
        with third_party() as party:
            self.do("PUT", "/drop-sources/acme", {"format": "csv"})
            for name, content in UNREADABLE.items():
                party.put(f"incoming/acme/{name}.csv", content)
            party.put("incoming/nobody/stray.csv", b"user_id,date,event_type\n")
            party.put("incoming/acme/gone.csv", b"user_id,date,event_type\n", etag="of-another-file")
