"""The arithmetic and the taxes of EN 16931, through the preview: what the official examples do not show."""

from decimal import Decimal
from typing import Any

from backoffice.currencies import MINOR_UNITS
from invoicing.handlers import queries
from tests.company import ADDRESS, SELLER, STANDARD_TAX, CompanyTest, line

REDUCED_TAX = {"category": "S", "rate": "7"}


class PreviewTest(CompanyTest):
    def preview(self, *lines: Any, currency: str = "EUR", **more: Any) -> Any:
        body = {"currency": currency, "lines": list(lines)} | more
        return self.call(queries.api, "POST", "/invoices/preview", body)

    def assert_refused(self, reply: Any, *fields: str) -> None:
        self.assertEqual((reply.status, [error["field"] for error in reply.body["errors"]]), (422, list(fields)))


class Rounding(PreviewTest):
    def test_half_a_minor_unit_goes_away_from_zero_in_every_currency(self) -> None:
        untaxed = {"category": "Z", "rate": "0"}
        for currency, digits in MINOR_UNITS.items():
            half = Decimal(5).scaleb(-digits - 1)
            unit = f"{Decimal(1).scaleb(-digits):f}"
            up, down = (line(quantity=q, unit_price=f"{half:f}", tax=untaxed) for q in ("1", "-1"))
            totals = self.preview(up, currency=currency).body["totals"]
            self.assertEqual((totals["lines"], totals["payable"]), (unit, unit), currency)
            self.assertEqual(self.preview(down, currency=currency).body["totals"]["lines"], f"-{unit}", currency)

    def test_a_line_is_rounded_once_and_tax_once_on_its_base(self) -> None:
        thirds = [line(quantity="1", unit_price="10.005", base_quantity="3") for _ in range(3)]
        totals = self.preview(*thirds).body["totals"]
        self.assertEqual((totals["lines"], totals["tax"], totals["tax_inclusive"]), ("10.02", "1.90", "11.92"))

    def test_unit_prices_may_have_ten_decimals_and_come_back_as_given(self) -> None:
        reply = self.preview(line(quantity="3000000", unit_price="0.0000012345")).body
        self.assertEqual((reply["lines"][0]["unit_price"], reply["lines"][0]["net"]), ("0.0000012345", "3.70"))

    def test_of_an_amount_that_is_to_be_paid_is_told_apart_from_the_sums(self) -> None:
        totals = self.preview(line(unit_price="99.99"), rounding="0.01", prepaid="20.00").body["totals"]
        self.assertEqual((totals["tax_inclusive"], totals["rounding"], totals["prepaid"]), ("118.99", "0.01", "20.00"))
        self.assertEqual((totals["payable"], totals["remaining"]), ("99.00", "99.00"))
        self.assert_refused(self.preview(line(), rounding="0.001", prepaid="0.001"), "rounding", "prepaid")

    def test_a_line_of_nothing_and_one_that_is_taken_back(self) -> None:
        totals = self.preview(line(quantity="0"), line(quantity="-2"), line(quantity="5")).body["totals"]
        self.assertEqual((totals["lines"], totals["tax_inclusive"]), ("300.00", "357.00"))


class Allowances(PreviewTest):
    def test_of_a_line_may_be_a_percentage_of_its_price(self) -> None:
        loyal = {"percentage": "12.5", "charge": False, "reason": "Loyalty"}
        (one,) = self.preview(line(quantity="3", unit_price="33.33", allowances=[loyal])).body["lines"]
        self.assertEqual(one["allowances"], [loyal | {"amount": "12.50", "base": "99.99"}])
        self.assertEqual(one["net"], "87.49")

    def test_of_the_document_is_a_percentage_of_the_lines_under_its_tax(self) -> None:
        discount = {"percentage": "10", "charge": False, "tax": STANDARD_TAX}
        freight = {"amount": "5.00", "charge": True, "tax": REDUCED_TAX}
        reply = self.preview(line(), line(tax=REDUCED_TAX), document_allowances=[discount, freight]).body
        self.assertEqual(reply["document_allowances"][0]["base"], "100.00")
        taxes = {tax["rate"]: (tax["base"], tax["amount"]) for tax in reply["totals"]["taxes"]}
        self.assertEqual(taxes, {"19": ("90.00", "17.10"), "7": ("105.00", "7.35")})
        self.assertEqual((reply["totals"]["allowances"], reply["totals"]["charges"]), ("10.00", "5.00"))

    def test_a_percentage_follows_the_lines_of_a_draft(self) -> None:
        discount = {"percentage": "10", "charge": False, "tax": STANDARD_TAX}
        invoice = self.draft(self.register(), document_allowances=[discount])
        change = {"lines": [line(quantity="5")]}
        changed = self.patch(f"/invoices/{invoice['id']}", change, version=1).body
        self.assertEqual(changed["document_allowances"][0]["amount"], "50.00")

    def test_that_are_not_the_percentage_they_are_said_to_be_are_refused(self) -> None:
        wrong = {"amount": "11.00", "percentage": "10", "base": "100.00", "charge": False}
        self.assert_refused(self.preview(line(allowances=[wrong])), "lines.0.allowances.0.amount")
        slack = wrong | {"amount": "10.02"}
        self.assertEqual(self.preview(line(allowances=[slack])).body["lines"][0]["net"], "89.98")
        aimless = {"amount": "10.00", "base": "100.00", "charge": False}
        self.assert_refused(self.preview(line(allowances=[aimless])), "lines.0.allowances.0.percentage")
        self.assert_refused(self.preview(line(allowances=[{"charge": True}])), "lines.0.allowances.0.amount")

    def test_a_gross_price_tells_of_a_discount_and_changes_no_sum(self) -> None:
        (one,) = self.preview(line(unit_price="90.00", gross_price="100.00")).body["lines"]
        self.assertEqual((one["net"], one["gross_price"]), ("90.00", "100.00"))
        self.assert_refused(self.preview(line(unit_price="90.00", gross_price="80.00")), "lines.0.gross_price")


class Taxes(PreviewTest):
    def test_an_exempt_category_needs_no_rate_and_says_why(self) -> None:
        for category, reason in [
            ("E", "Exempt from VAT"),
            ("AE", "Reverse charge"),
            ("K", "Intra-Community supply"),
            ("G", "Export outside the EU"),
            ("O", "Not subject to VAT"),
        ]:
            (tax,) = self.preview(line(tax={"category": category})).body["totals"]["taxes"]
            self.assertEqual((tax["rate"], tax["amount"], tax["reason"]), ("0", "0.00", reason))
        self.assertIsNone(self.preview(line(tax={"category": "Z"})).body["totals"]["taxes"][0]["reason"])
        self.assert_refused(self.preview(line(tax={"category": "S"})), "lines.0.tax.rate")

    def test_reasons_that_are_given_are_all_told(self) -> None:
        given = [line(tax={"category": "E", "reason": reason}) for reason in ("Art. 132", "Art. 135", "Art. 132")]
        (tax,) = self.preview(*given).body["totals"]["taxes"]
        self.assertEqual((tax["reason"], tax["base"]), ("Art. 132; Art. 135", "300.00"))
        taxed = line(tax=STANDARD_TAX | {"reason": "because"})
        self.assert_refused(self.preview(taxed), "lines.0.tax.reason")

    def test_what_is_not_subject_to_vat_stands_alone(self) -> None:
        mixed = self.preview(line(), line(tax={"category": "O"}))
        self.assert_refused(mixed, "lines.1.tax.category")
        charge = {"amount": "1.00", "charge": True, "tax": {"category": "O"}}
        self.assert_refused(self.preview(line(), document_allowances=[charge]), "document_allowances.0.tax.category")

    def test_split_payment_excludes_the_standard_rate(self) -> None:
        split = line(tax={"category": "B", "rate": "22"})
        self.assertEqual(self.preview(split).body["totals"]["tax"], "22.00")
        self.assert_refused(self.preview(line(), split), "lines.1.tax.category")

    def test_several_rates_stand_side_by_side(self) -> None:
        reply = self.preview(line(), line(tax=REDUCED_TAX), line(tax={"category": "Z"}), line(tax={"category": "E"}))
        totals = reply.body["totals"]
        self.assertEqual([tax["base"] for tax in totals["taxes"]], ["100.00"] * 4)
        self.assertEqual(
            (totals["tax_exclusive"], totals["tax"], totals["tax_inclusive"]), ("400.00", "26.00", "426.00")
        )


class WhatFinalizingDemands(CompanyTest):
    def test_a_supply_without_the_buyers_vat_id_is_refused_where_the_tax_needs_it(self) -> None:
        self.put("/seller", SELLER)
        account_id = self.register()
        for category in ("AE", "K"):
            invoice = self.draft(account_id, line(tax={"category": category}))
            refused = self.post(f"/invoices/{invoice['id']}/finalize")
            self.assertEqual([error["field"] for error in refused.body["errors"]], ["buyer.vat_id"])
        self.patch(f"/accounts/{account_id}", {"vat_id": "FR12345678901", "address": ADDRESS}, version=2)
        issued = self.issue(account_id, line(tax={"category": "AE"}))
        self.assertEqual(issued["totals"]["taxes"][0]["reason"], "Reverse charge")

    def test_an_advance_beyond_the_sum_is_refused(self) -> None:
        self.put("/seller", SELLER)
        invoice = self.draft(self.register(), prepaid="200.00")
        refused = self.post(f"/invoices/{invoice['id']}/finalize")
        self.assertEqual([error["field"] for error in refused.body["errors"]], ["prepaid"])

    def test_references_stand_on_the_invoice_for_good(self) -> None:
        self.put("/seller", SELLER)
        wanted = {
            "buyer_reference": "04011000-1",
            "order_reference": "PO 7",
            "note": "Thanks",
            "delivery_date": "2026-11-02",
        }
        issued = self.issue(self.register(), **wanted)
        self.assertEqual({name: issued[name] for name in wanted}, wanted)
        self.assertEqual(self.get(f"/invoices/{issued['id']}").body, issued)
