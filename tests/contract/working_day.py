"""A working day in which every context emits whatever it can, and hears what the others have emitted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any
from unittest.mock import patch

import boto3
from backoffice_testing import REGION, ServiceTest, contracts, create_table, envelope

from backoffice.clock import now
from backoffice.dynamodb import Table
from tests.contract import contexts
from tests.contract.rebuilding import rebuild
from tests.contract.third_party import third_party

Emitted = dict[str, list[dict[str, Any]]]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ADDRESS = {"street": "Lindenweg 1", "city": "Köln", "postal_code": "50667", "country": "DE"}
TAX = {"category": "S", "rate": "19"}
SELLER = {
    "name": "Backoffice GmbH",
    "address": ADDRESS,
    "vat_id": "DE123456789",
    "bank_account": {"iban": "DE89370400440532013000"},
}
RATE = {"description": "Consulting", "unit": "HUR", "unit_price": "120.00", "currency": "EUR", "tax": TAX}
SETUP = {"description": "Setup", "quantity": "1", "unit": "C62", "unit_price": "100.00", "tax": TAX}


class WorkingDay(ServiceTest):
    """Three services on one moto, each with its own table; the test hands their events around."""

    groups = "agents,accountants,analysts,operators"
    aws = True

    def setUp(self) -> None:
        super().setUp()
        for context in contexts.CONTEXTS:
            create_table(context)

    def play(self) -> Emitted:
        """Play the day; every message must be taken by everybody who listens to it."""
        self.prepare_to_invoice()
        emitted = {"customer-support": self.support()}
        self.send_round(emitted["customer-support"])
        emitted["invoicing"] = self.invoice(customer_id=emitted["customer-support"][0]["aggregate_id"])
        self.send_round(emitted["invoicing"])
        emitted["customer-support"] = self.decide()
        # Of the stranger's dispute invoicing has never heard.
        self.send_round([one for one in emitted["customer-support"] if one["type"] != "DisputeTicketRefused"])
        emitted["analytics"] = self.take_files()
        for context in sorted(set(contexts.CONTEXTS) - emitted.keys()):
            emitted[context] = self.day_of(context)
        self.erase(emitted)
        return emitted

    def day_of(self, context: str) -> list[dict[str, Any]]:
        """What a context does that takes no part in the others' day: `days/<context>.py` plays it."""
        day = import_module(f"tests.contract.days.{context.replace('-', '_')}")
        with self.within(context):
            day.play(self)
            return self.events()

    def erase(self, emitted: Emitted) -> None:
        """The customer is erased: support asks, the others answer, and each goes on with its own part by itself."""
        customer = emitted["customer-support"][0]["aggregate_id"]
        boto3.client("s3").create_bucket(Bucket="mails", CreateBucketConfiguration={"LocationConstraint": REGION})
        with self.within("customer-support"):
            self.do("POST", f"/customers/{customer}/erasure")
        heard = {envelope["event_id"] for events in emitted.values() for envelope in events}
        with patch.dict(os.environ, MAIL_BUCKET="mails"):
            for _ in range(50):
                for context in contexts.CONTEXTS:
                    with self.within(context):
                        emitted[context] = self.events()
                new = [one for events in emitted.values() for one in events if one["event_id"] not in heard]
                if not new:
                    return
                self.send_round([one for one in new if one["type"] in contexts.ADDRESSED])
                heard |= {envelope["event_id"] for envelope in new}
        raise AssertionError("it never ends")

    def decide(self) -> list[dict[str, Any]]:
        """An agent decides the dispute that is still open; one of a customer who is not there cannot be heard."""
        with self.within("customer-support"):
            asked = contracts.examples("OpenDisputeTicket")[0]
            stranger = envelope("OpenDisputeTicket", asked["dispute_id"], asked) | {"reply_to": "test-invoicing-inbox"}
            assert self.deliver(contexts.module("customer-support", "handlers.inbox").inbox, stranger) == []
            tickets = self.do("GET", "/tickets")["items"]
            (ticket,) = [one for one in tickets if one["dispute"] and one["dispute"]["outcome"] is None]
            path = f"/tickets/{ticket['id']}"
            self.do("POST", f"{path}/assign", {"assignee": "agent@example.com"})
            part = {"line_id": "1", "amount": "40.00"}
            self.do("POST", f"{path}/solve", {"outcome": "credited", "lines": [part]})
            return self.events()

    def take_files(self) -> list[dict[str, Any]]:
        """A third party drops a file with a bad row, a broken one, none the next day; then numbers are rebuilt."""
        with self.within("analytics"), third_party() as party:
            self.do("PUT", "/drop-sources/acme", {"format": "csv"})
            party.drop("user_id,date,event_type\nann,2026-11-23,view\nann,yesterday,view\n")
            party.drop("nothing that anybody expects")
            party.stays_away()
            rebuild(self.do)
            return self.events()

    def prepare_to_invoice(self) -> None:
        """Tell who issues invoices and what an hour costs."""
        with self.within("invoicing"):
            self.do("PUT", "/seller", SELLER)
            self.do("PUT", "/rates/consulting", RATE)

    def support(self) -> list[dict[str, Any]]:
        """A customer asks, is answered, and the work is entered."""
        with self.within("customer-support"):
            ann = self.do("POST", "/customers", {"name": "Ann Smith", "email": "ann@example.com"})
            self.do("PATCH", f"/customers/{ann['id']}", {"company": "Smith Ltd", "time_zone": "Europe/London"})
            ticket = {"customer_id": ann["id"], "subject": "Printer on fire", "body": "It burns."}
            path = f"/tickets/{self.do('POST', '/tickets', ticket)['id']}"
            self.do("PATCH", path, {"priority": "high"})
            self.do("POST", f"{path}/assign", {"assignee": "agent@example.com"})
            self.do("POST", f"{path}/messages", {"body": "Use water."})
            for minutes, billable in ((90, True), (20, True), (5, False)):
                time = {"minutes": minutes, "rate_code": "consulting", "billable": billable}
                self.do("POST", f"{path}/time-entries", time)
            self.do("POST", f"{path}/solve")
            self.do("PATCH", f"/customers/{ann['id']}", {"company": None})
            self.do("PUT", f"{path}/satisfaction", {"score": 4})
            self.do("POST", f"{path}/reopen")
            self.do("POST", f"{self.forgotten(ticket)}/merge", {"into": path.removeprefix("/tickets/")})
            return self.events()

    def forgotten(self, ticket: dict[str, str]) -> str:
        """A second ticket is promised an answer within a minute and gets none."""
        around_the_clock = [{"start": "00:00", "end": "24:00"}]
        week = dict.fromkeys(WEEKDAYS, around_the_clock)
        calendar = {"name": "Always", "time_zone": "UTC", "week": week}
        self.do("PUT", "/calendars/always", calendar)
        targets = {"normal": {"first_response_minutes": 1}}
        self.do("PUT", "/sla-policies/default", {"name": "Fast", "calendar_id": "always", "targets": targets})
        path = f"/tickets/{self.do('POST', '/tickets', ticket)['id']}"
        clock = contexts.module("customer-support", "handlers.clock")
        with patch.object(clock, "now", lambda: now() + timedelta(minutes=2)):
            clock.wake(lambda: True)
        return path

    def invoice(self, customer_id: str) -> list[dict[str, Any]]:
        """The work is invoiced, something else too, and all of it is paid."""
        with self.within("invoicing"):
            self.do("PATCH", f"/accounts/{customer_id}", {"address": ADDRESS})
            (of_time,) = self.do("GET", "/invoices")["items"]
            by_hand = self.do("POST", "/invoices", {"account_id": customer_id, "currency": "EUR", "lines": [SETUP]})
            for invoice in (of_time, by_hand):
                self.do("POST", f"/invoices/{invoice['id']}/finalize", {})
            self.pay(customer_id, "1.00", invoice_id=of_time["id"])
            self.pay(customer_id, "119.00", invoice_id=by_hand["id"])
            unapplied = self.pay(customer_id, "5.00")
            back = {"amount": {"amount": "2.00", "currency": "EUR"}, "external_ref": "back-1"}
            self.do("POST", f"/payments/{unapplied['id']}/refunds", back)
            self.do("POST", f"/payments/{unapplied['id']}/allocations", {"invoice_id": of_time["id"]})
            bounced = self.pay(customer_id, "7.00")
            self.do("POST", f"/payments/{bounced['id']}/reverse", {"reason": "direct debit returned"})
            self.do("POST", "/credit-notes", {"invoice_id": by_hand["id"], "all": True, "reason": "Not delivered"})
            self.pursue(customer_id)
            return self.events()

    def pursue(self, customer_id: str) -> None:
        """One invoice is overdue and reminded of, disputed and made void; another is given up, a third argued about."""
        self.do("PUT", "/dunning-policies/default", {"step_days": [1, 1000]})
        late = {"account_id": customer_id, "currency": "EUR", "lines": [SETUP], "terms": {"net_days": 0}}
        self.do("PUT", "/series/LATE", {"prefix": "LATE-"})
        disputed, hopeless, argued = (self.do("POST", "/invoices", late) for _ in range(3))
        for invoice in (disputed, hopeless, argued):
            past = {"series": "LATE", "issue_date": "2026-01-05"}
            self.do("POST", f"/invoices/{invoice['id']}/finalize", past)
        clock = contexts.module("invoicing", "handlers.clock")
        clock.pursue_invoices()
        dispute = self.do("POST", f"/invoices/{disputed['id']}/disputes", {"reason": "Never ordered"})
        self.do("POST", f"/disputes/{dispute['id']}/settle", {"outcome": "credited"})
        self.do("POST", f"/invoices/{disputed['id']}/void")
        self.do("POST", f"/invoices/{hopeless['id']}/mark-uncollectible")
        self.do("POST", f"/invoices/{argued['id']}/disputes", {"reason": "Too dear"})
        with patch.object(clock, "now", lambda: now() + timedelta(days=15)):
            clock.escalate_disputes()

    def pay(self, account_id: str, amount: str, **what: str) -> Any:
        money = {"amount": {"amount": amount, "currency": "EUR"}, "external_ref": f"bank-{amount}"}
        return self.do("POST", "/payments", {"account_id": account_id, **money, **what})

    def send_round(self, envelopes: list[dict[str, Any]]) -> None:
        for context in contexts.CONTEXTS:
            heard = [envelope for envelope in envelopes if envelope["type"] in contexts.CONSUMED[context]]
            with self.within(context):
                inbox = contexts.module(context, "handlers.inbox").inbox
                failed = self.deliver(inbox, *heard) if heard else []
                assert failed == [], f"{context} does not take {[heard[place]['type'] for place in failed]}"

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """What a call at the current context answers; it must go well."""
        module = contexts.module(os.environ["CONTEXT"], "handlers.queries" if method == "GET" else "handlers.commands")
        reply = self.call(module.api, method, path, body, headers={"If-Match": "*"})
        assert reply.status < 300, f"{method} {path}: {reply.body}"
        return reply.body

    @contextmanager
    def within(self, context: str) -> Iterator[None]:
        with patch.dict(os.environ, TABLE_NAME=context, CONTEXT=context):
            self.table = Table.from_env()
            yield
