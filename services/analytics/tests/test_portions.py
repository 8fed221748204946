import csv
import io
import random
import unittest
from unittest.mock import patch

from analytics.domain.drops.ranges import Place
from analytics.transforming import portions
from analytics.transforming.portions import Portion

BEGIN = Place(0, 1)


def cut(content, begin=BEGIN, *, chunk=50, joined=True):
    chunks = [content[at : at + chunk] for at in range(begin.offset, len(content), chunk)]
    return list(portions.portions(chunks, begin, len(content), quoted_line_breaks=joined))


def told(found: list[Portion]):
    return [(line, record) for one in found for line, record in zip(one.lines, one.records, strict=True)]


def quoted_csv(rng, rows):
    """A CSV of random fields, many of which need quotes."""
    text = io.StringIO()
    quoting, letters = rng.choice([(csv.QUOTE_MINIMAL, 'ab,;" \né€'), (csv.QUOTE_ALL, 'ab,;" \n\ré€')])
    writer = csv.writer(text, quoting=quoting, lineterminator=rng.choice(["\n", "\r\n"]))
    for _ in range(rows):
        writer.writerow(["".join(rng.choices(letters, k=rng.randrange(1, 9))) + "x" for _ in range(3)])
    return text.getvalue().encode()


class Portions(unittest.TestCase):
    def setUp(self):
        step = patch.object(portions, "STEP", 64)
        step.start()
        self.addCleanup(step.stop)

    def test_records_are_those_that_pythons_own_reader_finds(self):
        rng = random.Random(20261123)
        for round in range(60):
            content = quoted_csv(rng, 40)
            oracle = list(csv.reader(io.StringIO(content.decode(), newline="")))
            records = [record for _, record in told(cut(content, chunk=rng.randrange(1, 200)))]
            with self.subTest(round):
                self.assertEqual(oracle, list(csv.reader(records)))

    def test_from_wherever_a_portion_ends_the_rest_is_cut_the_same(self):
        rng = random.Random(7)
        for round in range(20):
            content = quoted_csv(rng, 40)
            whole = cut(content)
            for number, portion in enumerate(whole[:-1], 1):
                rest = [one for one in cut(content, portion.following, chunk=rng.randrange(1, 200)) if one.records]
                self.assertEqual(
                    [one for one in whole[number:] if one.records or one.is_last],
                    rest,
                    f"round {round}, portion {number}",
                )

    def test_lines_are_numbered_and_places_are_where_records_begin(self):
        content = b'a\n"b\nb"\n\nc\n"d\n\nd"' * 10
        lines = content.decode().split("\n")
        for line, record in told(cut(content)):
            self.assertEqual(lines[line - 1], record.split("\n")[0])
        for portion in cut(content)[:-1]:
            offset, line = portion.following
            self.assertEqual(content[:offset].count(b"\n"), line - 1)

    def test_a_line_too_long_costs_no_memory_and_hides_no_other(self):
        with patch.object(portions, "LONGEST_RECORD", 100):
            for length in (99, 100, 101, 500, 5000):
                content = b"a\n" + b"x" * length + b"\nb\n"
                kept = "x" * length if length <= 100 else portions.TOO_LONG
                with self.subTest(length):
                    self.assertEqual([(1, "a"), (2, kept), (3, "b")], told(cut(content)))
                    self.assertEqual([(1, "a"), (2, kept)], told(cut(content[: -len(b"\nb\n")])))

    def test_a_quote_that_is_not_closed_is_given_up_after_as_many_lines_as_a_record_may_have(self):
        content = b'"open\n' + b"x\n" * 500
        self.assertEqual([(1, '"open')] + [(line, "x") for line in range(2, 502)], told(cut(content)))

    def test_what_is_not_utf8_is_told_and_kept(self):
        (portion,) = cut(b"M\xfcller\n")
        self.assertFalse(portion.is_utf8)
        self.assertEqual(b"M\xfcller", portion.records[0].encode(errors="surrogateescape"))

    def test_nothing_is_one_empty_portion(self):
        self.assertEqual([Portion([], [], Place(0, 1), True, True)], cut(b""))
