import unittest
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.domain import Invalid, RuleBroken
from invoicing.domain.numbering import Series

MONDAY = date(2026, 11, 23)


class TakingNumbers(unittest.TestCase):
    def test_numbers_count_from_one_padded_with_zeros(self) -> None:
        series = Series.default()
        self.assertEqual([series.take(MONDAY) for _ in range(2)], ["INV-000001", "INV-000002"])

    def test_a_number_outgrows_its_padding(self) -> None:
        series = Series(id="S", prefix="S", digits=1, last_number=9)
        self.assertEqual(series.take(MONDAY), "S10")

    def test_an_earlier_date_than_the_last_is_refused_and_uses_no_number(self) -> None:
        series = Series.default()
        series.take(MONDAY)
        with self.assertRaises(RuleBroken) as refused:
            series.take(MONDAY - timedelta(days=1))
        self.assertEqual(refused.exception.code, "issue_date_out_of_order")
        self.assertEqual(refused.exception.extra, {"last_issue_date": "2026-11-23"})
        self.assertEqual(series.next_number, 2)

    def test_a_prefix_may_not_end_in_a_digit_or_pose_as_the_default(self) -> None:
        for impostor in (
            Series(id="A", prefix="INV-0"),
            Series(id="A", prefix="INV-"),
            Series(id="INV", prefix="RE-"),
        ):
            with self.assertRaises(Invalid):
                impostor.check()
        Series.default().check()
        Series(id="RE-2026", prefix="RE-2026-").check()


class UnderConcurrency(unittest.TestCase):
    @given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.data())
    @settings(max_examples=100, deadline=None, derandomize=True)
    def test_whatever_the_interleaving_numbers_have_no_gap_no_twin_and_follow_the_dates(
        self, turns: list[int], data: st.DataObject
    ) -> None:
        """Writers read the counter, others come in between, and only a write over the version that was read counts."""
        stored = Series.default()
        read: dict[int, Series] = {}
        issued: list[tuple[int, date]] = []
        for writer in turns:
            mine = read.pop(writer, None)
            if mine is None:
                read[writer] = replace(stored)
                continue
            day = MONDAY + timedelta(days=data.draw(st.integers(0, 3)))
            try:
                mine.take(day)
            except RuleBroken:
                continue
            if mine.version == stored.version:
                stored = replace(mine, version=mine.next_version)
                issued.append((mine.last_number, day))
        self.assertEqual([number for number, _ in issued], list(range(1, len(issued) + 1)))
        self.assertEqual([day for _, day in issued], sorted(day for _, day in issued))
