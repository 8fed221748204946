"""Finalizing invoices, through the API: numbers without gap or twin, whatever happens meanwhile."""

from datetime import timedelta
from functools import partial
from typing import Any

from backoffice.clock import now
from backoffice.ids import new_id
from invoicing.handlers import commands
from tests.company import ADDRESS, SELLER, CompanyTest, line
from tests.races import lost_answer, meanwhile


class FinalizingTest(CompanyTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("/seller", SELLER)
        self.account_id = self.register()

    def finalize(self, invoice: dict[str, Any], body: dict[str, Any] | None = None, key: str | None = None) -> Any:
        return self.post(f"/invoices/{invoice['id']}/finalize", body or {}, key=key)

    def numbers(self) -> list[str]:
        """The numbers as the series knows them."""
        return [item["number"] for item in self.table.query_all("SERIES#INV", sk_prefix="NUMBER#")]


class Finalizing(FinalizingTest):
    def test_gives_the_next_number_and_tells(self) -> None:
        first, second = self.issue(self.account_id), self.issue(self.account_id)
        self.assertEqual((first["number"], second["number"]), ("INV-000001", "INV-000002"))
        today = now().date()
        self.assertEqual((first["issue_date"], first["due_date"]), (f"{today}", f"{today + timedelta(days=30)}"))
        self.assertEqual(
            (first["state"], first["seller"]["name"], first["buyer"]["name"]), ("open", "Backoffice GmbH", "Ann Smith")
        )
        self.assertEqual(self.get(f"/invoices/{first['id']}").body, first)
        event = self.events("InvoiceIssued")[0]
        self.assertEqual((event["data"]["number"], event["aggregate_version"]), ("INV-000001", 2))
        self.assertEqual(
            self.get(f"/accounts/{self.account_id}/balance").body["balances"][0]["outstanding"]["amount"], "238.00"
        )
        self.assertEqual(self.get("/series/INV").body["next_number"], 3)

    def test_keeps_seller_buyer_and_terms_as_they_were(self) -> None:
        invoice = self.issue(self.account_id)
        self.put("/seller", SELLER | {"name": "Neu GmbH"})
        self.patch(f"/accounts/{self.account_id}", {"address": ADDRESS | {"city": "Bonn"}}, version=2)
        self.assertEqual(self.get(f"/invoices/{invoice['id']}").body, invoice)

    def test_names_every_missing_field_and_uses_no_number(self) -> None:
        nobody = self.register(complete=False)
        invoice = self.draft(nobody, lines=[])
        refused = self.finalize(invoice)
        self.assertEqual(refused.status, 422)
        self.assertEqual([error["field"] for error in refused.body["errors"]], ["buyer.address", "lines"])
        self.assertEqual((self.get(f"/invoices/{invoice['id']}").body["state"], self.numbers()), ("draft", []))

    def test_needs_a_seller(self) -> None:
        self.table.delete_all([("SELLER", "SELLER")])
        refused = self.finalize(self.draft(self.account_id))
        self.assertEqual([error["field"] for error in refused.body["errors"]], ["seller"])

    def test_takes_what_the_account_has_got_since_the_draft(self) -> None:
        late = self.register(complete=False)
        invoice = self.draft(late)
        self.patch(f"/accounts/{late}", {"address": ADDRESS}, version=1)
        self.assertEqual(self.finalize(invoice).body["buyer"]["address"], ADDRESS)

    def test_takes_the_account_as_it_is_now_and_not_as_the_draft_knew_it(self) -> None:
        invoice = self.draft(self.account_id)
        moved = {"address": ADDRESS | {"city": "Bonn"}, "payment_terms": {"net_days": 7}}
        self.patch(f"/accounts/{self.account_id}", moved, version=2)
        issued = self.finalize(invoice).body
        self.assertEqual(issued["buyer"]["address"]["city"], "Bonn")
        self.assertEqual(issued["due_date"], f"{now().date() + timedelta(days=7)}")
        self.assertEqual(self.numbers(), ["INV-000001"])

    def test_again_is_refused_but_repeated_with_its_key_is_answered(self) -> None:
        invoice = self.draft(self.account_id)
        first, again = (self.finalize(invoice, key="once") for _ in range(2))
        self.assertEqual((first.status, again.status, again.body), (200, 200, first.body))
        refused = self.finalize(invoice)
        self.assertEqual((refused.status, refused.body["code"], refused.body["state"]), (409, "not_a_draft", "open"))
        self.assertEqual(self.patch(f"/invoices/{invoice['id']}", {"lines": []}, version=2).status, 409)
        self.assertEqual(self.numbers(), ["INV-000001"])

    def test_needs_neither_a_body_nor_a_key(self) -> None:
        invoice = self.draft(self.account_id)
        reply = self.call(commands.api, "POST", f"/invoices/{invoice['id']}/finalize", key="")
        self.assertEqual((reply.status, reply.body["number"]), (200, "INV-000001"))

    def test_dates_follow_the_order_of_numbers(self) -> None:
        tomorrow = now().date() + timedelta(days=1)
        self.assertEqual(self.finalize(self.draft(self.account_id), {"issue_date": f"{tomorrow}"}).status, 200)
        refused = self.finalize(self.draft(self.account_id), {"issue_date": f"{now().date()}"})
        self.assertEqual((refused.status, refused.body["code"]), (409, "issue_date_out_of_order"))
        self.assertEqual(refused.body["last_issue_date"], f"{tomorrow}")
        self.assertEqual(self.finalize(self.draft(self.account_id)).body["issue_date"], f"{tomorrow}")
        far = self.finalize(self.draft(self.account_id), {"issue_date": "2999-01-01"})
        self.assertEqual((far.status, far.body["errors"][0]["field"]), (422, "issue_date"))

    def test_series_count_apart(self) -> None:
        self.put("/series/SHOP", {"prefix": "SHOP-", "digits": 3})
        self.issue(self.account_id)
        shop = self.finalize(self.draft(self.account_id), {"series": "SHOP"}).body
        self.assertEqual((shop["number"], shop["series"]), ("SHOP-001", "SHOP"))
        self.assertEqual(self.finalize(self.draft(self.account_id), {"series": "NONE"}).status, 404)

    def test_an_invoice_over_nothing_is_paid_at_once(self) -> None:
        issued = self.issue(self.account_id, line(unit_price="0"))
        self.assertEqual((issued["state"], len(self.events("InvoicePaid"))), ("paid", 1))

    def test_unknown_invoices_are_not_found(self) -> None:
        self.assertEqual(self.finalize({"id": new_id("inv")}).status, 404)


class RacesForANumber(FinalizingTest):
    def test_whoever_loses_the_counter_gets_the_next_number(self) -> None:
        mine, *others = (self.draft(self.account_id) for _ in range(3))
        # The finalization that comes between reads as well, and finds the other one in its own way.
        with meanwhile("finalizable", *(partial(self.finalize, one) for one in others)):
            reply = self.finalize(mine)
        self.assertEqual((reply.status, reply.body["number"]), (200, "INV-000003"))
        self.assertEqual(self.numbers(), ["INV-000001", "INV-000002", "INV-000003"])

    def test_a_draft_that_is_changed_meanwhile_is_finalized_as_changed(self) -> None:
        invoice = self.draft(self.account_id)
        change = {"lines": [line(unit_price="7.00")]}
        with meanwhile("finalizable", lambda: self.patch(f"/invoices/{invoice['id']}", change, version=1)):
            reply = self.finalize(invoice)
        self.assertEqual(reply.body["totals"]["tax_exclusive"], "7.00")

    def test_two_who_finalize_one_draft_use_one_number(self) -> None:
        invoice = self.draft(self.account_id)
        with meanwhile("finalizable", lambda: self.finalize(invoice)):
            self.assertEqual(self.finalize(invoice).status, 409)
        self.assertEqual(self.numbers(), ["INV-000001"])

    def test_the_same_request_sent_twice_at_once_gets_one_answer(self) -> None:
        invoice = self.draft(self.account_id)
        first: list[Any] = []
        with meanwhile("finalizable", lambda: first.append(self.finalize(invoice, key="once"))):
            second = self.finalize(invoice, key="once")
        self.assertEqual((second.status, second.body), (200, first[0].body))
        self.assertEqual(self.numbers(), ["INV-000001"])

    def test_an_address_that_changes_meanwhile_is_the_one_on_the_invoice(self) -> None:
        invoice, moved = self.draft(self.account_id), {"address": ADDRESS | {"city": "Bonn"}}
        with meanwhile("finalizable", lambda: self.patch(f"/accounts/{self.account_id}", moved, version=2)):
            self.assertEqual(self.finalize(invoice).body["buyer"]["address"]["city"], "Bonn")

    def test_a_lost_answer_is_no_lost_number(self) -> None:
        invoice = self.draft(self.account_id)
        with lost_answer(self.table.client):
            reply = self.finalize(invoice)
        self.assertEqual((reply.status, reply.body["number"]), (200, "INV-000001"))
        self.assertEqual(self.get(f"/invoices/{invoice['id']}").body, reply.body)
        self.assertEqual(self.issue(self.account_id)["number"], "INV-000002")
