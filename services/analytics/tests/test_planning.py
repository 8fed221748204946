import unittest
from datetime import UTC, date, datetime, timedelta

from analytics.domain.intervals import Interval
from analytics.domain.planning import MAX_INTERVALS, Question, plan
from backoffice.domain import Invalid


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def question(**changed):
    asked = {
        "metrics": ["tickets_opened", "invoiced"],
        "start": date(2026, 11, 23),
        "end": date(2026, 11, 30),
        "interval": Interval.DAY,
        "time_zone": "Europe/Berlin",
    }
    return Question(**{**asked, **changed})


class Planning(unittest.TestCase):
    def fields(self, **changed):
        with self.assertRaises(Invalid) as refused:
            plan(question(**changed))
        return [error.field for error in refused.exception.errors]

    def test_dates_are_local_and_the_last_one_is_not_included(self):
        found = plan(question())
        self.assertEqual(utc("2026-11-22T23:00"), found.whole.start)
        self.assertEqual(utc("2026-11-29T23:00"), found.whole.end)
        self.assertEqual(7, len(found.spans))
        self.assertEqual(["tickets_opened", "invoiced"], [metric.name for metric in found.metrics])

    def test_times_may_cut_the_first_and_the_last_interval_short(self):
        found = plan(question(start=utc("2026-11-23T10:15"), end=utc("2026-11-24T00:30")))
        self.assertEqual(2, len(found.spans))
        self.assertEqual((found.whole.start, found.whole.end), (found.spans[0].start, found.spans[1].end))

    def test_every_field_at_fault_is_named(self):
        self.assertEqual(["metrics.0"], self.fields(metrics=["happiness"]))
        self.assertEqual(["metrics.1"], self.fields(metrics=["invoiced", "invoiced"]))
        self.assertEqual(["to"], self.fields(end=date(2026, 11, 23)))
        self.assertEqual(["from"], self.fields(start=utc("2026-11-23T10:14:59")))
        self.assertEqual(
            ["metrics.0", "filters.currency", "from", "to"],
            self.fields(
                metrics=["happiness", "tickets_opened"],
                filters={"currency": ["EUR"]},
                start=date(1, 1, 1),
                end=date.max,
            ),
        )

    def test_a_filter_needs_one_metric_that_has_its_dimension(self):
        euros = {"currency": ["EUR"]}
        self.assertEqual(euros, plan(question(filters=euros)).filters)
        self.assertEqual(["filters.currency"], self.fields(metrics=["tickets_opened"], filters=euros))

    def test_a_dimension_needs_one_metric_that_has_it_and_is_named_once(self):
        self.assertEqual({"queue"}, plan(question(dimensions=["queue"])).split_by)
        self.assertEqual(["dimensions.1"], self.fields(dimensions=["queue", "queue"]))
        self.assertEqual(["dimensions.0"], self.fields(metrics=["invoiced"], dimensions=["queue"]))
        self.assertEqual(["dimensions.0"], self.fields(dimensions=["colour"]))

    def test_accounts_are_split_only_if_they_are_named_and_twenty_at_most(self):
        self.assertEqual(["filters.account"], self.fields(dimensions=["account"]))
        named = {"account": [f"cus_{number}" for number in range(21)]}
        self.assertEqual(["filters.account"], self.fields(filters=named))
        most = {"account": named["account"][:20]}
        self.assertEqual(20, len(plan(question(filters=most, dimensions=["account"])).reads[1].accounts))

    def test_there_is_a_most_of_intervals(self):
        start = utc("2026-01-01T00:00")
        hours = {"start": start, "interval": Interval.HOUR, "time_zone": "UTC"}
        most = plan(question(**hours, end=start + timedelta(hours=MAX_INTERVALS)))
        self.assertEqual(MAX_INTERVALS, len(most.spans))
        self.assertEqual(["interval"], self.fields(**hours, end=start + timedelta(hours=MAX_INTERVALS, minutes=15)))
        self.assertEqual(["interval"], self.fields(start=date(2000, 1, 1), end=date(2099, 1, 1)))

    def test_hours_that_buckets_cannot_split_are_refused(self):
        newfoundland = {"time_zone": "America/St_Johns", "start": date(2010, 11, 6), "end": date(2010, 11, 9)}
        self.assertEqual(["interval"], self.fields(**newfoundland, interval=Interval.HOUR))
        self.assertEqual(3, len(plan(question(**newfoundland)).spans))
