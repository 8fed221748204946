"""What becomes of an issued invoice, through the API: void, given up, overdue."""

from datetime import date, timedelta
from typing import Any

from backoffice.clock import now
from invoicing.handlers import clock
from tests.company import SELLER, CompanyTest, line

TODAY = now().date()


class LifeTest(CompanyTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("/seller", SELLER)
        self.account_id = self.register()

    def invoice(self, id: str) -> Any:
        return self.get(f"/invoices/{id}").body

    def balance(self) -> dict[str, str]:
        (balance,) = self.get(f"/accounts/{self.account_id}/balance").body["balances"]
        return {name: balance[name]["amount"] for name in ("outstanding", "unapplied", "balance")}

    def overdue(self, days: int, **more: Any) -> dict[str, Any]:
        """An invoice that is overdue since so many days."""
        body = {"issue_date": f"{TODAY - timedelta(days=days)}"}
        draft = self.draft(self.account_id, terms={"net_days": 0}, **more)
        reply = self.post(f"/invoices/{draft['id']}/finalize", body)
        assert reply.status == 200, reply
        answer: dict[str, Any] = reply.body
        return answer


class Voiding(LifeTest):
    def test_ends_the_debt_and_keeps_the_number(self) -> None:
        issued = self.issue(self.account_id)
        reply = self.post(f"/invoices/{issued['id']}/void")
        self.assertEqual((reply.status, reply.body["state"], reply.body["number"]), (200, "void", "INV-000001"))
        self.assertEqual(self.balance()["outstanding"], "0.00")
        self.assertEqual(self.events("InvoiceVoided")[0]["data"]["amount"], "119.00")
        self.assertEqual(self.issue(self.account_id)["number"], "INV-000002")
        self.assertTrue(self.get("/series/INV/audit").body["is_complete"])
        for action in ("void", "mark-uncollectible", "finalize"):
            self.assertEqual(self.post(f"/invoices/{issued['id']}/{action}").status, 409, action)
        self.assertEqual(self.pay(self.account_id, "1.00", "a", invoice_id=issued["id"]).body["code"], "not_payable")

    def test_is_refused_once_something_is_paid_or_credited_and_for_drafts(self) -> None:
        issued = self.issue(self.account_id)
        self.pay(self.account_id, "1.00", "a", invoice_id=issued["id"])
        self.assertEqual(self.post(f"/invoices/{issued['id']}/void").body["code"], "not_voidable")
        draft = self.draft(self.account_id)
        refused = self.post(f"/invoices/{draft['id']}/void").body
        self.assertEqual((refused["code"], refused["state"]), ("illegal_transition", "draft"))

    def test_again_with_its_key_gets_the_first_answer(self) -> None:
        issued = self.issue(self.account_id)
        first, again = (self.post(f"/invoices/{issued['id']}/void", key="once") for _ in range(2))
        self.assertEqual((again.status, again.body), (200, first.body))


class GivingUp(LifeTest):
    def test_writes_off_what_remains(self) -> None:
        issued = self.issue(self.account_id)
        self.pay(self.account_id, "19.00", "a", invoice_id=issued["id"])
        reply = self.post(f"/invoices/{issued['id']}/mark-uncollectible")
        self.assertEqual((reply.status, reply.body["state"]), (200, "uncollectible"))
        self.assertEqual(self.balance()["outstanding"], "0.00")
        self.assertEqual(self.events("InvoiceMarkedUncollectible")[0]["data"]["amount"], "100.00")

    def test_does_not_keep_it_from_being_paid_after_all(self) -> None:
        issued = self.issue(self.account_id)
        self.post(f"/invoices/{issued['id']}/mark-uncollectible")
        self.pay(self.account_id, "119.00", "a", invoice_id=issued["id"])
        self.assertEqual(self.invoice(issued["id"])["state"], "paid")
        self.assertEqual(self.balance(), {"outstanding": "0.00", "unapplied": "0.00", "balance": "0.00"})

    def test_may_end_in_void(self) -> None:
        issued = self.issue(self.account_id)
        self.post(f"/invoices/{issued['id']}/mark-uncollectible")
        self.assertEqual(self.post(f"/invoices/{issued['id']}/void").body["state"], "void")
        self.assertEqual(self.balance()["outstanding"], "0.00")


class BecomingOverdue(LifeTest):
    def test_is_told_once(self) -> None:
        late = self.overdue(1)
        in_time = self.issue(self.account_id)
        for _ in range(3):
            clock.pursue_invoices()
        (event,) = self.events("InvoiceOverdue")
        self.assertEqual(event["aggregate_id"], late["id"])
        told = {name: event["data"][name] for name in ("number", "due_date", "remaining")}
        self.assertEqual(
            told, {"number": late["number"], "due_date": f"{TODAY - timedelta(days=1)}", "remaining": "119.00"}
        )
        self.assertEqual((self.invoice(late["id"])["overdue"], self.invoice(in_time["id"])["overdue"]), (True, False))

    def test_is_not_told_of_what_is_settled_or_due_today(self) -> None:
        for ref, settle in enumerate(("pay", "void", "mark-uncollectible")):
            late = self.overdue(3)
            if settle == "pay":
                self.pay(self.account_id, "119.00", str(ref), invoice_id=late["id"])
            else:
                self.post(f"/invoices/{late['id']}/{settle}")
        self.overdue(0)
        clock.pursue_invoices()
        self.assertEqual(self.events("InvoiceOverdue"), [])
        self.assertEqual(self.agenda(), [f"{TODAY + timedelta(days=1)}"], "what is settled is off the agenda")

    def test_costs_nothing_while_nothing_is_due(self) -> None:
        self.issue(self.account_id)
        self.calls.clear()
        clock.pursue_invoices()
        self.assertEqual(self.calls, ["Query"])

    def test_a_change_meanwhile_is_left_to_the_next_minute(self) -> None:
        late = self.overdue(1)
        self.meanwhile("TransactWriteItems", lambda: self.pay(self.account_id, "9.00", "a", invoice_id=late["id"]))
        clock.pursue_invoices()
        self.assertEqual(self.events("InvoiceOverdue"), [])
        clock.pursue_invoices()
        self.assertEqual(self.events("InvoiceOverdue")[0]["data"]["remaining"], "110.00")

    def test_one_that_fails_does_not_hold_up_the_others(self) -> None:
        broken, fine = self.overdue(2), self.overdue(1)
        self.table.client.update_item(
            TableName="table",
            Key={"pk": {"S": f"INVOICE#{broken['id']}"}, "sk": {"S": "INVOICE"}},
            UpdateExpression="SET currency = :broken",
            ExpressionAttributeValues={":broken": {"S": "???"}},
        )
        with self.assertRaises(KeyError):
            clock.pursue_invoices()
        self.assertEqual([event["aggregate_id"] for event in self.events("InvoiceOverdue")], [fine["id"]])

    def agenda(self) -> list[str]:
        return [item["day"] for item in self.table.query_all("AGENDA")]


class Terms(LifeTest):
    def test_run_from_the_issue_date_and_may_go_on_to_the_end_of_the_month(self) -> None:
        for terms, due in [
            ({"net_days": 14}, date(2026, 2, 14)),
            ({"net_days": 14, "end_of_month": True}, date(2026, 2, 28)),
            ({"net_days": 0, "end_of_month": True}, date(2026, 1, 31)),
        ]:
            draft = self.draft(self.account_id, line(), terms=terms)
            issued = self.post(f"/invoices/{draft['id']}/finalize", {"issue_date": "2026-01-31"}).body
            self.assertEqual(issued["due_date"], f"{due}")
