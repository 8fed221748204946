import random
import unittest
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from analytics.domain.asking import ask
from analytics.domain.buckets import Record, number_of, quarter_of
from analytics.domain.catalogue import CATALOGUE
from analytics.domain.intervals import Interval, Span, day_begins, spans
from analytics.domain.measures import BACKLOG, INVOICED, NOBODY, OUTSTANDING, TICKETS_OPENED
from analytics.domain.money import amount_text
from analytics.domain.planning import Question
from analytics.domain.reckoning import Ledger, Timeline, flow
from analytics.domain.series import MAX_POINTS
from backoffice.domain import Invalid

START = datetime(2026, 11, 23, tzinfo=UTC)


def at(hours):
    return START + timedelta(hours=hours)


def added(*additions, opening=None):
    """What was added: hours since the start, and amount."""
    found = [(number_of(at(hour)), None, Decimal(amount)) for hour, amount in additions]
    return Record(found, {None: Decimal(opening)} if opening else {})


class Days(unittest.TestCase):
    def test_days_of_any_zone_equal_a_count_of_the_events_by_local_date(self):
        rng = random.Random(20111230)
        for name, first in (
            ("Europe/Berlin", date(2026, 10, 23)),
            ("America/New_York", date(2026, 3, 6)),
            ("Asia/Kathmandu", date(2026, 11, 20)),
            ("Australia/Lord_Howe", date(2026, 4, 3)),
            ("Pacific/Apia", date(2011, 12, 28)),
        ):
            zone = ZoneInfo(name)
            whole = Span(day_begins(first, zone), day_begins(first + timedelta(days=5), zone))
            seconds = int((whole.end - whole.start).total_seconds())
            events = [whole.start + timedelta(seconds=rng.randrange(seconds)) for _ in range(400)]
            by_date, on_record = {}, []
            for event in events:
                local = event.astimezone(zone).date()
                by_date[local] = by_date.get(local, 0) + 1
                on_record.append((number_of(quarter_of(event)), None, Decimal(1)))
            days = list(spans(whole, Interval.DAY, zone))
            timeline = Timeline([number_of(day.start) for day in days], number_of(whole.end), UTC)
            counted = flow([Ledger(Record(on_record), timeline)])
            with self.subTest(name):
                self.assertEqual(
                    by_date, {day.start.astimezone(zone).date(): n for day, n in zip(days, counted, strict=True)}
                )


class Kept:
    """Records by measure; ``reads`` is what was read."""

    def __init__(self, by_measure):
        self._by_measure, self.reads = by_measure, []

    def read(self, read):
        self.reads.append(read)
        return self._by_measure.get(read.measure, {})


class Asking(unittest.TestCase):
    def ask(self, by_measure, *metrics, **changed):
        asked = {
            "metrics": metrics,
            "start": START,
            "end": at(4),
            "interval": Interval.HOUR,
            "time_zone": "UTC",
        }
        self.kept = Kept(by_measure)
        _, found = ask(Question(**{**asked, **changed}), self.kept)
        return [(series.metric.name, tuple(series.dimensions.values()), list(series.values)) for series in found]

    def test_a_metric_that_nothing_splits_is_answered_even_if_nothing_is_on_record(self):
        self.assertEqual([("tickets_opened", (), [0, 0, 0, 0])], self.ask({}, "tickets_opened"))
        self.assertEqual([("satisfaction", (), [None] * 4)], self.ask({}, "satisfaction"))
        self.assertEqual([()], [read.dimensions for read in self.kept.reads[:1]])

    def test_there_is_a_series_for_each_currency_on_record(self):
        records = {
            INVOICED: {("USD",): added((0, 3)), ("EUR",): added((3, 2))},
            OUTSTANDING: {("JPY",): added(opening=7)},
        }
        self.assertEqual(
            [
                ("outstanding", ("JPY",), [7, 7, 7, 7]),
                ("invoiced", ("EUR",), [0, 0, 0, 2]),
                ("invoiced", ("USD",), [3, 0, 0, 0]),
            ],
            self.ask(records, "outstanding", "invoiced"),
        )

    def test_a_filter_chooses_currencies_and_names_those_without_record(self):
        records = {INVOICED: {("USD",): added((0, 3)), ("EUR",): added((3, 2))}}
        found = self.ask(records, "invoiced", "tickets_opened", filters={"currency": ["USD", "CHF"]})
        self.assertEqual(
            [("invoiced", ("CHF",)), ("invoiced", ("USD",)), ("tickets_opened", ())],
            [(metric, dimensions) for metric, dimensions, _ in found],
        )

    BY_QUEUE = {
        TICKETS_OPENED: {("billing", "high"): added((0, 1)), ("general", "high"): added((1, 2))},
        BACKLOG: {
            ("billing", "high", "ann"): added((0, 1), opening=2),
            ("billing", "low", NOBODY): added((1, 4)),
            ("general", "low", "ann"): added((3, -1), opening=8),
        },
    }

    def test_dimensions_split_what_has_them_and_the_others_are_added_up(self):
        found = self.ask(self.BY_QUEUE, "backlog", "tickets_opened", dimensions=["queue"])
        self.assertEqual(
            [
                ("backlog", ("billing",), [3, 7, 7, 7]),
                ("backlog", ("general",), [8, 8, 8, 7]),
                ("tickets_opened", ("billing",), [1, 0, 0, 0]),
                ("tickets_opened", ("general",), [0, 2, 0, 0]),
            ],
            found,
        )

    def test_a_metric_without_a_dimension_is_not_split_by_it(self):
        records = {**self.BY_QUEUE, TICKETS_OPENED: {(): added((0, 3))}}
        found = self.ask(records, "backlog", "tickets_opened", dimensions=["agent"])
        self.assertEqual(
            [("backlog", ("ann",)), ("backlog", (NOBODY,)), ("tickets_opened", ())],
            [(metric, dimensions) for metric, dimensions, _ in found],
        )

    def test_a_filter_narrows_what_is_added_up_whether_or_not_it_splits(self):
        only = {"priority": ["low"], "queue": ["billing", "nowhere"]}
        self.assertEqual([("backlog", (), [0, 4, 4, 4])], self.ask(self.BY_QUEUE, "backlog", filters=only))
        split = self.ask(self.BY_QUEUE, "backlog", filters=only, dimensions=["queue"])
        self.assertEqual([("billing",), ("nowhere",)], [dimensions for _, dimensions, _ in split])

    def test_accounts_are_read_if_they_are_named_and_not_before(self):
        found = {INVOICED: {("EUR", "cus_1"): added((0, 3)), ("EUR", "cus_2"): added((0, 4))}}
        named = {"account": ["cus_1", "cus_2", "cus_1"]}
        self.assertEqual([("invoiced", ("EUR",), [7, 0, 0, 0])], self.ask(found, "invoiced", filters=named))
        self.assertEqual(("cus_1", "cus_2"), self.kept.reads[0].accounts)
        split = self.ask(found, "invoiced", filters=named, dimensions=["account"])
        self.assertEqual([("EUR", "cus_1"), ("EUR", "cus_2")], [dimensions for _, dimensions, _ in split])

    def test_a_measure_is_read_once_whatever_is_made_of_it_and_as_far_back_as_it_takes(self):
        self.ask({}, *(name for name in CATALOGUE if name.startswith("resolution_time_p")))
        self.assertEqual(1, len(self.kept.reads))
        self.ask({}, "invoiced", "days_sales_outstanding")
        reads = {read.measure: read.span.start for read in self.kept.reads}
        self.assertEqual((START - timedelta(days=90), START), (reads[INVOICED], reads[OUTSTANDING]))
        self.assertEqual(4, len(reads))

    def test_an_answer_too_large_to_return_is_refused(self):
        hours = MAX_POINTS // 30
        many = {(f"X{n:02}",): added((0, 1)) for n in range(31)}
        thirty = dict(list(many.items())[:30])
        self.assertEqual(30, len(self.ask({INVOICED: thirty}, "invoiced", end=at(hours))))
        with self.assertRaises(Invalid) as refused:
            self.ask({INVOICED: many}, "invoiced", end=at(hours))
        self.assertEqual(["interval"], [error.field for error in refused.exception.errors])


class AmountsAsText(unittest.TestCase):
    def test_they_have_the_digits_of_their_currency(self):
        for amount, currency, text in (
            ("12.5", "EUR", "12.50"),
            ("1200", "JPY", "1200"),
            ("1E+3", "JPY", "1000"),
            ("1.5", "KWD", "1.500"),
            ("0", "EUR", "0.00"),
            ("-80", "USD", "-80.00"),
            ("0.005", "EUR", "0.005"),
        ):
            with self.subTest(amount=amount, currency=currency):
                self.assertEqual(text, amount_text(Decimal(amount), currency))
