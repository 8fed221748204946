"""Payments and balances, through the API."""

from datetime import timedelta
from functools import partial
from typing import Any

from backoffice.clock import now
from backoffice.ids import new_id
from tests.company import SELLER, CompanyTest
from tests.races import lost_answer, meanwhile


class PaymentsTest(CompanyTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("/seller", SELLER)
        self.account_id = self.register()
        self.invoice_id = self.issue(self.account_id)["id"]

    def invoice(self) -> Any:
        return self.get(f"/invoices/{self.invoice_id}").body

    def balance(self) -> dict[str, str]:
        (balance,) = self.get(f"/accounts/{self.account_id}/balance").body["balances"]
        return {name: balance[name]["amount"] for name in ("outstanding", "unapplied", "balance")}


class Paying(PaymentsTest):
    def test_in_part_and_then_in_full(self) -> None:
        first = self.pay(self.account_id, "19.00", "a", invoice_id=self.invoice_id)
        self.assertEqual(first.status, 201)
        share = {"invoice_id": self.invoice_id, "amount": {"amount": "19.00", "currency": "EUR"}}
        self.assertEqual(first.body["allocations"], [share])
        self.assertEqual(self.get(first.headers["Location"]).body, first.body)
        invoice = self.invoice()
        self.assertEqual((invoice["state"], invoice["partially_paid"]), ("open", True))
        self.assertEqual((invoice["totals"]["paid"], invoice["totals"]["remaining"]), ("19.00", "100.00"))
        self.assertEqual((self.balance()["outstanding"], self.events("InvoicePaid")), ("100.00", []))
        self.pay(self.account_id, "100.00", "b", invoice_id=self.invoice_id)
        self.assertEqual((self.invoice()["state"], self.balance()["outstanding"]), ("paid", "0.00"))
        self.assertEqual(len(self.events("PaymentRecorded")), 2)
        self.assertEqual([event["aggregate_id"] for event in self.events("InvoicePaid")], [self.invoice_id])

    def test_too_much_or_for_no_invoice_stays_unapplied(self) -> None:
        over = self.pay(self.account_id, "120.00", "a", invoice_id=self.invoice_id)
        self.assertEqual(over.body["unapplied"], {"amount": "1.00", "currency": "EUR"})
        self.pay(self.account_id, "5.50", "b")
        self.assertEqual(self.balance(), {"outstanding": "0.00", "unapplied": "6.50", "balance": "-6.50"})

    def test_nobody_owes_a_draft(self) -> None:
        refused = self.pay(self.account_id, "1.00", "a", invoice_id=self.draft(self.account_id)["id"])
        self.assertEqual((refused.status, refused.body["code"]), (409, "not_payable"))
        self.assertEqual(self.get("/payments").body["items"], [])

    def test_must_fit_the_invoice(self) -> None:
        other = self.pay(self.register(), "1.00", "a", invoice_id=self.invoice_id)
        self.assertEqual((other.status, other.body["errors"][0]["field"]), (422, "invoice_id"))
        mismatch = self.pay(self.account_id, "1.00", "a", "USD", invoice_id=self.invoice_id)
        self.assertEqual((mismatch.status, mismatch.body["errors"][0]["field"]), (422, "amount.currency"))
        self.assertEqual(self.pay(new_id("cus"), "1.00", "a").status, 404)
        self.assertEqual(self.pay(self.account_id, "1.00", "a", invoice_id=new_id("inv")).status, 404)

    def test_amounts_that_are_none_are_refused_by_field(self) -> None:
        for amount in ("1", "1.001", "0.00", "-1.00", "1e2", "NaN", "١.٠٠", 1.5, None):
            reply = self.pay(self.account_id, amount, "a")
            self.assertEqual((reply.status, reply.body["errors"][0]["field"]), (422, "amount.amount"), amount)
        future = f"{now().date() + timedelta(days=3)}"
        self.assertEqual(self.pay(self.account_id, "1.00", "a", received_on=future).status, 422)
        self.assertEqual(self.pay(self.account_id, "1.00", "a", received_on="2026-02-30").status, 422)
        self.assertEqual(self.balance()["unapplied"], "0.00")

    def test_lists_payments_of_an_account_and_all(self) -> None:
        other = self.register()
        mine, theirs = self.pay(self.account_id, "1.00", "a").body, self.pay(other, "2.00", "b").body
        self.assertEqual(self.get("/payments").body["items"], [theirs, mine])
        self.assertEqual(self.get("/payments", account_id=other).body["items"], [theirs])


class TheSameReferenceAgain(PaymentsTest):
    def test_with_the_same_content_gets_the_first_answer(self) -> None:
        first = self.pay(self.account_id, "119.00", "a", invoice_id=self.invoice_id)
        again = self.pay(self.account_id, "119.00", "a", invoice_id=self.invoice_id)
        self.assertEqual((again.status, again.body), (201, first.body))
        self.assertEqual(self.balance(), {"outstanding": "0.00", "unapplied": "0.00", "balance": "0.00"})
        self.assertEqual(len(self.events("PaymentRecorded")), 1)

    def test_with_other_content_is_a_contradiction(self) -> None:
        first = self.pay(self.account_id, "19.00", "a", invoice_id=self.invoice_id, received_on="2026-11-01").body
        for other in (
            self.pay(self.account_id, "20.00", "a", invoice_id=self.invoice_id),
            self.pay(self.account_id, "19.00", "a"),
            self.pay(self.register(), "19.00", "a"),
            self.pay(self.account_id, "19.00", "a", invoice_id=self.invoice_id, received_on="2026-11-02"),
        ):
            self.assertEqual((other.status, other.body["code"]), (409, "external_ref_taken"))
            self.assertEqual(other.body["payment_id"], first["id"])
        self.assertEqual(self.invoice()["totals"]["paid"], "19.00")

    def test_at_the_same_time_counts_once(self) -> None:
        pay = partial(self.pay, self.account_id, "19.00", "a", invoice_id=self.invoice_id)
        first: list[Any] = []
        with meanwhile("payable", lambda: first.append(pay())):
            second = pay()
        self.assertEqual((second.status, second.body), (201, first[0].body))
        self.assertEqual(self.invoice()["totals"]["paid"], "19.00")


class RacesForAnInvoice(PaymentsTest):
    def test_two_payments_never_pay_more_than_remains(self) -> None:
        other = partial(self.pay, self.account_id, "100.00", "b", invoice_id=self.invoice_id)
        with meanwhile("payable", other):
            late = self.pay(self.account_id, "119.00", "a", invoice_id=self.invoice_id).body
        self.assertEqual(late["unapplied"]["amount"], "100.00")
        totals = self.invoice()["totals"]
        self.assertEqual((totals["paid"], totals["remaining"]), ("119.00", "0.00"))
        self.assertEqual(self.balance(), {"outstanding": "0.00", "unapplied": "100.00", "balance": "-100.00"})
        self.assertEqual(len(self.events("InvoicePaid")), 1)

    def test_a_lost_answer_is_repeated_with_the_same_key_and_counts_once(self) -> None:
        body = {"account_id": self.account_id, "amount": {"amount": "9.00", "currency": "EUR"}, "external_ref": "a"}
        with lost_answer(self.table.client):
            self.assertEqual(self.post("/payments", body, key="once").status, 500)
        again = self.post("/payments", body, key="once")
        self.assertEqual((again.status, self.balance()["unapplied"]), (201, "9.00"))
