import unittest
from decimal import Decimal
from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.store.packing import EXACT, packed, unpacked

BINS = st.integers(0, 2_000) | st.integers(0, 800_000)
COUNTS = st.integers(-3, 400).map(Decimal)
# 24 digits before the point and ten after it is what contracts allow; sums of them have more.
MONEY = st.decimals(min_value=-(10**27), max_value=10**27, places=2) | st.decimals(
    min_value=-(10**6), max_value=10**6, places=10
)
OURS = settings(max_examples=200, deadline=None, derandomize=True)


class Packing(unittest.TestCase):
    @given(st.dictionaries(BINS, COUNTS) | st.dictionaries(BINS, MONEY))
    @OURS
    def test_what_was_packed_comes_out_to_the_last_digit_and_in_order(self, amounts):
        bins, units, decimals, running = unpacked(packed(amounts))
        self.assertFalse(running)
        self.assertEqual(sorted(amounts), list(bins))
        found = {bin: Decimal(unit).scaleb(-decimals, EXACT) for bin, unit in zip(bins, units, strict=True)}
        self.assertEqual(amounts, found)

    @given(st.dictionaries(BINS, COUNTS) | st.dictionaries(BINS, MONEY))
    @OURS
    def test_as_running_sums_they_come_to_the_same_unless_one_is_below_zero(self, amounts):
        plain, found = unpacked(packed(amounts)), unpacked(packed(amounts, running=True))
        self.assertEqual(min(amounts.values(), default=0) >= 0, found.running)
        self.assertEqual(list(plain.bins), list(found.bins))
        self.assertEqual(list(accumulate(plain.amounts) if found.running else plain.amounts), list(found.amounts))

    def test_bins_of_few_each_take_three_bytes_a_bin(self):
        self.assertEqual(4 + 3 * 150, len(packed({300 + bin: Decimal(1 + bin % 3) for bin in range(150)})))

    def test_more_than_dynamodb_has_room_for_is_no_number(self):
        with self.assertRaises(OverflowError):
            packed({1: Decimal(10**40)})
