"""Drafting and previewing invoices, through the API."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from backoffice.ids import new_id
from invoicing.handlers import commands, queries
from tests.company import SELLER, CompanyTest, line, ticket_solved, time_entry

CASES = json.loads((Path(__file__).parent / "data" / "en16931-cases.json").read_text())


class Previewing(CompanyTest):
    def preview(self, body: dict[str, Any], key: str = "") -> Any:
        return self.call(queries.api, "POST", "/invoices/preview", body, key=key)

    def test_reproduces_every_official_case(self) -> None:
        for case in CASES:
            with self.subTest(case["source"]):
                lines = [{name: part for name, part in one.items() if name != "net"} for one in case["lines"]]
                asked = {name: case[name] for name in ("currency", "document_allowances")}
                reply = self.preview(asked | {"lines": lines})
                self.assertEqual(reply.status, 200)
                nets, expected_nets = ([Decimal(one["net"]) for one in of["lines"]] for of in (reply.body, case))
                self.assertEqual(nets, expected_nets)
                for name, expected in case["totals"].items():
                    if name != "taxes":
                        self.assertEqual(Decimal(reply.body["totals"][name]), Decimal(expected), name)
                self.assertEqual(_by_tax(reply.body["totals"]["taxes"]), _by_tax(case["totals"]["taxes"]))
        self.assertEqual(self.calls, [])

    def test_gives_the_same_totals_as_a_draft_with_exactly_the_currencys_decimals(self) -> None:
        allowance = {"amount": "5", "charge": False, "reason": "Loyalty", "tax": {"category": "S", "rate": "19"}}
        body = {"account_id": self.register(), "currency": "EUR", "lines": [line()], "document_allowances": [allowance]}
        reply = self.preview(body)
        self.assertEqual(reply.body["totals"], self.post("/invoices", body).body["totals"])
        self.assertEqual(reply.body["document_allowances"], [allowance | {"amount": "5.00"}])
        self.assertEqual(reply.body["totals"]["tax_inclusive"], "113.05")
        self.assertEqual(reply.body["totals"]["remaining"], "113.05")

    def test_knows_currencies_without_and_with_three_decimals(self) -> None:
        untaxed = line(unit_price="10.4567", tax={"category": "Z", "rate": "0"})
        for currency, expected in [("JPY", "10"), ("KWD", "10.457"), ("CLF", "10.4567")]:
            reply = self.preview({"currency": currency, "lines": [untaxed]})
            self.assertEqual(reply.body["totals"]["tax_inclusive"], expected)

    def test_needs_an_account_that_exists_if_any(self) -> None:
        self.assertEqual(self.preview({"currency": "EUR", "account_id": new_id("cus")}).status, 404)

    def test_every_field_at_fault_is_named(self) -> None:
        broken = line(quantity=1, unit="hours", unit_price="1e3", tax={"category": "S"}, colour="red")
        reply = self.preview({"currency": "ECU", "lines": [line(), broken]})
        self.assertEqual(reply.status, 422)
        named = {"currency", *(f"lines.1.{name}" for name in ("quantity", "unit", "unit_price", "tax.rate", "colour"))}
        self.assertEqual({error["field"] for error in reply.body["errors"]}, named)

    def test_contradictions_are_named_by_field_too(self) -> None:
        allowance = {"amount": "0.001", "charge": True}
        reply = self.preview({"currency": "EUR", "lines": [line(base_quantity="0", allowances=[allowance])]})
        fields = [error["field"] for error in reply.body["errors"]]
        self.assertEqual(fields, ["lines.0.base_quantity", "lines.0.allowances.0.amount"])

    def test_sums_beyond_measure_are_refused(self) -> None:
        reply = self.preview({"currency": "EUR", "lines": [line(quantity="9" * 12, unit_price="9" * 12)]})
        self.assertEqual(reply.status, 422)


class Drafting(CompanyTest):
    def test_answers_the_invoice_and_tells(self) -> None:
        account_id = self.register()
        reply = self.post("/invoices", {"account_id": account_id, "currency": "EUR", "lines": [line()]})
        self.assertEqual((reply.status, reply.headers["ETag"]), (201, '"1"'))
        self.assertEqual((reply.body["state"], reply.body["number"], reply.body["origin"]), ("draft", None, "manual"))
        self.assertEqual(reply.body["lines"][0]["net"], "100.00")
        self.assertEqual(self.get(reply.headers["Location"]).body, reply.body)
        (event,) = self.events("InvoiceDrafted")
        self.assertEqual((event["aggregate_id"], event["data"]["origin"]), (reply.body["id"], "manual"))

    def test_needs_an_account_that_exists(self) -> None:
        reply = self.post("/invoices", {"account_id": new_id("cus"), "currency": "EUR"})
        self.assertEqual((reply.status, reply.body["code"]), (404, "account_not_found"))

    def test_the_same_key_gives_the_same_draft(self) -> None:
        body = {"account_id": self.register(), "currency": "EUR", "lines": [line()]}
        first, again = (self.post("/invoices", body, key="once") for _ in range(2))
        self.assertEqual(first.body, again.body)
        self.assertEqual(len(self.get("/invoices").body["items"]), 1)
        self.assertEqual(self.post("/invoices", body | {"currency": "USD"}, key="once").status, 422)
        self.assertEqual(self.post("/invoices", body, key="").status, 400)

    def test_a_line_cannot_claim_billable_time(self) -> None:
        claim = line(time_entry_id=new_id("tme"))
        reply = self.post("/invoices", {"account_id": self.register(), "currency": "EUR", "lines": [claim]})
        self.assertEqual((reply.status, reply.body["errors"][0]["field"]), (422, "lines.0.time_entry_id"))


class ChangingADraft(CompanyTest):
    def test_replaces_what_is_sent_and_keeps_the_rest(self) -> None:
        invoice = self.draft(self.register(), terms={"net_days": 10})
        reply = self.patch(f"/invoices/{invoice['id']}", {"lines": [line(quantity="2")]}, version=1)
        self.assertEqual((reply.status, reply.headers["ETag"]), (200, '"2"'))
        self.assertEqual(reply.body["totals"]["tax_inclusive"], "238.00")
        self.assertEqual(reply.body["terms"]["net_days"], 10)
        self.assertEqual(self.get(f"/invoices/{invoice['id']}").body, reply.body)
        self.assertIsNone(self.patch(f"/invoices/{invoice['id']}", {"terms": None}, version=2).body["terms"])

    def test_is_refused_to_whoever_has_not_seen_the_latest(self) -> None:
        path = f"/invoices/{self.draft(self.register())['id']}"
        self.assertEqual(self.patch(path, {"lines": []}, version=2).status, 412)
        self.assertEqual(self.call(commands.api, "PATCH", path, {"lines": []}).status, 428)
        self.assertEqual(self.patch(path, {}, version=1).status, 422)
        self.assertEqual(self.patch(path, {"account_id": new_id("cus")}, version=1).status, 422)

    def test_unknown_invoices_and_ids_of_another_kind_are_not_found(self) -> None:
        for id in (new_id("inv"), new_id("pay"), "inv_1"):
            self.assertEqual(self.patch(f"/invoices/{id}", {"lines": []}, version=1).status, 404)


class DeletingADraft(CompanyTest):
    def delete(self, invoice_id: str) -> Any:
        return self.call(commands.api, "DELETE", f"/invoices/{invoice_id}")

    def test_leaves_nothing(self) -> None:
        invoice = self.draft(self.register())
        self.assertEqual((self.delete(invoice["id"]).status, self.delete(invoice["id"]).status), (204, 404))
        self.assertEqual(self.get("/invoices").body["items"], [])

    def test_never_loses_billable_time(self) -> None:
        self.put("/rates/consulting", {"description": "C", "unit_price": "60", "currency": "EUR", "tax": _ZERO})
        entry = time_entry()
        self.deliver_to_inbox(ticket_solved(self.register(), entry))
        (invoice,) = self.get("/invoices").body["items"]
        refused = self.delete(invoice["id"])
        self.assertEqual((refused.status, refused.body["code"]), (409, "holds_billable_time"))
        lost = self.patch(f"/invoices/{invoice['id']}", {"lines": []}, version=1)
        self.assertEqual((lost.status, lost.body["time_entries"]), (409, [entry["time_entry_id"]]))
        given_away = line(unit_price="0", time_entry_id=entry["time_entry_id"])
        free = self.patch(f"/invoices/{invoice['id']}", {"lines": [given_away]}, version=1)
        self.assertEqual((free.status, free.body["totals"]["tax_inclusive"]), (200, "0.00"))
        self.assertEqual(free.body["lines"][0]["ticket_id"], invoice["lines"][0]["ticket_id"])


class ListingInvoices(CompanyTest):
    def ids(self, **query: str) -> list[str]:
        return [one["id"] for one in self.get("/invoices", **query).body["items"]]

    def test_by_account_by_state_by_both_and_all(self) -> None:
        self.put("/seller", SELLER)
        ann, bob = self.register(), self.register()
        late = self.issue(ann, terms={"net_days": 60})["id"]
        soon = self.issue(bob, terms={"net_days": 5})["id"]
        draft = self.draft(ann)["id"]
        self.assertEqual(self.ids(), [draft, soon, late])
        self.assertEqual(self.ids(account_id=ann), [draft, late])
        self.assertEqual(self.ids(account_id=ann, state="open"), [late])
        self.assertEqual(self.ids(state="draft"), [draft])
        self.assertEqual(self.ids(state="open"), [soon, late], "the first due comes first")
        self.assertEqual(self.get("/invoices", state="finished").status, 422)

    def test_page_by_page_with_a_cursor_of_their_own(self) -> None:
        account_id = self.register()
        drafts = [self.draft(account_id)["id"] for _ in range(3)]
        first = self.get("/invoices", limit="2").body
        rest = self.get("/invoices", limit="2", cursor=first["next_cursor"]).body
        self.assertEqual([one["id"] for one in first["items"] + rest["items"]], drafts[::-1])
        self.assertIsNone(rest["next_cursor"])
        self.assertEqual(self.get("/payments", cursor=first["next_cursor"]).status, 400)


def _by_tax(taxes: list[dict[str, str]]) -> dict[tuple[str, Decimal], tuple[Decimal, Decimal]]:
    return {(t["category"], Decimal(t["rate"])): (Decimal(t["base"]), Decimal(t["amount"])) for t in taxes}


_ZERO = {"category": "Z", "rate": "0"}
