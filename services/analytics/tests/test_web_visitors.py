import random
import unittest

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.domain.web.visitors import NOBODY, STANDARD_ERROR, estimate, packed, sketch_of, together, union, unpacked

hashes = st.lists(st.integers(0, 2**64 - 1), max_size=50)


def people(rng, number):
    return [rng.getrandbits(64) for _ in range(number)]


class Visitors(unittest.TestCase):
    @settings(max_examples=60, deadline=None)
    @given(hashes, hashes, hashes)
    def test_a_union_is_the_sketch_of_all_in_whatever_order_and_however_often(self, some, others, more):
        a, b, c = map(sketch_of, (some, others, more))
        together = sketch_of(some + others + more)
        self.assertEqual(together, union([a, b, c]))
        self.assertEqual(together, union([c, union([b, a]), b, a]))
        self.assertEqual(a, union([a, a, NOBODY]))

    def test_a_union_of_full_sketches_is_the_larger_of_each_register(self):
        rng = random.Random(7)
        sketches = [sketch_of(people(rng, 20_000)) for _ in range(5)]
        self.assertEqual(bytes(map(max, *sketches)), union(sketches))

    def test_nobody_is_nobody_and_a_few_are_counted_exactly(self):
        rng = random.Random(3)
        self.assertEqual([0, 1, 2, 10], [estimate(sketch_of(people(rng, number))) for number in (0, 1, 2, 10)])
        self.assertEqual(0, estimate(union([])))

    def test_estimates_are_as_close_as_they_are_said_to_be(self):
        rng = random.Random(20261125)
        for number, times in ((100, 40), (1_000, 40), (4_096, 40), (10_000, 30), (20_000, 20)):
            errors = [estimate(sketch_of(people(rng, number))) / number - 1 for _ in range(times)]
            with self.subTest(number=number):
                self.assertLess((sum(error**2 for error in errors) / times) ** 0.5, 1.3 * STANDARD_ERROR)
                self.assertLess(abs(sum(errors) / times), STANDARD_ERROR)

    def test_a_hash_of_zeros_has_its_place(self):
        self.assertEqual(1, estimate(sketch_of([0])))
        self.assertEqual(1, estimate(sketch_of([2**64 - 1])))

    def test_what_is_kept_is_estimated_alone_and_together_as_what_was_given(self):
        rng = random.Random(8)
        sketches = [sketch_of(people(rng, number)) for number in (0, 1, 700, 30_000)]
        self.assertEqual([estimate(one) for one in sketches], [together([packed(one)]) for one in sketches])
        self.assertEqual(estimate(union(sketches)), together(list(map(packed, sketches))))

    def test_what_is_kept_is_small_and_what_was_given(self):
        rng = random.Random(5)
        for number, most in ((0, 50), (1, 60), (100, 400), (100_000, 2_500)):
            sketch = sketch_of(people(rng, number))
            self.assertEqual(sketch, unpacked(packed(sketch)))
            self.assertLessEqual(len(packed(sketch)), most)
