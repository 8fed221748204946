import unittest
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from math import floor

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.domain.sketch import RELATIVE_ERROR, Sketch, bin_of, seconds_in

DURATIONS = st.integers(0, 10**11).map(lambda milliseconds: timedelta(milliseconds=milliseconds))
SHARES = st.sampled_from([Decimal(share) for share in ("0", "0.5", "0.9", "0.95", "0.99", "1")])
OURS = settings(max_examples=200, deadline=None, derandomize=True)


def sketch(durations):
    return Counter(map(bin_of, durations))


class Sketches(unittest.TestCase):
    def assert_close(self, exact, estimate):
        # A microsecond is lost to rounding.
        self.assertLessEqual(abs(float(estimate) - exact), exact * RELATIVE_ERROR + 1e-6)

    @given(DURATIONS)
    @OURS
    def test_a_bin_stands_for_each_of_its_durations_within_one_percent(self, duration):
        self.assertGreaterEqual(bin_of(duration), 0)
        self.assert_close(duration.total_seconds(), seconds_in(bin_of(duration)))

    @given(st.lists(DURATIONS, min_size=1, max_size=200), SHARES)
    @OURS
    def test_a_quantile_is_within_one_percent_of_the_exact_one(self, durations, share):
        exact = sorted(durations)[floor(share * (len(durations) - 1))].total_seconds()
        self.assert_close(exact, Sketch(sketch(durations)).quantile(share))

    @given(st.lists(DURATIONS, max_size=50), st.lists(DURATIONS, max_size=50), SHARES)
    @OURS
    def test_added_up_they_are_the_sketch_of_all(self, some, others, share):
        both = sketch(some) + sketch(others)
        self.assertEqual(sketch(some + others), both)
        self.assertEqual(Sketch(sketch(some + others)).quantile(share), Sketch(both).quantile(share))

    def test_there_is_no_quantile_of_nothing_nor_of_what_is_yet_to_come(self):
        self.assertIsNone(Sketch({}).quantile(Decimal("0.5")))
        self.assertIsNone(Sketch({7: Decimal(-1), 8: Decimal(0)}).quantile(Decimal("0.5")))

    def test_no_time_at_all_is_exactly_that(self):
        self.assertEqual(0, Sketch(sketch([timedelta(0)])).quantile(Decimal("0.5")))
