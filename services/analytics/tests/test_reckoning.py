import unittest
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from analytics.domain.buckets import Record, number_of
from analytics.domain.reckoning import (
    Ledger,
    Timeline,
    days_of_sales,
    flow,
    level,
    mean,
    overdue,
    percentage,
    percentile,
)
from analytics.domain.sketch import RELATIVE_ERROR, bin_of

START = number_of(datetime(2026, 11, 23, tzinfo=UTC))
HOUR, DAY = 4, 96
TODAY = date(2026, 11, 23).toordinal()
HOURS = Timeline([START + HOUR * n for n in range(4)], START + 4 * HOUR, UTC)
DAYS = Timeline([START + DAY * n for n in range(4)], START + 4 * DAY, UTC)


def added(*additions, opening=None):
    """What was added: hours since the start, amount, and a bin if there is one."""
    found = [(START + int(hour * HOUR), *(bin or (None,)), Decimal(amount)) for hour, amount, *bin in additions]
    return Record(found, {bin: Decimal(amount) for bin, amount in (opening or {}).items()})


def reckoned(formula, timeline, *records):
    return list(formula([Ledger(record, timeline) for record in records]))


class Reckoning(unittest.TestCase):
    def test_a_flow_adds_up_within_its_interval_and_is_zero_where_nothing_is_on_record(self):
        record = added((-1, 9), (1, 1), (1.75, 2), (4, 9))
        self.assertEqual([0, 3, 0, 0], reckoned(flow, HOURS, record))
        self.assertEqual([0, 0, 0, 0], reckoned(flow, HOURS, Record()))

    def test_a_level_carries_on_from_everything_before(self):
        record = added((-1, 5), (1, "0.10"), (3, -7), (4, 9), opening={None: 100})
        self.assertEqual([105, Decimal("105.10"), Decimal("105.10"), Decimal("98.10")], reckoned(level, HOURS, record))

    def test_a_percentage_is_of_both_together_and_none_of_nothing(self):
        broken, kept = added((0, 1), (2, 2)), added((0, 3), (3, 5))
        self.assertEqual([25, None, 100, 0], reckoned(percentage, HOURS, broken, kept))

    def test_a_mean_is_none_of_nothing(self):
        scores, responses = added((0, 5), (0.5, 2)), added((0, 1), (0.5, 1))
        self.assertEqual([Decimal("3.5"), None, None, None], reckoned(mean, HOURS, scores, responses))

    def test_a_percentile_is_of_all_durations_of_its_interval(self):
        minutes = [1, 2, 3, 4, 100]
        record = added(*((n / 8, 1, bin_of(timedelta(minutes=minute))) for n, minute in enumerate(minutes)))
        for percent, exact in ((50, 180), (95, 240)):
            found, *others = reckoned(percentile(percent), HOURS, record)
            self.assertAlmostEqual(exact, float(found), delta=exact * RELATIVE_ERROR)
            self.assertEqual([None] * 3, others)

    def test_what_was_taken_back_counts_no_more(self):
        record = added((0, 1, 500), (0, 1, 900), (0.25, -1, 900))
        self.assertEqual(reckoned(percentile(95), HOURS, added((0, 1, 500))), reckoned(percentile(95), HOURS, record))


class Ageing(unittest.TestCase):
    def ages(self, record, timeline=DAYS):
        return [reckoned(overdue(age), timeline, record) for age in range(5)]

    def test_a_debt_grows_older_day_by_day(self):
        for due, expected in (
            (TODAY + 1, [(0, 0, 1, 1), (0, 0, 0, 0)]),
            (TODAY - 29, [(0, 0, 0, 0), (1, 1, 0, 0), (0, 0, 1, 1)]),
            (TODAY - 89, [(0, 0, 0, 0)] * 3 + [(1, 1, 0, 0), (0, 0, 1, 1)]),
        ):
            with self.subTest(due - TODAY):
                found = self.ages(added(opening={due: 7}))
                if due > TODAY:
                    expected = [(1, 1, 0, 0), (0, 0, 1, 1)]
                for values, steps in zip(found, expected, strict=False):
                    self.assertEqual([7 * step for step in steps], values)

    def test_of_each_day_what_was_owed_then_is_told(self):
        record = added((1, 100, TODAY + 1), (26, -40, TODAY + 1), (50, 5, TODAY - 200), opening={TODAY - 40: 3})
        self.assertEqual(
            [[100, 60, 0, 0], [0, 0, 60, 60], [3, 3, 3, 3], [0] * 4, [0, 0, 5, 5]],
            self.ages(record),
        )

    def test_several_intervals_of_a_day_see_what_comes_within_it(self):
        record = added((-2, 1, TODAY), (0, 10, TODAY), (1, 5, TODAY - 1), (3, -10, TODAY), opening={TODAY: 100})
        current, overdue_since_yesterday, *_ = self.ages(record, HOURS)
        self.assertEqual(([111, 111, 111, 101], [0, 5, 5, 5]), (current, overdue_since_yesterday))

    def test_all_ages_together_are_what_is_outstanding(self):
        entries = [(hour / 3, hour * 7 % 11 - 4, TODAY - hour * 13 % 120) for hour in range(-20, 280)]
        whole = reckoned(level, DAYS, added(*((hour, amount) for hour, amount, _ in entries)))
        self.assertEqual(whole, [sum(values) for values in zip(*self.ages(added(*entries)), strict=True)])


class DaysOfSales(unittest.TestCase):
    def test_is_what_is_outstanding_by_the_sales_of_ninety_days(self):
        outstanding = added((0, 30), opening={None: 60})
        invoiced = added((-90 * 24 + 24, 100), (1, 90))
        credited, voided = added((2, 5)), added((2, 5))
        found = reckoned(days_of_sales, DAYS, outstanding, invoiced, credited, voided)
        # The sale of ninety days before the first day's end is the first to be out of sight.
        self.assertEqual([Decimal(90 * 90) / 180, *[Decimal(90 * 90) / 80] * 3], found)

    def test_without_sales_there_is_none(self):
        owed = added(opening={None: 60})
        self.assertEqual([None] * 4, reckoned(days_of_sales, DAYS, owed, Record(), Record(), Record()))
