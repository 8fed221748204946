import gzip
import json
import random
import unittest
from datetime import UTC, datetime
from itertools import pairwise
from unittest.mock import patch

from analytics.domain.drops.drop import Drop, File, Overtaken, State
from analytics.domain.drops.ranges import MOST_RANGES, Place, Range, Survey, Surveyed
from analytics.domain.drops.source import Format, Layout
from analytics.transforming import content as reading
from analytics.transforming import survey as looking
from analytics.transforming import work
from tests.file_drops import HEADER
from tests.interrupted_drops import Interrupted, file_of

BEGIN = Place(7, 2)
ROWS = 120


def looked_through(data, size, cuts=()):
    """The survey of content that comes in pieces which end at those offsets."""
    survey = Survey.of(BEGIN, size)
    for start, end in pairwise([BEGIN.offset, *sorted(cuts), len(data)]):
        survey = survey.after(data[start:end], end)
    return survey


class Rules(unittest.TestCase):
    def content(self, rng):
        """Lines of all lengths, many of them empty, few with a quote, after a header of seven bytes."""
        lines = [b"x" * rng.choice([0, 1, 9, 300]) + b"\n" for _ in range(rng.randrange(1, 90))]
        if rng.random() < 0.5:
            lines.insert(rng.randrange(len(lines)), b'"x"\n')
        return b"header\n" + b"".join(lines)

    def test_what_it_comes_to_does_not_depend_on_the_pieces_that_are_looked_at(self):
        for seed in range(200):
            rng = random.Random(seed)
            data, size = self.content(rng), rng.choice([None, 1, 40, 350, 5000])
            cuts = [rng.randrange(BEGIN.offset, len(data) + 1) for _ in range(rng.randrange(12))]
            with self.subTest(seed):
                self.assertEqual(looked_through(data, size), looked_through(data, size, cuts))

    def test_ranges_are_all_of_the_content_and_begin_with_the_lines_that_they_name(self):
        for seed in range(200):
            rng = random.Random(seed)
            data, size = self.content(rng), rng.choice([1, 40, 350, 5000])
            ranges = looked_through(data, size).ranges(lines_are_records=True)
            with self.subTest(seed):
                self.assertEqual(data[7:], b"".join(data[part.start : part.end] for part in ranges))
                for part in ranges:
                    self.assertEqual(b"\n", data[part.start - 1 : part.start])
                    self.assertEqual(1 + data.count(b"\n", 0, part.start), part.line)
                for part in ranges[:-1]:
                    self.assertGreaterEqual(part.end - part.start, size)

    def test_where_a_line_break_may_be_part_of_a_record_there_is_one_range(self):
        data = b"header\n" + b'"a"\n' * 50
        survey = looked_through(data, 10)
        self.assertTrue(survey.has_quotes)
        self.assertEqual((Range(7, len(data), 7, 2),), survey.ranges(lines_are_records=False))

    def test_a_worker_that_was_overtaken_changes_nothing(self):
        first = Survey.of(BEGIN, 10)
        second, third = first.after(b"a\n", 9), first.after(b"a\nb\n", 11)
        drop = Drop.of("acme", 1, File("incoming/acme/a", "etag", 11), datetime(2026, 11, 25, tzinfo=UTC))
        drop.look(None, second)
        for before in (None, first, third):
            with self.assertRaises(Overtaken):
                drop.look(before, third)
        self.assertEqual(second, drop.survey)
        drop.look(second, third)
        found = Surveyed((), third.ranges(lines_are_records=True), compressed=False)
        drop.begin(found, Layout(Format.JSON_LINES))
        for late in (lambda: drop.look(None, third), lambda: drop.begin(found, Layout(Format.CSV))):
            with self.assertRaises(Overtaken):
                late()
        self.assertEqual((State.PROCESSING, None, Format.JSON_LINES), (drop.state, drop.survey, drop.layout.format))

    def test_even_the_largest_file_has_a_bounded_number_of_ranges(self):
        data = b"header\n" + b"\n" * 100_000
        survey = Survey.in_parts(BEGIN, len(data), 1).after(data[7:], len(data))
        self.assertEqual(MOST_RANGES, len(survey.ranges(lines_are_records=True)))


class Looks(Interrupted):
    range_bytes = 600
    step_bytes = 4000

    def setUp(self):
        super().setUp()
        self._start(patch.object(reading, "READ_AT_ONCE", 200))
        self._start(patch.object(work, "SAVED_AFTER_SECONDS", 0))

    def looks(self):
        """Note where each look begins to read."""
        offsets = []
        look_through = work.look_through

        def noted(content, head, survey):
            offsets.append(survey.at.offset)
            return look_through(content, head, survey)

        self._start(patch.object(work, "look_through", noted))
        return offsets

    def test_kills_in_the_middle_of_a_look_leave_what_an_undisturbed_one_leaves(self):
        content = file_of(11, rows=ROWS)
        calm = self.undisturbed(content)
        self.forget()
        offsets = self.looks()
        wild = self.killed_at_random(content, 12, apart=40)
        self.assertEqual(calm, wild)
        drop = wild[0]
        self.assertGreater(drop["ranges"], 3)
        self.assertEqual((ROWS, ROWS), (drop["rows_read"], drop["rows_written"] + drop["rows_rejected"]))
        self.assertEqual(1, len(self.events("FileDropProcessed")))
        self.assertGreater(len(offsets), 3)
        self.assertEqual(sorted(offsets), offsets)
        self.assertGreater(offsets[-1], len(HEADER))

    def test_when_its_time_is_up_a_look_goes_on_in_a_run_of_its_own(self):
        content = file_of(12, rows=ROWS)
        calm = self.undisturbed(content)
        self.forget()
        self.announce(self.drop(content))
        taken = self.work(milliseconds=20_000)
        self.assertGreater(taken.count(json.dumps({"drop_id": calm[0]["id"]})), 8)
        self.assertEqual(calm, self.outcome(self.newest_drop()))

    def test_how_far_a_look_has_come_can_be_read_meanwhile(self):
        self.announce(self.drop(file_of(13, rows=ROWS)))
        seen = []
        for _ in range(4):
            self.hand_over(self.next_message(), milliseconds=20_000)
            drop = self.newest_drop()
            self.assertEqual(("received", 0, 0), (drop["state"], drop["progress"], drop["ranges"]))
            seen.append(drop["surveyed"])
        self.assertEqual(sorted(set(seen)), seen)
        self.assertTrue(seen[0] > 0 and seen[-1] < 100, seen)
        self.work()
        self.assertEqual(("processed", 100), (self.newest_drop()["state"], self.newest_drop()["surveyed"]))

    def test_two_workers_at_one_look_leave_what_one_leaves(self):
        content = file_of(14, rows=ROWS)
        calm = self.undisturbed(content)
        self.forget()
        self.announce(self.drop(content))
        first, calls = self.next_message(), []

        def somebody_else(**_):
            calls.append(True)
            if len(calls) == 4:
                self.hand_over(first)

        self._on("before-call.dynamodb.TransactWriteItems", somebody_else)
        self.hand_over(first)
        self.work()
        self.assertEqual(calm, self.outcome(self.newest_drop()))

    def test_a_look_begins_anew_where_rows_begin_elsewhere_by_now(self):
        row = json.dumps({"user_id": "u1", "date": "2026-11-23", "event_type": "click"})
        self.announce(self.drop(HEADER + f"{row}\n" * 40))
        self.hand_over(self.next_message(), milliseconds=20_000)
        self.set_up_source(format="json_lines")
        self.work()
        drop = self.newest_drop()
        self.assertEqual(("processed", 41, 40, 1), tuple(drop[name] for name in SUMS))
        self.assertEqual([(1, "the line is not JSON")], self.errors(drop))

    def test_a_file_that_was_rejected_is_looked_through_from_its_beginning(self):
        self.announce(self.drop(file_of(15, rows=ROWS)))
        self.hand_over(self.next_message(), milliseconds=20_000)
        self.s3.delete_object(Bucket="drops", Key="incoming/acme/file.csv")
        self.work()
        self.assertEqual("gone", self.newest_drop()["reason"])
        self.set_up_source()
        offsets = self.looks()
        drop = self.process(file_of(15, rows=ROWS))
        self.assertEqual(("processed", ROWS), (drop["state"], drop["rows_read"]))
        self.assertEqual([len(HEADER)], offsets)

    def test_a_gzip_is_looked_through_in_one_go_and_seen_to_be(self):
        rng = random.Random(16)
        rows = (f"u{rng.random()},2026-11-23,view\n" for _ in range(ROWS))
        content = gzip.compress("".join([HEADER, *rows]).encode())
        offsets, seen = self.looks(), []

        def look(**_):
            seen.extend(drop["surveyed"] for drop in self.get("/drops")["items"])

        self._on("after-call.dynamodb.TransactWriteItems", look)
        self.announce(self.drop(content))
        self.hand_over(self.next_message(), milliseconds=20_000)
        self.work()
        drop = self.newest_drop()
        self.assertEqual(("processed", ROWS, 1), (drop["state"], drop["rows_read"], drop["ranges"]))
        self.assertEqual([len(HEADER)], offsets)
        self.assertEqual(sorted(seen), seen)
        self.assertGreater(len(set(seen)), 5)

    def test_a_gzip_that_holds_too_much_is_rejected_and_says_what_to_do(self):
        with patch.object(looking, "MOST_UNPACKED", 2000):
            drop = self.process(gzip.compress(file_of(17, rows=ROWS).encode()))
        self.assertEqual(("rejected", "unknown_format", 0), (drop["state"], drop["reason"], drop["rows_read"]))
        self.assertIn("send it unpacked, or as several files", drop["detail"])
        self.assertEqual(1, len(self.alerts()))


SUMS = ("state", "rows_read", "rows_written", "rows_rejected")
