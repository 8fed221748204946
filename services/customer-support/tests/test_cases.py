"""What invoicing asks and tells about disputes and overdue invoices, and the tickets that this brings and ends."""

import itertools
import os
from typing import Any
from unittest.mock import patch

from backoffice_testing import contracts, envelope

from backoffice.ids import new_id
from customer_support import forgetting
from customer_support.handlers import inbox
from tests.help_desk import HOUR, HelpDesk

AGENT = {"assignee": "agent@example.com"}


class CaseTest(HelpDesk):
    def setUp(self) -> None:
        super().setUp()
        self.customer_id = self.customer()["id"]
        self.invoice_id, self.dispute_id = new_id("inv"), new_id("dsp")

    def told(self, type: str, version: int, **more: Any) -> dict[str, Any]:
        """A message of invoicing about the invoice or the dispute, at a version of it."""
        data = contracts.examples(type)[0]
        own = {"invoice_id": self.invoice_id, "dispute_id": self.dispute_id, "account_id": self.customer_id}
        about = self.dispute_id if "dispute_id" in data else self.invoice_id
        return envelope(type, about, data | {name: own[name] for name in own if name in data} | more, version=version)

    def step(self, step: int, version: int) -> dict[str, Any]:
        return self.told("DunningStepReached", version, step=step)

    def asked(self, version: int = 1, **more: Any) -> dict[str, Any]:
        return self.told("OpenDisputeTicket", version, **more) | {"reply_to": "test-invoicing-inbox"}

    def take(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            self.assertEqual(self.deliver(inbox.inbox, message), [])

    def tickets(self) -> list[Any]:
        return list(self.done(self.get("/tickets", {"customer_id": self.customer_id}))["items"])

    def by_subject(self) -> list[Any]:
        return sorted(self.tickets(), key=lambda one: str(one["subject"]))

    def standing(self) -> list[tuple[str, str, str | None]]:
        """Subject, status and assignee of the customer's tickets."""
        return sorted((one["subject"], one["status"], one["assignee"]) for one in self.tickets())

    def notes(self, ticket: dict[str, Any]) -> list[str]:
        return [one["body"] for one in self.done(self.get(f"/tickets/{ticket['id']}/messages"))["items"]]


class Reminders(CaseTest):
    def test_are_one_ticket_for_each_step_each_more_urgent(self) -> None:
        self.take(self.step(1, 3), self.step(2, 5), self.step(3, 6))
        first, second, third = self.by_subject()
        self.assertEqual([one["priority"] for one in (first, second, third)], ["normal", "high", "urgent"])
        self.assertEqual((first["subject"], first["queue"]), ("Reminder 1: invoice INV-000042", "billing"))
        self.assertEqual(first["tags"], ["dunning", "step-1"])
        self.assertIn("214.20 EUR", self.notes(first)[0])

    def test_are_one_ticket_however_often_a_step_is_told(self) -> None:
        step = self.step(1, 3)
        self.take(step, step, self.step(1, 3))
        self.assertEqual(len(self.tickets()), 1)

    def test_end_with_the_payment(self) -> None:
        self.take(self.step(1, 3), self.step(2, 4))
        _, mine = self.by_subject()
        self.done(self.post(f"/tickets/{mine['id']}/assign", AGENT))
        self.done(self.post(f"/tickets/{mine['id']}/time-entries", HOUR))
        self.take(self.told("InvoicePaid", 5))
        expected = [
            ("Reminder 1: invoice INV-000042", "solved", "invoicing"),
            ("Reminder 2: invoice INV-000042", "solved", "agent@example.com"),
        ]
        self.assertEqual(self.standing(), expected)
        why = "Invoice INV-000042 is paid: there is nothing left to remind of."
        self.assertEqual([self.notes(one)[-1] for one in self.tickets()], [why, why])
        told = [len(one["data"]["time_entries"]) for one in self.events("TicketSolved")]
        self.assertEqual(sorted(told), [0, 1], "time that was worked is billed all the same")

    def test_end_with_whatever_ends_the_pursuit(self) -> None:
        for type in ("InvoiceVoided", "InvoiceMarkedUncollectible"):
            self.invoice_id = new_id("inv")
            self.take(self.step(1, 3), self.told(type, 4))
        self.assertEqual({status for _, status, _ in self.standing()}, {"solved"})

    def test_leave_no_open_ticket_in_whatever_order_step_and_payment_come(self) -> None:
        stood = []
        for order in itertools.permutations(("1", "2", "paid")):
            self.invoice_id = new_id("inv")
            self.customer_id = self.customer()["id"]
            messages = {"1": self.step(1, 3), "2": self.step(2, 4), "paid": self.told("InvoicePaid", 5)}
            self.take(*(messages[one] for one in order), *messages.values())
            stood.append(self.standing())
        self.assertEqual([status for _, status, _ in stood[0]], ["solved", "solved"])
        self.assertEqual(stood, [stood[0]] * 6)

    def test_go_on_once_the_payment_was_reversed(self) -> None:
        self.take(self.step(1, 3), self.told("InvoicePaid", 4), self.step(2, 6), self.told("InvoicePaid", 4))
        self.assertEqual([status for _, status, _ in self.standing()], ["solved", "new"])

    def test_that_agents_have_closed_or_merged_stay_as_they_are(self) -> None:
        self.take(self.step(1, 3), self.step(2, 4))
        first, second = (f"/tickets/{one['id']}" for one in self.by_subject())
        self.done(self.post(f"{first}/merge", {"into": second.removeprefix("/tickets/")}))
        self.take(self.told("InvoicePaid", 5))
        self.assertEqual([status for _, status, _ in self.standing()], ["closed", "solved"])

    def test_are_marked_while_the_invoice_is_disputed(self) -> None:
        self.take(self.step(1, 3), self.told("InvoiceDisputed", 1), self.told("InvoiceDisputed", 1), self.step(2, 4))
        first, second = self.by_subject()
        self.assertEqual([one["tags"][2:] for one in (first, second)], [["disputed"], ["disputed"]])
        self.assertEqual(self.notes(first)[1:], ["The invoice is disputed: remind nobody until that is settled."])
        self.take(self.told("DisputeSettled", 2), self.told("InvoiceDisputed", 1))
        self.assertEqual([one["tags"] for one in self.by_subject()], [["dunning", "step-1"], ["dunning", "step-2"]])
        self.assertEqual(self.notes(first)[2:], ["The dispute about the invoice is settled: reminding goes on."])

    def test_for_a_customer_who_is_not_there_are_dropped_and_logged(self) -> None:
        self.take(self.told("DunningStepReached", 3, account_id=new_id("cus")))
        self.assertEqual(self.tickets(), [])
        self.assertIn("there is no customer to open a ticket for", [line["message"] for line in self.logs()])

    def test_of_invoices_that_nobody_reminded_of_leave_a_mark_that_passes(self) -> None:
        self.take(self.told("InvoicePaid", 4))
        case = self.table.get(f"CASE#{self.invoice_id}", "CASE")
        assert case is not None
        self.assertIn("expires_at", case)
        self.take(self.step(1, 3))
        case = self.table.get(f"CASE#{self.invoice_id}", "CASE")
        self.assertNotIn("expires_at", case or {})


class Disputes(CaseTest):
    def opened(self) -> str:
        """The path of the dispute's ticket, with an agent."""
        self.take(self.asked())
        (ticket,) = self.tickets()
        path = f"/tickets/{ticket['id']}"
        self.done(self.post(f"{path}/assign", AGENT))
        return path

    def replies(self) -> list[dict[str, Any]]:
        return self.events("DisputeResolved")

    def test_are_one_ticket_however_often_they_are_asked_about(self) -> None:
        asked = self.asked()
        self.take(asked, asked, self.asked())
        (ticket,) = self.tickets()
        self.assertEqual((ticket["subject"], ticket["priority"]), ("Dispute about invoice INV-000042", "high"))
        about = {"dispute_id": self.dispute_id, "invoice_id": self.invoice_id, "number": "INV-000042", "outcome": None}
        self.assertEqual(ticket["dispute"], about)
        self.assertIn("The second hour was never worked.", self.notes(ticket)[0])
        self.assertEqual(self.replies(), [])

    def test_are_solved_with_an_outcome_that_the_asker_is_told(self) -> None:
        path = self.opened()
        line = {"line_id": "2", "amount": "30.00"}
        solved = self.done(self.post(f"{path}/solve", {"outcome": "credited", "lines": [line]}))
        self.assertEqual((solved["status"], solved["dispute"]["outcome"]), ("solved", "credited"))
        (reply,) = self.replies()
        self.assertEqual(reply["data"]["lines"], [{"line_id": "2", "quantity": None, "amount": "30.00"}])
        self.assertEqual((reply["correlation_id"], reply["aggregate_id"]), ("correlation-1", solved["id"]))

    def test_are_not_solved_without_a_sound_outcome(self) -> None:
        path = self.opened()
        bad: list[tuple[Any, str]] = [
            (None, "outcome"),
            ({"outcome": "maybe"}, "outcome"),
            ({"outcome": "upheld", "lines": [{"line_id": "1"}]}, "lines"),
            ({"outcome": "credited", "lines": []}, "lines"),
            ({"outcome": "credited", "lines": [{"line_id": "3"}]}, "lines.0.line_id"),
            ({"outcome": "credited", "lines": [{"line_id": "1", "amount": 5}]}, "lines.0.amount"),
            ({"outcome": "credited", "lines": [{"line_id": "1", "amount": "5", "quantity": "1"}]}, "lines.0.amount"),
            ({"outcome": "credited", "note": "x"}, "note"),
        ]
        for body, field in bad:
            reply = self.post(f"{path}/solve", body)
            self.assertEqual((reply.status, [one["field"] for one in reply.body["errors"]]), (422, [field]), body)
        self.assertEqual(self.replies(), [])

    def test_alone_are_solved_with_an_outcome(self) -> None:
        self.assert_problem(
            self.post(f"{self.assigned()}/solve", {"outcome": "upheld"}), 422, "validation_failed", "outcome"
        )

    def test_are_decided_once_even_if_the_ticket_is_reopened(self) -> None:
        path = self.opened()
        self.done(self.post(f"{path}/solve", {"outcome": "upheld"}))
        self.done(self.post(f"{path}/reopen"))
        self.assert_problem(self.post(f"{path}/solve", {"outcome": "credited"}), 409, "resolved")
        self.done(self.post(f"{path}/solve"))
        self.assertEqual(len(self.replies()), 1)

    def test_are_not_merged_away_while_somebody_waits_for_them(self) -> None:
        path, other = self.opened(), self.ticket(customer_id=self.customer_id)["id"]
        self.assert_problem(self.post(f"{path}/merge", {"into": other}), 409, "undecided")
        self.done(self.post(f"/tickets/{other}/merge", {"into": path.removeprefix("/tickets/")}))

    def test_that_escalate_become_urgent_once(self) -> None:
        path = self.opened()
        self.take(self.asked(2, escalated=True), self.asked(2, escalated=True))
        ticket = self.done(self.get(path))
        self.assertEqual((ticket["priority"], ticket["tags"]), ("urgent", ["dispute", "escalated"]))
        self.assertEqual(len(self.notes(ticket)), 2)

    def test_whose_question_was_lost_are_opened_by_the_second(self) -> None:
        self.take(self.asked(2, escalated=True), self.asked(1))
        (ticket,) = self.tickets()
        self.assertEqual((ticket["priority"], ticket["tags"]), ("urgent", ["dispute", "escalated"]))

    def test_whose_answer_was_lost_are_answered_again_when_asked_again(self) -> None:
        path = self.opened()
        self.done(self.post(f"{path}/solve", {"outcome": "upheld"}))
        again = self.asked(2, escalated=True) | {"correlation_id": "correlation-2"}
        self.take(again, again)
        first, second = self.replies()
        self.assertEqual(first["data"]["outcome"], second["data"]["outcome"])
        self.assertEqual({first["correlation_id"], second["correlation_id"]}, {"correlation-1", "correlation-2"})
        self.assertEqual(self.done(self.get(path))["priority"], "high")

    def test_that_an_accountant_settles_are_solved_for_the_agent(self) -> None:
        path = self.opened()
        self.take(self.told("DisputeSettled", 2, outcome="credited"))
        ticket = self.done(self.get(path))
        self.assertEqual((ticket["status"], ticket["dispute"]["outcome"]), ("solved", "credited"))
        self.assertEqual(self.notes(ticket)[-1], "The dispute about invoice INV-000042 is settled: credited.")
        self.assertEqual(self.replies(), [], "whoever has settled it knows")

    def test_that_were_settled_before_they_are_heard_of_leave_no_open_ticket(self) -> None:
        self.take(self.told("DisputeSettled", 2), self.asked(1))
        (ticket,) = self.tickets()
        self.assertEqual((ticket["status"], ticket["dispute"]["outcome"]), ("solved", "upheld"))
        self.assertEqual(self.replies(), [])

    def test_that_were_decided_here_and_reopened_are_the_customers_not_invoicings(self) -> None:
        path = self.opened()
        self.done(self.post(f"{path}/solve", {"outcome": "upheld"}))
        self.done(self.post(f"{path}/reopen"))
        self.take(self.told("DisputeSettled", 2))
        self.assertEqual(self.done(self.get(path))["status"], "open")

    def test_of_a_customer_who_is_not_there_are_refused(self) -> None:
        self.take(self.asked(account_id=new_id("cus")))
        (refusal,) = self.events("DisputeTicketRefused")
        self.assertEqual((refusal["data"]["reason"], refusal["correlation_id"]), ("unknown_customer", "correlation-1"))

    def test_of_a_customer_who_was_erased_before_are_refused_and_reminders_open_nothing(self) -> None:
        self.done(self.post(f"/customers/{self.customer_id}/erasure"))
        self.take(self.asked(), self.step(1, 3))
        self.assertEqual([one["data"]["reason"] for one in self.events("DisputeTicketRefused")], ["unknown_customer"])
        self.assertEqual(self.tickets(), [])

    def test_that_nobody_has_decided_are_given_back_when_the_customer_is_erased(self) -> None:
        path = self.opened()
        self.take(self.step(1, 3))
        self.done(self.post(f"/customers/{self.customer_id}/erasure"))
        with patch.dict(os.environ, MAIL_BUCKET="none"), patch.object(forgetting, "_SECONDS", 60):
            self.take(*self.events("ForgetCustomer"))
        (refusal,) = self.events("DisputeTicketRefused")
        self.assertEqual(refusal["correlation_id"], "correlation-1")
        self.take(self.asked(2, escalated=True), self.told("DisputeSettled", 3), self.told("InvoicePaid", 5))
        self.assertEqual(len(self.events("DisputeTicketRefused")), 2)
        self.assertEqual({one["status"] for one in self.tickets()}, {"closed"})
        self.assertEqual(self.done(self.get(path))["subject"], "(erased)")

    def test_without_a_return_address_fail_for_people_to_look_at(self) -> None:
        self.assertEqual(self.deliver(inbox.inbox, self.told("OpenDisputeTicket", 1)), [0])
        self.assertEqual(self.tickets(), [])
