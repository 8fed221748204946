import unittest
from decimal import Decimal

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
        bins, units, decimals, signed = unpacked(packed(amounts))
        self.assertEqual(sorted(amounts), list(bins))
        found = {bin: Decimal(unit).scaleb(-decimals, EXACT) for bin, unit in zip(bins, units, strict=True)}
        self.assertEqual(amounts, found)
        self.assertTrue(signed or all(unit >= 0 for unit in units))

    def test_bins_of_few_each_take_three_bytes_a_bin(self):
        self.assertEqual(3 + 3 * 150, len(packed({300 + bin: Decimal(1 + bin % 3) for bin in range(150)})))

    def test_more_than_dynamodb_has_room_for_is_no_number(self):
        with self.assertRaises(OverflowError):
            packed({1: Decimal(10**40)})
