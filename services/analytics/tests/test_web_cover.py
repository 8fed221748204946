import random
import unittest
from itertools import pairwise

from analytics.domain.web.cover import MAX_CELLS, QUARTERS, check_size, covered, runs
from analytics.domain.web.views import Length
from backoffice.domain import Invalid

DAY = QUARTERS[Length.DAY]


class Cover(unittest.TestCase):
    def test_cells_are_exactly_the_intervals_and_none_reaches_over_a_bound(self):
        rng = random.Random(20261125)
        for _ in range(200):
            bounds = sorted(rng.sample(range(2_000_000, 2_001_500), rng.randrange(2, 12)))
            cells = [
                (start, start + QUARTERS[length]) for length, starts in covered(bounds).items() for start in starts
            ]
            quarters = [quarter for start, end in cells for quarter in range(start, end)]
            self.assertEqual(list(range(bounds[0], bounds[-1])), sorted(quarters))
            for start, end in cells:
                self.assertTrue(any(first <= start and end <= last for first, last in pairwise(bounds)))

    def test_cells_start_at_their_own_multiples_and_are_as_long_as_they_can_be(self):
        self.assertEqual(
            {Length.DAY: [DAY], Length.HOUR: [DAY - 4, 2 * DAY], Length.QUARTER: [DAY - 5, 2 * DAY + 4]},
            covered([DAY - 5, 2 * DAY + 5]),
        )

    def test_cells_are_read_together_unless_many_others_lie_between_them(self):
        hours = [*range(0, 40, 4), *range(400, 440, 4)]
        self.assertEqual([(0, 36), (400, 436)], runs(Length.HOUR, hours))
        self.assertEqual([(0, 40 * DAY)], runs(Length.DAY, [0, 40 * DAY]))
        self.assertEqual([], runs(Length.QUARTER, []))

    def test_more_than_can_be_read_is_refused(self):
        days = [DAY * number for number in range(MAX_CELLS + 1)]
        check_size(days, 0)
        check_size(days, 1)
        for bounds, pages in (([*days, days[-1] + 1], 0), (days, 2)):
            with self.assertRaises(Invalid) as refused:
                check_size(bounds, pages)
            self.assertEqual(["interval"], [error.field for error in refused.exception.errors])
