"""What happens to a payment after it came in, through the API: allocated, reversed, refunded."""

from functools import partial
from typing import Any

from backoffice.ids import new_id
from tests.company import line
from tests.races import lost_answer, meanwhile
from tests.test_payments_api import PaymentsTest


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


class MovingTest(PaymentsTest):
    def allocate(self, payment_id: str, invoice_id: str, amount: str | None = None, key: str | None = None) -> Any:
        body = {"invoice_id": invoice_id} | ({"amount": eur(amount)} if amount else {})
        return self.post(f"/payments/{payment_id}/allocations", body, key=key)

    def refund(self, payment_id: str, amount: str, ref: str, **more: str) -> Any:
        return self.post(f"/payments/{payment_id}/refunds", {"amount": eur(amount), "external_ref": ref} | more)

    def reverse(self, payment_id: str, key: str | None = None) -> Any:
        return self.post(f"/payments/{payment_id}/reverse", {"reason": "returned"}, key=key)

    def payment(self, id: str) -> Any:
        return self.get(f"/payments/{id}").body


class OnePaymentForSeveralInvoices(MovingTest):
    def test_is_one_transaction(self) -> None:
        other = self.issue(self.account_id)["id"]
        shares = [{"invoice_id": self.invoice_id, "amount": eur("19.00")}, {"invoice_id": other}]
        self.calls.clear()
        paid = self.pay(self.account_id, "200.00", "a", allocations=shares)
        self.assertEqual(self.calls, ["BatchGetItem", "TransactWriteItems"])
        self.assertEqual([share["amount"]["amount"] for share in paid.body["allocations"]], ["19.00", "119.00"])
        self.assertEqual(paid.body["unapplied"]["amount"], "62.00")
        self.assertEqual(self.balance(), {"outstanding": "100.00", "unapplied": "62.00", "balance": "38.00"})
        self.assertEqual(self.pay(self.account_id, "200.00", "a", allocations=shares).body, paid.body)
        self.assertEqual(self.pay(self.account_id, "200.00", "a", allocations=shares[:1]).status, 409)

    def test_names_each_fault(self) -> None:
        shares = [{"invoice_id": self.invoice_id, "amount": eur("119.01")}]
        over = self.pay(self.account_id, "200.00", "a", allocations=shares)
        self.assertEqual(over.body["errors"][0]["field"], "allocations.0.amount.amount")
        twice = self.pay(self.account_id, "1.00", "a", allocations=[{"invoice_id": self.invoice_id}] * 2)
        both = self.pay(self.account_id, "1.00", "a", allocations=shares, invoice_id=self.invoice_id)
        dollars = [{"invoice_id": self.invoice_id, "amount": {"amount": "1.00", "currency": "USD"}}]
        mixed = self.pay(self.account_id, "1.00", "a", allocations=dollars)
        for reply in (twice, both):
            self.assertEqual((reply.status, reply.body["errors"][0]["field"]), (422, "allocations"))
        self.assertEqual(mixed.body["errors"][0]["field"], "allocations.0.amount.currency")
        self.assertEqual(self.get("/payments").body["items"], [])


class AllocatingLater(MovingTest):
    def setUp(self) -> None:
        super().setUp()
        self.payment_id = self.pay(self.account_id, "150.00", "a").body["id"]

    def test_pays_an_invoice_in_part_or_as_far_as_it_goes(self) -> None:
        part = self.allocate(self.payment_id, self.invoice_id, "19.00")
        self.assertEqual((part.status, part.body["unapplied"]["amount"]), (201, "131.00"))
        rest = self.allocate(self.payment_id, self.invoice_id).body
        self.assertEqual((rest["unapplied"]["amount"], self.invoice()["state"]), ("31.00", "paid"))
        self.assertEqual(self.balance(), {"outstanding": "0.00", "unapplied": "31.00", "balance": "-31.00"})
        self.assertEqual(len(self.events("InvoicePaid")), 1)

    def test_pays_several_invoices_in_one_transaction(self) -> None:
        other = self.issue(self.account_id)["id"]
        orders = [{"invoice_id": self.invoice_id, "amount": eur("100.00")}, {"invoice_id": other}]
        self.calls.clear()
        reply = self.post(f"/payments/{self.payment_id}/allocations", {"allocations": orders})
        self.assertEqual(self.calls, ["BatchGetItem", "TransactWriteItems"])
        shares = [share["amount"]["amount"] for share in reply.body["allocations"]]
        self.assertEqual((shares, reply.body["unapplied"]["amount"]), (["100.00", "50.00"], "0.00"))
        self.assertEqual(self.balance()["outstanding"], "88.00")
        nothing = self.post(f"/payments/{self.payment_id}/allocations", {})
        self.assertEqual(nothing.body["errors"][0]["field"], "invoice_id")

    def test_never_allocates_more_than_there_is_or_than_remains(self) -> None:
        self.assertEqual(self.allocate(self.payment_id, self.invoice_id, "119.01").status, 422)
        small = self.pay(self.account_id, "5.00", "b").body["id"]
        over = self.allocate(small, self.invoice_id, "5.01")
        self.assertEqual(over.body["errors"][0]["field"], "amount.amount")
        self.allocate(small, self.invoice_id)
        self.assertEqual(self.allocate(small, self.invoice_id).body["code"], "nothing_unapplied")
        self.assertEqual(self.allocate(small, new_id("inv")).status, 404)
        self.assertEqual(self.allocate(new_id("pay"), self.invoice_id).status, 404)

    def test_needs_the_same_account_and_currency(self) -> None:
        theirs = self.issue(self.register())["id"]
        self.assertEqual(self.allocate(self.payment_id, theirs).body["errors"][0]["field"], "invoice_id")
        dollars = {"invoice_id": self.invoice_id, "amount": {"amount": "1.00", "currency": "USD"}}
        reply = self.post(f"/payments/{self.payment_id}/allocations", dollars)
        self.assertEqual(reply.body["errors"][0]["field"], "amount.currency")

    def test_the_same_key_allocates_once(self) -> None:
        first, again = (self.allocate(self.payment_id, self.invoice_id, "9.00", key="once") for _ in range(2))
        self.assertEqual((again.body, self.invoice()["totals"]["paid"]), (first.body, "9.00"))
        self.assertEqual(self.allocate(self.payment_id, self.invoice_id, key="").status, 400)

    def test_two_at_once_share_what_there_is(self) -> None:
        other = self.issue(self.account_id)["id"]
        with meanwhile("allocatable", partial(self.allocate, self.payment_id, other)):
            late = self.allocate(self.payment_id, self.invoice_id).body
        self.assertEqual(late["unapplied"]["amount"], "0.00")
        self.assertEqual(self.invoice()["totals"]["paid"], "31.00")


class Reversing(MovingTest):
    def test_opens_what_was_paid_and_takes_back_what_was_not(self) -> None:
        payment_id = self.pay(self.account_id, "150.00", "a", invoice_id=self.invoice_id).body["id"]
        reply = self.reverse(payment_id)
        self.assertEqual(
            (reply.status, reply.body["state"], reply.body["reversal_reason"]), (200, "reversed", "returned")
        )
        self.assertEqual((reply.body["allocations"], reply.body["unapplied"]["amount"]), ([], "0.00"))
        invoice = self.invoice()
        self.assertEqual((invoice["state"], invoice["totals"]["remaining"]), ("open", "119.00"))
        self.assertEqual(self.balance(), {"outstanding": "119.00", "unapplied": "0.00", "balance": "119.00"})
        (event,) = self.events("PaymentReversed")
        (share,) = event["data"]["allocations"]
        self.assertEqual((share["invoice_id"], share["amount"]), (self.invoice_id, "119.00"))

    def test_happens_once(self) -> None:
        payment_id = self.pay(self.account_id, "9.00", "a").body["id"]
        first, again = (self.reverse(payment_id, key="once") for _ in range(2))
        self.assertEqual((again.status, again.body), (200, first.body))
        for refused in (
            self.reverse(payment_id),
            self.allocate(payment_id, self.invoice_id),
            self.refund(payment_id, "1.00", "r"),
        ):
            self.assertEqual((refused.status, refused.body["code"]), (409, "reversed"))

    def test_is_refused_once_part_of_it_was_refunded(self) -> None:
        payment_id = self.pay(self.account_id, "9.00", "a").body["id"]
        self.refund(payment_id, "1.00", "r")
        self.assertEqual(self.reverse(payment_id).body["code"], "refunded")

    def test_leaves_other_payments_of_the_invoice_alone(self) -> None:
        bounced = self.pay(self.account_id, "19.00", "a", invoice_id=self.invoice_id).body["id"]
        self.pay(self.account_id, "100.00", "b", invoice_id=self.invoice_id)
        self.reverse(bounced)
        invoice = self.invoice()
        self.assertEqual((invoice["state"], invoice["totals"]["paid"]), ("open", "100.00"))

    def test_of_what_was_given_up_leaves_it_given_up(self) -> None:
        payment_id = self.pay(self.account_id, "19.00", "a", invoice_id=self.invoice_id).body["id"]
        self.post(f"/invoices/{self.invoice_id}/mark-uncollectible")
        self.reverse(payment_id)
        self.assertEqual((self.invoice()["state"], self.balance()["balance"]), ("uncollectible", "0.00"))


class Refunding(MovingTest):
    def setUp(self) -> None:
        super().setUp()
        self.payment_id = self.pay(self.account_id, "150.00", "a", invoice_id=self.invoice_id).body["id"]

    def test_sends_back_what_is_unapplied_and_tells(self) -> None:
        reply = self.refund(self.payment_id, "30.00", "back-1", reason="paid too much")
        self.assertEqual((reply.status, reply.body["refunded"]["amount"]), (201, "30.00"))
        self.assertEqual(reply.body["unapplied"]["amount"], "1.00")
        self.assertEqual(self.balance(), {"outstanding": "0.00", "unapplied": "1.00", "balance": "-1.00"})
        self.assertEqual(self.events("PaymentRefunded")[0]["data"]["amount"], "30.00")
        over = self.refund(self.payment_id, "1.01", "back-2")
        self.assertEqual((over.status, over.body["errors"][0]["field"]), (422, "amount.amount"))

    def test_a_reference_makes_a_repeat_harmless_and_a_contradiction_a_conflict(self) -> None:
        first = self.refund(self.payment_id, "30.00", "back-1")
        again = self.refund(self.payment_id, "30.00", "back-1")
        self.assertEqual((again.status, again.body), (201, first.body))
        other = self.pay(self.account_id, "99.00", "b").body["id"]
        for refused in (self.refund(self.payment_id, "1.00", "back-1"), self.refund(other, "30.00", "back-1")):
            self.assertEqual((refused.status, refused.body["code"]), (409, "external_ref_taken"))
        self.assertEqual(len(self.events("PaymentRefunded")), 1)

    def test_at_the_same_time_counts_once(self) -> None:
        refund = partial(self.refund, self.payment_id, "30.00", "back-1")
        with meanwhile("refundable", refund):
            self.assertEqual(refund().status, 201)
        self.assertEqual(self.payment(self.payment_id)["refunded"]["amount"], "30.00")

    def test_a_lost_answer_is_no_second_refund(self) -> None:
        body = {"amount": eur("30.00"), "external_ref": "back-1"}
        path = f"/payments/{self.payment_id}/refunds"
        with lost_answer(self.table.client):
            self.assertEqual(self.post(path, body, key="once").status, 500)
        self.assertEqual(self.post(path, body, key="once").body["refunded"]["amount"], "30.00")

    def test_of_what_a_credit_note_has_set_free(self) -> None:
        self.credit(self.invoice_id)
        self.assertEqual(self.refund(self.payment_id, "150.00", "back-1").body["unapplied"]["amount"], "0.00")
        self.assertEqual(self.balance()["balance"], "0.00")


class ManyPayments(MovingTest):
    def test_of_one_invoice_come_to_an_end(self) -> None:
        invoice_id = self.issue(self.account_id, line(unit_price="1000.00"))["id"]
        for number in range(40):
            self.pay(self.account_id, "1.00", f"a-{number}", invoice_id=invoice_id)
        refused = self.pay(self.account_id, "1.00", "last", invoice_id=invoice_id)
        self.assertEqual((refused.status, refused.body["code"]), (409, "too_many_payments"))
        self.assertEqual(len(self.credit(invoice_id)["freed"]), 40)
