import unittest
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.domain import RuleBroken
from invoicing.domain.billable_time import MOST_TIME_LINES, OpenDrafts
from invoicing.domain.rates import OtherCurrency, UnknownRate
from invoicing.domain.time_billing import line_for
from tests.business import NOON, account, draft, line, rate, worked
from tests.test_totals import half_away_from_zero


class PricingTime(unittest.TestCase):
    def test_hours_that_are_a_finite_decimal_are_charged_as_hours(self) -> None:
        one = line_for(worked(90), rate("120.00"))
        self.assertEqual((one.quantity, one.unit, one.base_quantity), (Decimal("1.5"), "HUR", 1))
        self.assertEqual(one.net("EUR"), Decimal("180.00"))

    def test_other_times_are_charged_in_minutes_at_the_price_of_sixty(self) -> None:
        one = line_for(worked(20), rate("120.00"))
        self.assertEqual((one.quantity, one.unit, one.base_quantity), (20, "MIN", 60))
        self.assertEqual(one.net("EUR"), Decimal("40.00"))

    def test_begun_steps_are_charged_whole(self) -> None:
        quarters = replace(rate("120.00"), step_minutes=15)
        charged = {minutes: line_for(worked(minutes), quarters).net("EUR") for minutes in (1, 15, 16, 60)}
        self.assertEqual(charged, {1: Decimal(30), 15: Decimal(30), 16: Decimal(60), 60: Decimal(120)})

    @given(st.integers(1, 1440), st.decimals("0.01", 999, places=4))
    @settings(max_examples=150, deadline=None, derandomize=True)
    def test_any_minutes_cost_exactly_their_share_of_an_hour(self, minutes: int, price: Decimal) -> None:
        one = line_for(worked(minutes), rate(str(price)))
        exact = Fraction(price) * minutes / 60
        self.assertEqual(Fraction(one.net("EUR")), half_away_from_zero(exact, 2))
        self.assertLessEqual(-int(one.quantity.as_tuple().exponent), 2)


class GatheringTime(unittest.TestCase):
    def setUp(self) -> None:
        self.account = account()
        self.rates = {"consulting": rate(), "dollars": rate(currency="USD")}

    def test_gathers_on_the_open_draft(self) -> None:
        drafts = OpenDrafts(self.account, {})
        drafts.bill([worked(60), worked(30)], self.rates, NOON)
        drafts.bill([worked(15)], self.rates, NOON)
        self.assertEqual([len(one.content.lines) for one in drafts.touched.values()], [3])

    def test_in_another_currency_than_the_account_is_billed_in_is_refused(self) -> None:
        drafts = OpenDrafts(self.account, {})
        drafts.bill([worked(60)], self.rates, NOON)
        with self.assertRaisesRegex(OtherCurrency, "is billed in EUR, and rate 'consulting' is in USD"):
            drafts.bill([worked(60, "dollars")], self.rates, NOON)

    def test_a_full_draft_is_followed_by_a_new_one(self) -> None:
        full = draft(*[line()] * MOST_TIME_LINES)
        drafts = OpenDrafts(self.account, {"EUR": full})
        drafts.bill([worked(60)], self.rates, NOON)
        (new,) = drafts.touched.values()
        self.assertNotEqual(new.id, full.id)

    def test_an_unknown_rate_is_said_by_name(self) -> None:
        with self.assertRaisesRegex(UnknownRate, "no rate 'unheard'"):
            OpenDrafts(self.account, {}).bill([worked(60, "unheard")], self.rates, NOON)

    def test_a_draft_charges_for_a_time_entry_at_most_once(self) -> None:
        entry, one = worked(60), draft()
        one.bill_time(entry, rate(), NOON)
        with self.assertRaises(RuleBroken):
            one.bill_time(entry, rate(), NOON)

    def test_each_entry_is_told_of_with_what_it_costs(self) -> None:
        entry, one = worked(60), draft()
        one.bill_time(entry, rate(), NOON)
        fact = one.facts[-1]
        self.assertEqual(fact.type, "TimeEntryBilled")
        self.assertEqual((fact.data["time_entry_id"], fact.data["net"]), (entry.time_entry.time_entry_id, "120.00"))

    def test_what_was_worked_and_what_is_charged_are_told_apart(self) -> None:
        one = draft()
        one.bill_time(worked(50), replace(rate(), step_minutes=30), NOON)
        told = one.facts[-1]
        minutes = told.data["worked_minutes"], told.data["charged_minutes"], told.data["net"]
        self.assertEqual((told.schema_version, minutes), (2, (50, 60, "120.00")))
