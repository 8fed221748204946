"""Taking invoices back, through the API and cent by cent."""

import unittest
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.domain import Invalid, RuleBroken
from backoffice.ids import new_id
from invoicing.domain.credit_notes import CreditNote, LineClaim, Wanted, credit
from invoicing.domain.invoice import Invoice, State
from invoicing.domain.lines import Allowance, Content
from invoicing.domain.numbering import Documents, Series
from invoicing.domain.taxes import Tax
from invoicing.domain.totals import total
from tests.business import NOON, SELLER, draft, line
from tests.company import SELLER as SELLER_BODY
from tests.company import CompanyTest
from tests.company import line as line_body
from tests.races import meanwhile
from tests.test_totals import contents


class CreditTest(CompanyTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("/seller", SELLER_BODY)
        self.account_id = self.register()

    def invoice(self, id: str) -> Any:
        return self.get(f"/invoices/{id}").body

    def balance(self) -> dict[str, str]:
        (balance,) = self.get(f"/accounts/{self.account_id}/balance").body["balances"]
        return {name: balance[name]["amount"] for name in ("outstanding", "unapplied", "balance")}

    def refused(self, invoice_id: str, **what: Any) -> Any:
        return self.post("/credit-notes", {"invoice_id": invoice_id, "reason": "x"} | what)


class CreditingTheWhole(CreditTest):
    def test_takes_the_invoice_back_as_it_stands(self) -> None:
        discount = {"percentage": "10", "charge": False, "tax": {"category": "S", "rate": "19"}}
        issued = self.issue(self.account_id, line_body(quantity="3"), document_allowances=[discount], rounding="0.01")
        note = self.credit(issued["id"])
        sums = ("lines", "allowances", "tax_exclusive", "taxes", "tax", "tax_inclusive", "rounding", "payable")
        self.assertEqual([note["totals"][name] for name in sums], [issued["totals"][name] for name in sums])
        self.assertEqual(
            (note["lines"], note["seller"], note["buyer"]), (issued["lines"], issued["seller"], issued["buyer"])
        )
        self.assertEqual((note["number"], note["invoice_number"]), ("CRN-000001", issued["number"]))
        after = self.invoice(issued["id"])
        self.assertEqual(
            (after["state"], after["totals"]["credited"], after["totals"]["remaining"]), ("paid", "321.31", "0.00")
        )
        self.assertEqual(after["lines"], issued["lines"])
        self.assertEqual(self.balance()["balance"], "0.00")
        self.assertEqual(self.events("CreditNoteIssued")[0]["data"]["tax_inclusive"], "321.30")
        self.assertEqual(self.get(f"/credit-notes/{note['id']}").body, note)

    def test_happens_once(self) -> None:
        issued = self.issue(self.account_id)
        self.credit(issued["id"])
        again = self.refused(issued["id"])
        self.assertEqual((again.status, again.body["code"]), (409, "fully_credited"))
        self.assertTrue(self.get("/series/CRN/audit").body["is_complete"])

    def test_sets_free_what_was_paid(self) -> None:
        issued = self.issue(self.account_id)
        first = self.pay(self.account_id, "19.00", "a", invoice_id=issued["id"]).body
        second = self.pay(self.account_id, "100.00", "b", invoice_id=issued["id"]).body
        note = self.credit(issued["id"])
        free = [(share["payment_id"], share["amount"]) for share in note["freed"]]
        self.assertEqual(free, [(second["id"], "100.00"), (first["id"], "19.00")])
        self.assertEqual(self.get(f"/payments/{second['id']}").body["unapplied"]["amount"], "100.00")
        totals = self.invoice(issued["id"])["totals"]
        self.assertEqual((totals["paid"], totals["credited"], totals["remaining"]), ("0.00", "119.00", "0.00"))
        self.assertEqual(self.balance(), {"outstanding": "0.00", "unapplied": "119.00", "balance": "-119.00"})

    def test_leaves_an_advance_to_be_returned_as_it_came(self) -> None:
        issued = self.issue(self.account_id, prepaid="50.00")
        note = self.credit(issued["id"])
        self.assertEqual((note["totals"]["tax_inclusive"], note["totals"]["payable"]), ("119.00", "69.00"))
        self.assertEqual((note["totals"]["prepaid"], self.balance()["balance"]), ("50.00", "0.00"))
        totals = self.invoice(issued["id"])["totals"]
        self.assertEqual((totals["payable"], totals["credited"], totals["remaining"]), ("69.00", "69.00", "0.00"))

    def test_of_what_was_written_off_owes_nothing_either_way(self) -> None:
        issued = self.issue(self.account_id)
        self.post(f"/invoices/{issued['id']}/mark-uncollectible")
        self.credit(issued["id"])
        self.assertEqual((self.invoice(issued["id"])["state"], self.balance()["balance"]), ("paid", "0.00"))


class CreditingLines(CreditTest):
    def setUp(self) -> None:
        super().setUp()
        lines = [line_body(quantity="3", unit_price="33.33"), line_body(unit_price="10.00")]
        self.issued = self.issue(self.account_id, *lines)

    def test_by_quantity_by_amount_or_all_that_is_left_of_it(self) -> None:
        one = self.credit(self.issued["id"], {"line_id": "1", "quantity": "1"})
        self.assertEqual((one["lines"][0]["quantity"], one["lines"][0]["net"]), ("1", "33.33"))
        self.assertEqual((one["totals"]["tax"], one["totals"]["tax_inclusive"]), ("6.33", "39.66"))
        other = self.credit(self.issued["id"], {"line_id": "1", "amount": "6.66"}, {"line_id": "2"})
        self.assertEqual([each["net"] for each in other["lines"]], ["6.66", "10.00"])
        rest = self.credit(self.issued["id"])
        self.assertEqual([(each["quantity"], each["net"]) for each in rest["lines"]], [("2", "60.00")])
        credited = sum(Decimal(note["totals"]["tax_inclusive"]) for note in (one, other, rest))
        self.assertEqual(credited, Decimal(self.issued["totals"]["tax_inclusive"]))
        self.assertEqual(self.invoice(self.issued["id"])["totals"]["remaining"], "0.00")

    def test_never_takes_more_than_is_left(self) -> None:
        self.credit(self.issued["id"], {"line_id": "1", "quantity": "2"})
        for claim, field in [
            ({"line_id": "1", "quantity": "1.001"}, "lines.0.quantity"),
            ({"line_id": "1", "quantity": "-1"}, "lines.0.quantity"),
            ({"line_id": "1", "amount": "33.34"}, "lines.0.amount"),
            ({"line_id": "1", "amount": "0.00"}, "lines.0.amount"),
            ({"line_id": "1", "amount": "1.001"}, "lines.0.amount"),
            ({"line_id": "3"}, "lines.0.line_id"),
            ({"line_id": "1", "amount": "1.00", "quantity": "1"}, "lines.0.amount"),
        ]:
            reply = self.refused(self.issued["id"], lines=[claim])
            self.assertEqual((reply.status, [error["field"] for error in reply.body["errors"]]), (422, [field]), claim)
        twice = self.refused(self.issued["id"], lines=[{"line_id": "2"}, {"line_id": "2"}])
        self.assertEqual(twice.body["errors"][0]["field"], "lines.1.line_id")
        self.assertEqual(self.get("/series/CRN").body["next_number"], 2)

    def test_lines_and_all_are_not_said_at_once(self) -> None:
        for what in ({"all": True, "lines": [{"line_id": "1"}]}, {"all": False}, {"lines": []}):
            self.assertEqual(self.refused(self.issued["id"], **what).body["errors"][0]["field"], "lines", what)

    def test_a_note_over_nothing_is_none(self) -> None:
        free = self.issue(self.account_id, line_body(unit_price="0"), line_body())
        self.assertEqual(self.refused(free["id"], lines=[{"line_id": "1"}]).body["errors"][0]["field"], "lines")


class WhatCanBeCredited(CreditTest):
    def test_neither_a_draft_nor_a_void_invoice(self) -> None:
        draft, void = self.draft(self.account_id), self.issue(self.account_id)
        self.post(f"/invoices/{void['id']}/void")
        for one in (draft, void):
            reply = self.refused(one["id"])
            self.assertEqual((reply.status, reply.body["code"]), (409, "not_creditable"))
        self.assertEqual(self.refused(new_id("inv")).status, 404)

    def test_at_no_earlier_date_than_the_invoice(self) -> None:
        issued = self.issue(self.account_id)
        self.assertEqual(self.refused(issued["id"], issue_date="2026-01-01").body["errors"][0]["field"], "issue_date")
        self.assertEqual(self.refused(issued["id"], issue_date="2999-01-01").body["errors"][0]["field"], "issue_date")

    def test_lists_by_account_by_invoice_and_all(self) -> None:
        one, two = self.issue(self.account_id), self.issue(self.account_id, line_body(quantity="2"))
        notes = [
            self.credit(one["id"]),
            self.credit(two["id"], {"line_id": "1", "quantity": "1"}),
            self.credit(two["id"]),
        ]
        ids = [note["id"] for note in reversed(notes)]
        for query, expected in [
            ({}, ids),
            ({"account_id": self.account_id}, ids),
            ({"invoice_id": two["id"]}, ids[:2]),
        ]:
            items = self.get("/credit-notes", **query).body["items"]
            self.assertEqual([item["id"] for item in items], expected)
        self.assertEqual(self.get("/credit-notes", account_id=self.account_id, invoice_id=two["id"]).status, 422)

    def test_a_lost_race_takes_the_next_number_and_what_is_left_then(self) -> None:
        issued = self.issue(self.account_id, line_body(quantity="2"))
        with meanwhile("creditable", lambda: self.credit(issued["id"], {"line_id": "1", "quantity": "1"})):
            note = self.credit(issued["id"])
        self.assertEqual((note["number"], note["totals"]["tax_inclusive"]), ("CRN-000002", "119.00"))

    def test_the_same_request_again_gets_the_first_answer(self) -> None:
        issued = self.issue(self.account_id)
        body = {"invoice_id": issued["id"], "all": True, "reason": "x"}
        first, again = (self.post("/credit-notes", body, key="once") for _ in range(2))
        self.assertEqual((again.status, again.body), (201, first.body))


def issued(content: Content, currency: str) -> Invoice | None:
    """An invoice of that content, if it can be issued: what sums up to less than nothing cannot."""
    invoice = draft(currency=currency)
    invoice.revise(content, None)
    try:
        invoice.finalize(SELLER, Series.default(), None, NOON)
    except RuleBroken:
        return None
    return invoice


def credited(invoice: Invoice, *claims: LineClaim) -> CreditNote:
    series = Series.default(Documents.CREDIT_NOTES)
    return credit(new_id("crn"), invoice, series, Wanted("x", claims or None), NOON)


class PartsAndTheWhole(unittest.TestCase):
    @given(
        st.sampled_from(["EUR", "JPY", "KWD"]).flatmap(lambda code: st.tuples(st.just(code), contents(code))),
        st.lists(st.tuples(st.integers(0, 5), st.integers(1, 100)), max_size=6),
    )
    @settings(max_examples=120, deadline=None, derandomize=True)
    def test_any_number_of_parts_sums_up_exactly_to_the_invoice(
        self, drawn: tuple[str, Content], parts: list[tuple[int, int]]
    ) -> None:
        currency, content = drawn
        invoice = issued(content, currency) if content.lines else None
        if invoice is None or invoice.state is State.PAID:
            return
        notes = []
        for position, percent in parts:
            index = position % len(content.lines)
            claim = LineClaim(str(index + 1), quantity=content.lines[index].quantity * percent / 100)
            try:
                notes.append(credited(invoice, claim))
            except (Invalid, RuleBroken):
                continue
            self.assert_sound(invoice, notes[-1])
        try:
            notes.append(credited(invoice))
            self.assert_sound(invoice, notes[-1])
        except RuleBroken as nothing_left:
            self.assertEqual(nothing_left.code, "fully_credited")
        except Invalid:
            # Where amounts of both signs meet, a part may have credited all that may be credited.
            self.assertTrue(content.document_allowances or any(one.net(currency) < 0 for one in content.lines))
            return
        for name in ("lines", "allowances", "charges", "tax_exclusive", "tax", "tax_inclusive"):
            whole = sum((getattr(note.totals, name) for note in notes), Decimal(0))
            self.assertEqual(whole, getattr(invoice.totals, name), name)
        by_tax: dict[tuple[str, Decimal], list[Decimal]] = {}
        for note in notes:
            for tax in note.totals.taxes:
                sums = by_tax.setdefault((tax.category, tax.rate), [Decimal(0), Decimal(0)])
                sums[0], sums[1] = sums[0] + tax.base, sums[1] + tax.amount
        for tax in invoice.totals.taxes:
            self.assertEqual(by_tax.get((tax.category, tax.rate), [0, 0]), [tax.base, tax.amount])
        self.assertEqual((invoice.remaining, invoice.state), (0, State.PAID))

    def assert_sound(self, invoice: Invoice, note: CreditNote) -> None:
        """The note's own figures follow from its lines; the invoice is never owed less than nothing."""
        totals, again = note.totals, total(note.content, note.currency)
        self.assertEqual((totals.lines, totals.tax_exclusive), (again.lines, again.tax_exclusive))
        bases, from_lines = ({(tax.category, tax.rate): tax.base for tax in of.taxes} for of in (totals, again))
        self.assertEqual(bases, from_lines)
        self.assertEqual(totals.tax_exclusive + totals.tax, totals.tax_inclusive)
        self.assertGreaterEqual(invoice.remaining, 0)
        self.assertEqual(invoice.paid + invoice.credited + invoice.remaining, invoice.totals.payable)

    def test_a_cent_of_tax_is_neither_lost_nor_doubled(self) -> None:
        invoice = issued(Content((line("3", "0.01", tax=Tax("S", Decimal(19))),)), "EUR")
        assert invoice is not None
        taxes = [credited(invoice, LineClaim("1", quantity=Decimal(1))).totals.tax for _ in range(3)]
        self.assertEqual(taxes, [Decimal("0.00"), Decimal("0.00"), Decimal("0.01")])

    def test_a_part_shows_its_share_of_the_lines_allowances(self) -> None:
        invoice = issued(Content((line("4", "10.00", allowances=(Allowance(Decimal("6.00")),)),)), "EUR")
        assert invoice is not None
        (shown,) = credited(invoice, LineClaim("1", quantity=Decimal(1))).content.lines
        self.assertEqual(
            (shown.unit_price, shown.allowances[0].amount, shown.net("EUR")), (10, Decimal("1.50"), Decimal("8.50"))
        )

    def test_more_than_the_invoice_is_worth_is_refused_though_each_line_has_it_left(self) -> None:
        invoice = issued(Content((line("1", "100.00"), line("-1", "90.00"))), "EUR")
        assert invoice is not None
        with self.assertRaisesRegex(Invalid, "only 11.90 is left"):
            credited(invoice, LineClaim("1"))
        self.assertEqual(credited(invoice).totals.tax_inclusive, Decimal("11.90"))
