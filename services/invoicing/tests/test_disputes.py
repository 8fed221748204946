"""Disputes that customer support decides: what its answer does, once, however often and however late it comes."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from backoffice_testing import envelope

from backoffice.clock import now
from backoffice.ids import new_id
from invoicing.domain.disputes import ANSWERED_WITHIN
from invoicing.handlers import clock
from tests.company import line
from tests.races import lost_answer, meanwhile
from tests.test_life_cycle import TODAY, LifeTest

TWO_LINES = (line(), line(description="Training", unit_price="50.00"))


class DisputeTest(LifeTest):
    def setUp(self) -> None:
        super().setUp()
        self.invoice_id = self.issue(self.account_id, *TWO_LINES)["id"]
        raised = self.post(f"/invoices/{self.invoice_id}/disputes", {"reason": "The training never took place"})
        self.dispute_id = raised.body["id"]

    def dispute(self) -> Any:
        return self.get(f"/disputes/{self.dispute_id}").body

    def answer(self, outcome: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The reply as customer support sends it."""
        claims = [{"quantity": None, "amount": None} | one for one in lines] or None
        data = {"ticket_id": new_id("tkt"), "outcome": outcome, "lines": claims, "resolved_at": "2026-11-25T08:00:00Z"}
        return envelope("DisputeResolved", data["ticket_id"], data | {"dispute_id": self.dispute_id} | more, version=4)

    def taken(self, *messages: dict[str, Any]) -> Any:
        """The dispute once the messages have been taken."""
        self.assertEqual(self.deliver_to_inbox(*messages), [])
        return self.dispute()

    def notes(self) -> list[Any]:
        return list(self.get("/credit-notes", invoice_id=self.invoice_id).body["items"])

    def on_day(self, days: int) -> None:
        """Let the clock look so many days from now."""
        with patch.object(clock, "now", lambda: now() + timedelta(days=days)):
            clock.escalate_disputes()

    def settle(self, outcome: str = "upheld") -> Any:
        return self.post(f"/disputes/{self.dispute_id}/settle", {"outcome": outcome})


class Questions(DisputeTest):
    def test_ask_customer_support_with_all_that_an_agent_needs(self) -> None:
        (asked,) = self.events("OpenDisputeTicket")
        self.assertEqual(asked["reply_to"], "test-test-inbox")
        told = {name: asked["data"][name] for name in ("reason", "remaining", "line_count", "lines", "escalated")}
        expected = {
            "reason": "The training never took place",
            "remaining": "178.50",
            "line_count": 2,
            "lines": [
                {"line_id": "1", "description": "Setup", "net": "100.00"},
                {"line_id": "2", "description": "Training", "net": "50.00"},
            ],
            "escalated": False,
        }
        self.assertEqual(told, expected)

    def test_go_out_with_the_dispute_or_not_at_all(self) -> None:
        (item,) = [item for item in self.outbox() if item["type"] == "OpenDisputeTicket"]
        self.assertEqual(item["queue"], "test-customer-support-commands")
        self.assertEqual(self.post(f"/invoices/{self.invoice_id}/disputes", {"reason": "x"}).status, 409)
        self.assertEqual(len(self.events("OpenDisputeTicket")), 1)

    def outbox(self) -> list[Any]:
        return [item for shard in range(4) for item in self.table.query_all(f"OUTBOX#{shard}")]


class Answers(DisputeTest):
    def test_uphold_the_invoice(self) -> None:
        dispute = self.taken(self.answer("upheld"))
        self.assertEqual((dispute["state"], dispute["outcome"], dispute["credit_note_id"]), ("settled", "upheld", None))
        self.assertIsNotNone(dispute["ticket_id"])
        self.assertEqual((self.notes(), self.invoice(self.invoice_id)["disputed"]), ([], False))

    def test_credit_the_whole_invoice(self) -> None:
        dispute = self.taken(self.answer("credited"))
        (note,) = self.notes()
        self.assertEqual((note["id"], note["totals"]["tax_inclusive"]), (dispute["credit_note_id"], "178.50"))
        self.assertEqual(note["reason"], "The training never took place")
        self.assertEqual(self.invoice(self.invoice_id)["state"], "paid")

    def test_credit_the_part_that_was_agreed(self) -> None:
        self.taken(self.answer("credited", {"line_id": "2", "amount": "30.00"}))
        self.assertEqual([note["totals"]["tax_exclusive"] for note in self.notes()], ["30.00"])
        invoice = self.invoice(self.invoice_id)
        self.assertEqual((invoice["state"], invoice["totals"]["remaining"]), ("open", "142.80"))

    def test_are_carried_out_once_however_often_they_come(self) -> None:
        answer = self.answer("credited")
        again = self.answer("credited")
        self.taken(answer, answer)
        self.taken(again, answer)
        self.assertEqual((len(self.notes()), len(self.events("DisputeSettled"))), (1, 1))
        self.assertTrue(self.get("/series/CRN/audit").body["is_complete"])

    def test_whose_effect_was_written_but_not_heard_of_are_carried_out_once(self) -> None:
        answer = self.answer("credited")
        with lost_answer(self.table.client):
            self.assertEqual(self.deliver_to_inbox(answer), [0])
        self.taken(answer)
        self.assertEqual(len(self.notes()), 1)

    def test_come_too_late_once_an_accountant_has_settled(self) -> None:
        self.settle("upheld")
        dispute = self.taken(self.answer("credited"))
        self.assertEqual((dispute["outcome"], self.notes()), ("upheld", []))

    def test_that_meet_an_accountants_lose_or_win_whole(self) -> None:
        with meanwhile("settleable", lambda: self.settle("upheld")):
            dispute = self.taken(self.answer("credited"))
        self.assertEqual((dispute["outcome"], self.notes(), len(self.events("DisputeSettled"))), ("upheld", [], 1))
        self.assertEqual(self.settle("credited").body["code"], "settled")

    def test_about_a_paid_invoice_free_the_payment(self) -> None:
        payment = self.pay(self.account_id, "178.50", "a", invoice_id=self.invoice_id).body["id"]
        self.taken(self.answer("credited", {"line_id": "2"}))
        self.assertEqual(self.get(f"/payments/{payment}").body["unapplied"]["amount"], "59.50")

    def test_about_an_invoice_of_which_nothing_is_left_to_credit_settle_without_a_note(self) -> None:
        self.post(f"/invoices/{self.invoice_id}/void")
        dispute = self.taken(self.answer("credited"))
        self.assertEqual((dispute["outcome"], dispute["credit_note_id"], self.notes()), ("credited", None, []))

    def test_that_credit_more_than_is_left_are_the_accountants(self) -> None:
        self.credit(self.invoice_id, {"line_id": "2", "amount": "30.00"})
        dispute = self.taken(self.answer("credited", {"line_id": "2", "amount": "40.00"}))
        self.assertEqual((dispute["state"], dispute["escalation"]), ("escalated", "not_creditable"))
        self.assertEqual(dispute["detail"], "lines.0.amount: Only 20.00 is left to credit.")
        self.assertEqual((len(self.notes()), self.invoice(self.invoice_id)["disputed"]), (1, True))
        self.assertEqual(self.settle("credited").body["state"], "settled")

    def test_that_there_is_nobody_to_hear_leave_it_to_the_accountants(self) -> None:
        refusal = {"dispute_id": self.dispute_id, "reason": "unknown_customer", "refused_at": "2026-11-25T08:00:00Z"}
        dispute = self.taken(envelope("DisputeTicketRefused", self.dispute_id, refusal))
        self.assertEqual((dispute["state"], dispute["escalation"]), ("escalated", "no_ticket"))
        self.assertEqual(self.events("DisputeEscalated")[0]["data"]["why"], "no_ticket")
        self.on_day(30)
        self.assertEqual(len(self.events("OpenDisputeTicket")), 1)

    def test_of_a_strange_dispute_fail_for_people_to_look_at(self) -> None:
        self.assertEqual(self.deliver_to_inbox(self.answer("upheld", dispute_id=new_id("dsp"))), [0])


class TimeOuts(DisputeTest):
    def test_escalate_to_the_accountants_once_and_ask_again(self) -> None:
        self.on_day(ANSWERED_WITHIN.days - 1)
        self.assertEqual(self.dispute()["state"], "open")
        for day in (0, 0, 3):
            self.on_day(ANSWERED_WITHIN.days + day)
        dispute = self.dispute()
        self.assertEqual((dispute["state"], dispute["escalation"]), ("escalated", "no_answer"))
        self.assertEqual(dispute["escalates_on"], f"{TODAY + ANSWERED_WITHIN}")
        self.assertEqual(len(self.events("DisputeEscalated")), 1)
        self.assertEqual([one["data"]["escalated"] for one in self.events("OpenDisputeTicket")], [False, True])

    def test_leave_dunning_paused(self) -> None:
        self.on_day(ANSWERED_WITHIN.days)
        self.assertTrue(self.invoice(self.invoice_id)["disputed"])

    def test_do_not_make_an_answer_too_late(self) -> None:
        self.on_day(ANSWERED_WITHIN.days)
        dispute = self.taken(self.answer("credited"))
        self.assertEqual((dispute["state"], dispute["outcome"], len(self.notes())), ("settled", "credited", 1))

    def test_do_not_come_for_what_is_settled(self) -> None:
        self.settle()
        self.on_day(30)
        self.assertEqual((self.dispute()["state"], self.events("DisputeEscalated")), ("settled", []))
        self.assertEqual(list(self.table.query_all("ESCALATIONS")), [])

    def test_are_listed_for_the_accountants(self) -> None:
        def listed(**query: str) -> list[str]:
            return [one["id"] for one in self.get("/disputes", **query).body["items"]]

        self.assertEqual((listed(), listed(state="open"), listed(state="escalated")), ([self.dispute_id],) * 2 + ([],))
        self.on_day(ANSWERED_WITHIN.days)
        self.assertEqual((listed(state="open"), listed(state="escalated")), ([], [self.dispute_id]))
        self.assertEqual(self.get("/disputes", state="odd").body["errors"][0]["field"], "state")
