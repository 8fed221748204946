import unittest
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.domain import Invalid, RuleBroken
from invoicing.domain.allocations import Intent
from invoicing.domain.invoice import Invoice, State
from invoicing.domain.lines import Content, TimeEntry
from invoicing.domain.money import ZERO
from invoicing.domain.numbering import Series
from invoicing.domain.payments import Payment
from invoicing.domain.seller import is_iban
from invoicing.domain.taxes import Tax
from invoicing.domain.terms import Terms
from tests.business import NOON, SELLER, account, draft, line, rate, worked

TODAY = NOON.date()


def issued(*lines: Any, **changes: Any) -> Invoice:
    invoice = draft(*(lines or [line()]), **changes)
    invoice.finalize(SELLER, Series.default(), None, NOON)
    return invoice


def payment(invoice: Invoice, amount: str, **changes: Any) -> Payment:
    details = {
        "account_id": invoice.account_id,
        "amount": Decimal(amount),
        "currency": invoice.currency,
        "external_ref": "ref-1",
        "received_on": None,
        "invoice_id": invoice.id,
    }
    return Payment.received("pay_1", details | changes, NOON)


def pay(invoice: Invoice, one: Payment) -> None:
    one.record_receipt([(invoice, Intent(invoice.id))])


class RuleTest(unittest.TestCase):
    def assert_broken(self, code: str, action: Any, *arguments: Any) -> RuleBroken:
        with self.assertRaises(RuleBroken) as broken:
            action(*arguments)
        self.assertEqual(broken.exception.code, code)
        return broken.exception

    def assert_invalid(self, fields: list[str], action: Any, *arguments: Any) -> None:
        with self.assertRaises(Invalid) as refused:
            action(*arguments)
        self.assertEqual([error.field for error in refused.exception.errors], fields)


class Finalizing(RuleTest):
    def test_gives_number_dates_and_parties_and_tells(self) -> None:
        invoice = issued()
        self.assertEqual(invoice.state, State.OPEN)
        assert invoice.issue is not None
        self.assertEqual((invoice.issue.number, invoice.issue.series), ("INV-000001", "INV"))
        self.assertEqual((invoice.issue.issue_date, invoice.issue.due_date), (TODAY, TODAY + timedelta(days=30)))
        self.assertEqual((invoice.issue.seller, invoice.issue.buyer), (SELLER.details, invoice.buyer))
        self.assertEqual([fact.type for fact in invoice.facts], ["InvoiceDrafted", "InvoiceIssued"])
        self.assertEqual(invoice.facts[-1].data["tax_inclusive"], "119.00")

    def test_names_everything_that_is_missing_and_uses_no_number(self) -> None:
        nobody = draft(of=account(name=None, address=None))
        series = Series.default()
        self.assert_invalid(
            ["buyer.name", "buyer.address", "seller", "lines"], nobody.finalize, None, series, None, NOON
        )
        self.assertEqual((nobody.state, series.next_number), (State.DRAFT, 1))

    def test_a_company_needs_no_personal_name(self) -> None:
        self.assertEqual(issued(of=account(name=None, company="Smith Ltd")).state, State.OPEN)

    def test_a_reverse_charge_names_the_buyers_vat_id(self) -> None:
        reverse = line(tax=Tax("AE", ZERO))
        invoice = draft(reverse)
        self.assert_invalid(["buyer.vat_id"], invoice.finalize, SELLER, Series.default(), None, NOON)
        self.assertEqual(issued(reverse, of=account(vat_id="FR12345678901")).state, State.OPEN)

    def test_a_negative_sum_is_no_invoice(self) -> None:
        invoice = draft(line("-1"))
        self.assert_broken("negative_total", invoice.finalize, SELLER, Series.default(), None, NOON)

    def test_an_invoice_over_nothing_is_paid_at_once(self) -> None:
        invoice = issued(line(unit_price="0"))
        self.assertEqual(invoice.state, State.PAID)
        self.assertEqual([fact.type for fact in invoice.facts][1:], ["InvoiceIssued", "InvoicePaid"])

    def test_happens_once_and_then_the_content_stands(self) -> None:
        invoice = issued()
        before = invoice.content, invoice.totals
        self.assert_broken("not_a_draft", invoice.finalize, SELLER, Series.default(), None, NOON)
        self.assert_broken("not_a_draft", invoice.revise, Content(), None)
        self.assert_broken("not_a_draft", invoice.bill_time, worked(60), rate(), NOON)
        self.assert_broken("not_a_draft", invoice.must_be_deletable)
        self.assertEqual((invoice.content, invoice.totals), before)

    def test_a_date_of_the_past_is_fine_in_order_and_the_far_future_is_not(self) -> None:
        invoice = draft(line())
        self.assert_invalid(["issue_date"], invoice.finalize, SELLER, Series.default(), TODAY + timedelta(days=2), NOON)
        invoice.finalize(SELLER, Series.default(), TODAY - timedelta(days=9), NOON)
        self.assertEqual(invoice.state, State.OPEN)

    def test_without_a_date_it_never_stands_before_the_last_one_of_its_series(self) -> None:
        tomorrow = TODAY + timedelta(days=1)
        invoice = draft(line())
        invoice.finalize(SELLER, replace(Series.default(), last_issue_date=tomorrow), None, NOON)
        assert invoice.issue is not None
        self.assertEqual(invoice.issue.issue_date, tomorrow)

    def test_terms_of_the_invoice_go_before_those_of_the_account(self) -> None:
        invoice = draft(line(), of=account(terms=Terms(net_days=60)))
        invoice.revise(invoice.content, Terms(net_days=7))
        invoice.finalize(SELLER, Series.default(), None, NOON)
        assert invoice.issue is not None
        self.assertEqual(invoice.issue.due_date, TODAY + timedelta(days=7))

    def test_end_of_month_terms_move_on_to_its_last_day(self) -> None:
        self.assertEqual(Terms(14, end_of_month=True).due_date(date(2028, 1, 31)), date(2028, 2, 29))

    def test_overdue_begins_the_day_after_the_due_date(self) -> None:
        invoice = issued()
        due = TODAY + timedelta(days=30)
        self.assertEqual((invoice.overdue(due), invoice.overdue(due + timedelta(days=1))), (False, True))


class BillableTimeOnADraft(RuleTest):
    def setUp(self) -> None:
        self.invoice = draft()
        self.entries = [worked(60), worked(20)]
        for entry in self.entries:
            self.invoice.bill_time(entry, rate(), NOON)

    def kept(self, *positions: int, **changes: Any) -> Content:
        """The lines at these positions, as a client sends them: with the entry's id alone."""
        lines = [self.invoice.content.lines[position] for position in positions]
        ids = [one.time_entry.time_entry_id for one in lines if one.time_entry]
        return Content(
            tuple(replace(a, time_entry=TimeEntry(b, ""), **changes) for a, b in zip(lines, ids, strict=True))
        )

    def test_may_be_reordered_and_given_away(self) -> None:
        self.invoice.revise(self.kept(1, 0, unit_price=ZERO), None)
        self.assertEqual(self.invoice.totals.tax_inclusive, ZERO)
        self.assertEqual(self.invoice.content.time_entries, [e.time_entry for e in reversed(self.entries)])

    def test_is_never_lost_or_doubled_by_a_change(self) -> None:
        for content in (Content(), self.kept(0), self.kept(0, 1, 1)):
            broken = self.assert_broken("billable_time_lost", self.invoice.revise, content, None)
            self.assertEqual(broken.extra["time_entries"], [e.time_entry.time_entry_id for e in self.entries])

    def test_of_another_draft_cannot_be_claimed(self) -> None:
        stranger = Content((line(time_entry=TimeEntry("tme_of_another", "")),))
        self.assert_invalid(["lines.0.time_entry_id"], self.invoice.revise, stranger, None)

    def test_keeps_its_draft_from_being_deleted(self) -> None:
        self.assert_broken("holds_billable_time", self.invoice.must_be_deletable)
        draft(line()).must_be_deletable()


class Paying(RuleTest):
    def test_in_part_and_then_in_full(self) -> None:
        invoice = issued()
        pay(invoice, payment(invoice, "19.00"))
        self.assertEqual((invoice.state, invoice.remaining, invoice.partially_paid), (State.OPEN, 100, True))
        pay(invoice, payment(invoice, "100.00"))
        self.assertEqual((invoice.state, invoice.remaining, invoice.partially_paid), (State.PAID, 0, False))
        self.assertEqual([fact.type for fact in invoice.facts][2:], ["InvoicePaid"])

    def test_too_much_leaves_the_rest_unapplied(self) -> None:
        invoice = issued()
        much = payment(invoice, "200.00")
        pay(invoice, much)
        self.assertEqual((much.allocated, much.unapplied), (Decimal("119.00"), Decimal("81.00")))

    def test_a_paid_invoice_takes_nothing_more(self) -> None:
        invoice = issued()
        pay(invoice, payment(invoice, "119.00"))
        again = payment(invoice, "119.00")
        pay(invoice, again)
        self.assertEqual((again.unapplied, again.allocations), (Decimal("119.00"), ()))
        self.assertEqual([fact.type for fact in invoice.facts].count("InvoicePaid"), 1)

    def test_nobody_owes_a_draft_or_a_void_invoice(self) -> None:
        one, void = draft(line()), issued()
        void.state = State.VOID
        self.assert_broken("not_payable", pay, one, payment(one, "1.00"))
        self.assert_broken("not_payable", pay, void, payment(void, "1.00"))

    def test_account_and_currency_must_be_those_of_the_invoice(self) -> None:
        invoice = issued()
        other = payment(invoice, "1.00", account_id="cus_other", currency="USD")
        self.assert_invalid(["invoice_id", "amount.currency"], pay, invoice, other)

    def test_amount_and_day_must_make_sense(self) -> None:
        invoice = issued()
        for amount in ("0.00", "-1.00", "0.001"):
            self.assert_invalid(["amount.amount"], payment, invoice, amount)
        with self.assertRaises(Invalid):
            payment(invoice, "1.00", received_on=TODAY + timedelta(days=2))

    def test_tells_what_it_pays(self) -> None:
        invoice = issued()
        one = payment(invoice, "20.00")
        pay(invoice, one)
        due_date = invoice.issued.due_date.isoformat()
        told = {"invoice_id": invoice.id, "amount": "20.00", "due_date": due_date, "written_off": "0.00"}
        self.assertEqual(one.facts[0].data["allocations"], [told])

    @given(st.lists(st.integers(1, 20_000), max_size=12), st.integers(0, 99_999))
    @settings(max_examples=100, deadline=None, derandomize=True)
    def test_whatever_comes_in_the_sums_agree(self, cents: list[int], price: int) -> None:
        invoice = issued(line(unit_price=str(Decimal(price) / 100)))
        allocated = ZERO
        for paid in cents:
            one = payment(invoice, str(Decimal(paid) / 100))
            pay(invoice, one)
            allocated += one.allocated
            self.assertEqual(one.allocated + one.unapplied, one.amount)
            self.assertGreaterEqual(one.unapplied, 0)
        totals = invoice.totals
        self.assertEqual(invoice.paid, allocated)
        self.assertEqual(invoice.paid + invoice.credited + invoice.remaining, totals.tax_inclusive)
        self.assertGreaterEqual(invoice.remaining, 0)
        self.assertEqual(invoice.state is State.PAID, invoice.remaining == 0)
        self.assertEqual([fact.type for fact in invoice.facts].count("InvoicePaid"), int(invoice.remaining == 0))


class BankAccounts(unittest.TestCase):
    def test_an_iban_is_told_from_a_mistyped_one(self) -> None:
        self.assertTrue(is_iban("DE89370400440532013000"))
        self.assertTrue(is_iban("GB82WEST12345698765432"))
        for wrong in ("DE89370400440532013001", "DE8937040044053201300", "", "12345", "DE8937040044053201300Ä"):
            self.assertFalse(is_iban(wrong), wrong)


class Timestamps(unittest.TestCase):
    def test_a_fact_says_when_in_utc(self) -> None:
        invoice = issued()
        self.assertEqual(invoice.facts[-1].data["issued_at"], "2026-11-23T12:00:00.000Z")
        self.assertEqual(invoice.facts[-1].occurred_at, datetime(2026, 11, 23, 12, tzinfo=UTC))
