import random
import unittest
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from analytics.domain.buckets import Record, quarter_of
from analytics.domain.catalogue import CATALOGUE, INVOICED, OUTSTANDING, TICKETS_OPENED, Kind
from analytics.domain.intervals import Interval, Span, day_begins, spans
from analytics.domain.money import amount_text
from analytics.domain.planning import Question, plan
from analytics.domain.series import MAX_POINTS, assemble, values
from backoffice.domain import Invalid

START = datetime(2026, 11, 23, tzinfo=UTC)
HOURS = list(spans(Span(START, START + timedelta(hours=4)), Interval.HOUR, ZoneInfo("UTC")))


def at(hours):
    return START + timedelta(hours=hours)


class Values(unittest.TestCase):
    def test_a_flow_adds_up_within_its_interval_and_is_zero_where_nothing_is_on_record(self):
        record = Record({at(-1): Decimal(9), at(1): Decimal(1), at(1.75): Decimal(2), at(4): Decimal(9)})
        self.assertEqual((0, 3, 0, 0), values(Kind.FLOW, HOURS, record))
        self.assertEqual((0, 0, 0, 0), values(Kind.FLOW, HOURS, Record({})))

    def test_a_level_carries_on_from_everything_before(self):
        record = Record({at(-1): Decimal(5), at(1): Decimal("0.10"), at(3): Decimal(-7)}, Decimal(100))
        self.assertEqual(
            (105, Decimal("105.10"), Decimal("105.10"), Decimal("98.10")), values(Kind.LEVEL, HOURS, record)
        )

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
            by_date, on_record = {}, {}
            for event in events:
                local, quarter = event.astimezone(zone).date(), quarter_of(event)
                by_date[local] = by_date.get(local, 0) + 1
                on_record[quarter] = on_record.get(quarter, Decimal(0)) + 1
            days = list(spans(whole, Interval.DAY, zone))
            counted = values(Kind.FLOW, days, Record(on_record))
            with self.subTest(name):
                self.assertEqual(
                    by_date, {day.start.astimezone(zone).date(): n for day, n in zip(days, counted, strict=True)}
                )


class Assembling(unittest.TestCase):
    def ask(self, records, *metrics, **changed):
        asked = {
            "metrics": metrics,
            "start": START,
            "end": at(4),
            "interval": Interval.HOUR,
            "time_zone": "UTC",
        }
        found = {CATALOGUE[name]: records.get(CATALOGUE[name], {}) for name in metrics}
        return assemble(plan(Question(**{**asked, **changed})), found)

    def test_a_metric_without_dimensions_is_answered_even_if_nothing_is_on_record(self):
        (series,) = self.ask({}, "tickets_opened")
        self.assertEqual((TICKETS_OPENED, (), (0, 0, 0, 0)), (series.metric, series.dimensions, series.values))

    def test_there_is_a_series_for_each_currency_on_record(self):
        records = {
            INVOICED: {("USD",): Record({at(0): Decimal(3)}), ("EUR",): Record({at(3): Decimal(2)})},
            OUTSTANDING: {("JPY",): Record({}, Decimal(7))},
        }
        found = self.ask(records, "outstanding", "invoiced")
        self.assertEqual(
            [
                ("outstanding", ("JPY",), (7, 7, 7, 7)),
                ("invoiced", ("EUR",), (0, 0, 0, 2)),
                ("invoiced", ("USD",), (3, 0, 0, 0)),
            ],
            [(series.metric.name, series.dimensions, series.values) for series in found],
        )

    def test_a_filter_chooses_currencies_and_names_those_without_record(self):
        records = {INVOICED: {("USD",): Record({at(0): Decimal(3)}), ("EUR",): Record({at(3): Decimal(2)})}}
        found = self.ask(records, "invoiced", "tickets_opened", filters={"currency": ["USD", "CHF"]})
        self.assertEqual(
            [("invoiced", ("CHF",)), ("invoiced", ("USD",)), ("tickets_opened", ())],
            [(series.metric.name, series.dimensions) for series in found],
        )

    def test_an_answer_too_large_to_return_is_refused(self):
        hours = MAX_POINTS // 30
        many = {(f"X{n:02}",): Record({at(0): Decimal(1)}) for n in range(31)}
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
