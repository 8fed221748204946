import unittest
from collections import Counter
from datetime import timedelta
from math import floor

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.domain.sketch import RELATIVE_ERROR, Sketch, bin_of, seconds_in

DURATIONS = st.integers(0, 10**11).map(lambda milliseconds: timedelta(milliseconds=milliseconds))
PERCENTS = st.sampled_from([0, 50, 90, 95, 99, 100])
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

    @given(st.lists(DURATIONS, min_size=1, max_size=200), PERCENTS)
    @OURS
    def test_a_percentile_is_within_one_percent_of_the_exact_one(self, durations, percent):
        exact = sorted(durations)[floor(percent * (len(durations) - 1) / 100)].total_seconds()
        self.assert_close(exact, Sketch.of(sketch(durations)).percentile(percent))

    @given(st.lists(DURATIONS, max_size=50), st.lists(DURATIONS, max_size=50), PERCENTS)
    @OURS
    def test_added_up_they_are_the_sketch_of_all(self, some, others, percent):
        both = sketch(some) + sketch(others)
        self.assertEqual(sketch(some + others), both)
        self.assertEqual(Sketch.of(sketch(some + others)).percentile(percent), Sketch.of(both).percentile(percent))

    def test_there_is_no_percentile_of_nothing_nor_of_what_is_yet_to_come(self):
        self.assertIsNone(Sketch.of({}).percentile(50))
        self.assertIsNone(Sketch.of({7: -1, 8: 0}).percentile(50))

    def test_no_time_at_all_is_exactly_that(self):
        self.assertEqual(0, Sketch.of(sketch([timedelta(0)])).percentile(50))
