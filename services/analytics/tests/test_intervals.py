import random
import unittest
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

from analytics.domain.intervals import Indivisible, Interval, Span, day_begins, spans
from tests import calendar_oracle

HOUR = timedelta(hours=1)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text, zone):
    """A local day as a span of UTC."""
    local, zone = date.fromisoformat(text), ZoneInfo(zone)
    return Span(day_begins(local, zone), day_begins(local + timedelta(days=1), zone))


def lengths(span, interval, zone):
    """How many minutes each interval lasts."""
    return [(part.end - part.start) // timedelta(minutes=1) for part in spans(span, interval, ZoneInfo(zone))]


class DaysOfChangingClocks(unittest.TestCase):
    def assert_hours(self, zone, local_day, expected):
        span = day(local_day, zone)
        self.assertEqual(expected, lengths(span, Interval.HOUR, zone))
        self.assertEqual([sum(expected)], lengths(span, Interval.DAY, zone))

    def test_berlin_has_23_hours_when_summer_begins_and_25_when_it_ends(self):
        self.assert_hours("Europe/Berlin", "2026-03-29", [60] * 23)
        self.assert_hours("Europe/Berlin", "2026-10-25", [60] * 25)

    def test_new_york_has_23_hours_when_summer_begins_and_25_when_it_ends(self):
        self.assert_hours("America/New_York", "2026-03-08", [60] * 23)
        self.assert_hours("America/New_York", "2026-11-01", [60] * 25)

    def test_lord_howe_changes_by_half_an_hour_and_has_a_half_hour_then(self):
        self.assert_hours("Australia/Lord_Howe", "2026-10-04", [60, 60, 30, *[60] * 21])
        self.assert_hours("Australia/Lord_Howe", "2026-04-05", [60, 60, 30, *[60] * 22])

    def test_kathmandu_starts_its_hours_at_a_quarter_past(self):
        nepali = day("2026-11-23", "Asia/Kathmandu")
        self.assertEqual(utc("2026-11-22T18:15"), nepali.start)
        self.assert_hours("Asia/Kathmandu", "2026-11-23", [60] * 24)

    def test_apia_has_no_30th_of_december_2011(self):
        zone = ZoneInfo("Pacific/Apia")
        week = Span(day_begins(date(2011, 12, 28), zone), day_begins(date(2012, 1, 2), zone))
        starts = [span.start.astimezone(zone).date().isoformat() for span in spans(week, Interval.DAY, zone)]
        self.assertEqual(["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"], starts)
        self.assertEqual(day_begins(date(2011, 12, 31), zone), day_begins(date(2011, 12, 30), zone))
        self.assertEqual([60] * 96, lengths(week, Interval.HOUR, "Pacific/Apia"))

    def test_a_day_that_lacks_its_midnight_begins_when_the_clock_jumps_past_it(self):
        self.assertEqual(utc("2018-11-04T03:00"), day("2018-11-04", "America/Sao_Paulo").start)
        self.assert_hours("America/Sao_Paulo", "2018-11-04", [60] * 23)

    def test_a_day_with_two_midnights_begins_at_the_first(self):
        self.assertEqual(utc("2026-11-01T04:00"), day("2026-11-01", "America/Havana").start)
        self.assert_hours("America/Havana", "2026-11-01", [60] * 25)


class Spans(unittest.TestCase):
    def test_they_cover_the_whole_without_gap_and_are_cut_at_its_ends(self):
        whole = Span(utc("2026-10-23T10:15"), utc("2026-10-26T07:30"))
        for interval in Interval:
            found = list(spans(whole, interval, ZoneInfo("Europe/Berlin")))
            with self.subTest(interval):
                self.assertEqual(whole.start, found[0].start)
                self.assertEqual(whole.end, found[-1].end)
                self.assertEqual([s.end for s in found[:-1]], [s.start for s in found[1:]])

    def test_hours_are_refused_where_clocks_changed_inside_a_quarter_and_days_are_not(self):
        whole = Span(utc("2010-11-06T12:00"), utc("2010-11-08T12:00"))
        zone = ZoneInfo("America/St_Johns")
        with self.assertRaises(Indivisible) as refused:
            list(spans(whole, Interval.HOUR, zone))
        self.assertEqual(utc("2010-11-07T02:45"), refused.exception.at)
        self.assertEqual(calendar_oracle.days(whole.start, whole.end, zone), list(spans(whole, Interval.DAY, zone)))

    def test_they_equal_those_read_off_a_wall_clock(self):
        rng = random.Random(20261123)
        named = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
        sampled = rng.sample(files("tzdata").joinpath("zones").read_text().split(), 30)
        for zone in map(ZoneInfo, [*named, *sampled]):
            whole = around_a_change(zone, rng)
            with self.subTest(zone=zone.key, start=whole.start):
                self.assertEqual(
                    calendar_oracle.days(whole.start, whole.end, zone), list(spans(whole, Interval.DAY, zone))
                )
                self.assertEqual(
                    calendar_oracle.hours(whole.start, whole.end, zone),
                    list(spans(whole, Interval.HOUR, zone)),
                )

    def test_weeks_and_months_equal_those_read_off_a_wall_clock(self):
        rng = random.Random(20261125)
        named = ["Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "America/Havana", "Pacific/Apia"]
        sampled = rng.sample(files("tzdata").joinpath("zones").read_text().split(), 5)
        for zone in map(ZoneInfo, [*named, *sampled]):
            change = around_a_change(zone, rng)
            whole = Span(change.start - rng.randrange(45) * 24 * HOUR, change.end)
            with self.subTest(zone=zone.key, start=whole.start):
                self.assertEqual(
                    calendar_oracle.weeks(whole.start, whole.end, zone), list(spans(whole, Interval.WEEK, zone))
                )
                self.assertEqual(
                    calendar_oracle.months(whole.start, whole.end, zone), list(spans(whole, Interval.MONTH, zone))
                )

    def test_a_week_begins_on_monday_and_a_month_on_its_first_whatever_day_is_asked_from(self):
        berlin = ZoneInfo("Europe/Berlin")
        whole = Span(utc("2026-11-25T12:00"), utc("2027-02-10T12:00"))
        for interval, expected in (
            (Interval.WEEK, ["2026-11-30", "2026-12-07"]),
            (Interval.MONTH, ["2026-12-01", "2027-01-01"]),
        ):
            starts = [span.start.astimezone(berlin) for span in spans(whole, interval, berlin)]
            self.assertEqual(expected, [start.date().isoformat() for start in starts[1:3]])
            self.assertEqual({0}, {start.hour for start in starts[1:]})


def around_a_change(zone, rng):
    """About three days around a change of the zone's clocks, or anywhere if they never change."""
    start = datetime(2012, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=n) for n in range(365 * 25)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    changes = [day for day, before, after in zip(days, offsets, offsets[1:], strict=False) if before != after]
    near = rng.choice(changes or days)
    return Span(near - rng.randrange(24) * HOUR, near + rng.randrange(24, 60) * HOUR)
