"""Pursuing overdue invoices, through the API and the clock: step by step, once each, not while they are disputed."""

import unittest
from dataclasses import replace
from datetime import timedelta
from typing import Any

from backoffice.dynamodb import to_dynamodb
from backoffice.ids import new_id
from invoicing.domain.disputes import Dispute, Outcome
from invoicing.domain.dunning import DunningPolicy
from invoicing.domain.invoice import Invoice
from invoicing.handlers import clock
from tests.business import NOON, line
from tests.test_invoice import issued
from tests.test_life_cycle import TODAY, LifeTest

POLICY = DunningPolicy(id="default", step_days=(7, 14, 28))


class PolicyTest(LifeTest):
    def steps(self) -> list[int]:
        return sorted(event["data"]["step"] for event in self.events("DunningStepReached"))

    def put_policy(self, *days: int, id: str = "default") -> Any:
        return self.put(f"/dunning-policies/{id}", {"step_days": list(days)})


class Policies(PolicyTest):
    def test_are_put_and_read(self) -> None:
        made = self.put_policy(7, 14)
        self.assertEqual((made.status, made.body), (200, {"id": "default", "step_days": [7, 14]}))
        self.assertEqual(self.get("/dunning-policies/default").body, made.body)
        self.assertEqual(self.get("/dunning-policies/other").status, 404)
        stale = self.put("/dunning-policies/default", {"step_days": [1]}, **{"If-Match": '"9"'})
        self.assertEqual(stale.status, 412)

    def test_have_steps_that_come_one_after_another(self) -> None:
        for days in ([], [7, 7], [14, 7], [0], [1.5], ["7"], list(range(1, 12))):
            reply = self.put("/dunning-policies/default", {"step_days": days})
            self.assertEqual(reply.status, 422, days)
            self.assertTrue(reply.body["errors"][0]["field"].startswith("step_days"), days)
        self.assertEqual(self.put("/dunning-policies/No Name", {"step_days": [1]}).status, 422)


class Steps(PolicyTest):
    def test_are_reached_by_days_after_the_due_date_and_told_once(self) -> None:
        self.put_policy(7, 14, 28)
        late = self.overdue(15)
        for _ in range(3):
            clock.pursue_invoices()
        self.assertEqual(self.steps(), [1, 2])
        (first, _) = sorted(self.events("DunningStepReached"), key=lambda event: event["data"]["step"])
        told = {name: first["data"][name] for name in ("invoice_id", "policy", "days", "remaining", "reached_on")}
        expected = {
            "invoice_id": late["id"],
            "policy": "default",
            "days": 7,
            "remaining": "119.00",
            "reached_on": f"{TODAY}",
        }
        self.assertEqual(told, expected)
        self.assertEqual(self.agenda(), [f"{TODAY + timedelta(days=13)}"])

    def test_follow_the_accounts_own_policy(self) -> None:
        self.put_policy(1)
        self.put_policy(5, id="patient")
        self.patch(f"/accounts/{self.account_id}", {"dunning_policy": "patient"}, version=2)
        self.overdue(3)
        clock.pursue_invoices()
        self.assertEqual(self.steps(), [])
        self.assertEqual(self.agenda(), [f"{TODAY + timedelta(days=2)}"])

    def test_wait_for_a_policy_that_is_set_up_later(self) -> None:
        self.overdue(3)
        clock.pursue_invoices()
        self.put_policy(1)
        self.move_agenda_to_today()
        clock.pursue_invoices()
        self.assertEqual((self.steps(), len(self.events("InvoiceOverdue"))), ([1], 1))

    def test_end_when_the_invoice_is_paid_and_go_on_when_the_payment_is_reversed(self) -> None:
        self.put_policy(1, 2)
        late = self.overdue(1)
        clock.pursue_invoices()
        payment_id = self.pay(self.account_id, "119.00", "a", invoice_id=late["id"]).body["id"]
        self.assertEqual(self.steps(), [1])
        self.post(f"/payments/{payment_id}/reverse", {})
        clock.pursue_invoices()
        self.assertEqual(self.agenda(), [f"{TODAY + timedelta(days=1)}"])
        self.assertEqual((self.steps(), len(self.events("InvoiceOverdue"))), ([1], 1))

    def agenda(self) -> list[str]:
        return [item["day"] for item in self.table.query_all("AGENDA")]

    def move_agenda_to_today(self) -> None:
        """Let a day pass: what waits for tomorrow waits for today."""
        (item,) = self.table.query_all("AGENDA")
        invoice = self.table.get(f"INVOICE#{item['invoice_id']}", "INVOICE")
        assert invoice is not None
        invoice["dunning"]["reminder"] = f"{TODAY}"
        self.table.delete_all([(item["pk"], item["sk"])])
        moved = item | {"day": f"{TODAY}", "sk": f"{TODAY}#{item['invoice_id']}"}
        for one in (invoice, moved):
            self.table.client.put_item(TableName="table", Item=to_dynamodb(one))


class Disputes(PolicyTest):
    def dispute(self, invoice_id: str, key: str | None = None) -> Any:
        return self.post(f"/invoices/{invoice_id}/disputes", {"reason": "Never ordered"}, key=key)

    def test_pause_the_steps_and_are_settled_once(self) -> None:
        self.put_policy(1)
        late = self.overdue(3)
        raised = self.dispute(late["id"])
        self.assertEqual((raised.status, raised.body["state"]), (201, "open"))
        self.assertTrue(self.invoice(late["id"])["disputed"])
        clock.pursue_invoices()
        self.assertEqual((self.steps(), len(self.events("InvoiceOverdue"))), ([], 1))
        path = f"/disputes/{raised.body['id']}"
        self.assertEqual(self.get(path).body, raised.body)
        settled = self.post(f"{path}/settle", {"outcome": "upheld"}, key="once")
        self.assertEqual((settled.status, settled.body["state"], settled.body["outcome"]), (200, "settled", "upheld"))
        self.assertEqual(self.post(f"{path}/settle", {"outcome": "upheld"}, key="once").body, settled.body)
        self.assertEqual(self.post(f"{path}/settle", {"outcome": "credited"}).body["code"], "settled")
        self.assertFalse(self.invoice(late["id"])["disputed"])
        clock.pursue_invoices()
        self.assertEqual(self.steps(), [1])
        types = {event["type"] for event in self.events()}
        self.assertLessEqual({"InvoiceDisputed", "DisputeSettled"}, types)

    def test_are_raised_once_at_a_time_and_only_while_something_is_due(self) -> None:
        late = self.overdue(3)
        first, again = (self.dispute(late["id"], key="once") for _ in range(2))
        self.assertEqual(first.body, again.body)
        refused = self.dispute(late["id"]).body
        self.assertEqual((refused["code"], refused["dispute_id"]), ("already_disputed", first.body["id"]))
        self.assertEqual(self.dispute(self.draft(self.account_id)["id"]).body["code"], "not_disputable")
        self.assertEqual(self.post(f"/invoices/{late['id']}/disputes", {}).body["errors"][0]["field"], "reason")
        bad = self.post(f"/disputes/{first.body['id']}/settle", {"outcome": "maybe"})
        self.assertEqual(bad.body["errors"][0]["field"], "outcome")
        self.assertEqual(self.get(f"/disputes/{new_id('dsp')}").status, 404)


class DayByDay(unittest.TestCase):
    """The domain alone, so that days can pass."""

    def setUp(self) -> None:
        self.invoice = issued(line())
        self.due = self.invoice.issued.due_date

    def told(self, day: int, policy: DunningPolicy | None = POLICY) -> list[str]:
        """What is told when the clock looks so many days after the due date."""
        before = len(self.invoice.facts)
        at = NOON + (self.due - NOON.date()) + timedelta(days=day)
        self.invoice.pursue(policy, at.date(), at)
        facts = self.invoice.facts[before:]
        return [f"{fact.data['step']}" if "step" in fact.data else fact.type for fact in facts]

    def dispute(self, day: int) -> Dispute:
        at = NOON + (self.due - NOON.date()) + timedelta(days=day)
        return Dispute.raised("dsp_1", self.invoice, "Never ordered", at)

    def settle(self, dispute: Dispute, day: int) -> None:
        dispute.settle(self.invoice, Outcome.UPHELD, NOON + (self.due - NOON.date()) + timedelta(days=day))

    def test_each_is_told_on_its_day(self) -> None:
        days = {day: told for day in range(40) if (told := self.told(day))}
        self.assertEqual(days, {1: ["InvoiceOverdue"], 7: ["1"], 14: ["2"], 28: ["3"]})
        self.assertIsNone(self.invoice.dunning.reminder)

    def test_a_clock_that_stood_still_catches_up(self) -> None:
        self.assertEqual(self.told(20), ["InvoiceOverdue", "1", "2"])

    def test_a_dispute_moves_what_is_left_by_its_length(self) -> None:
        self.told(8)
        dispute = self.dispute(10)
        self.assertEqual(self.told(16), [])
        self.settle(dispute, 15)
        self.assertEqual([day for day in range(15, 60) if self.told(day)], [19, 33])

    def test_a_dispute_before_the_due_date_moves_nothing_until_then(self) -> None:
        dispute = self.dispute(-10)
        self.settle(dispute, 3)
        self.assertEqual(self.invoice.dunning.paused_days, 3)

    def test_a_step_that_is_added_later_is_not_missed_and_none_is_told_twice(self) -> None:
        self.assertEqual(self.told(8), ["InvoiceOverdue", "1"])
        self.assertEqual(self.told(15, replace(POLICY, step_days=(7, 10, 14))), ["2", "3"])

    def test_nothing_is_told_of_what_is_settled(self) -> None:
        invoice: Invoice = self.invoice
        invoice.receive("pay_1", invoice.remaining, NOON)
        self.assertEqual(self.told(50), [])
