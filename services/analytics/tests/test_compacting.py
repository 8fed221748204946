import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from unittest.mock import patch

from backoffice_testing import ServiceTest

from analytics.domain.buckets import Change, number_of
from analytics.domain.catalogue import CATALOGUE
from analytics.domain.intervals import Interval
from analytics.domain.measures import INVOICED, RESOLUTION_TIME, TICKETS_OPENED
from analytics.domain.planning import Question, plan
from analytics.domain.series import assemble
from analytics.handlers import compactor
from analytics.store import compacting, counting
from analytics.store.compacting import Compactor
from analytics.store.counting import Counter
from analytics.store.reading import Reader
from backoffice.dynamodb import from_dynamodb
from tests.contention import hold
from tests.facts import NOON, changing, history, measured, ticket

DAY = timedelta(days=1)
LATER = NOON + 400 * DAY
QUARTER = timedelta(minutes=15)
ABOUT = ("general", "normal", "ann")
MIDNIGHT = NOON.replace(hour=0)
PERCENTILES = [f"resolution_time_p{percent}" for percent in (50, 90, 95)]
REBUILT = [name for name, metric in CATALOGUE.items() if all(measure.is_rebuilt for measure in metric.measures)]


class Killed(BaseException):
    """The worker is gone; nothing of it goes on."""


def never():
    return False


def durations(at, *bins, about=ABOUT):
    return changing(*(Change(RESOLUTION_TIME, about, at, Decimal(amount), bin) for bin, amount in bins))


class CompactingTest(ServiceTest):
    def setUp(self):
        super().setUp()
        self.counter = Counter(self.table)
        self.compactor = Compactor(self.table)

    def count(self, *events):
        self.counter.count(map(measured, events))

    def compact(self, at=LATER):
        return self.compactor.compact(at, never)

    def answer(self, *metrics, start=MIDNIGHT, days=1, interval=Interval.HOUR, zone="UTC", **asked):
        question = Question(metrics, start, start + days * DAY, interval, zone, **asked)
        planned, reader = plan(question), Reader(self.table)
        found = assemble(planned, {read.measure: reader.read(read) for read in planned.reads})
        return {(series.metric.name, *series.dimensions.values()): list(series.values) for series in found}

    def answers(self):
        """What a year comes to, by everything that it can be asked by."""
        whole = {"start": datetime(2026, 7, 1, tzinfo=UTC), "days": 330}
        return [
            self.answer(*REBUILT, **whole, interval=Interval.DAY, zone="Asia/Kathmandu"),
            self.answer(*REBUILT, start=MIDNIGHT - DAY / 48, days=3, interval=Interval.HOUR, zone="Asia/Kolkata"),
            self.answer(*REBUILT, start=MIDNIGHT - DAY / 96, days=3, interval=Interval.HOUR, zone="Europe/Berlin"),
            self.answer(*REBUILT, **whole, interval=Interval.WEEK, dimensions=["queue", "priority", "agent"]),
        ]

    def kinds(self):
        """The kinds of items that metrics have, without those of accounts."""
        pages = self.table.client.get_paginator("scan").paginate(TableName=self.table.name)
        items = [from_dynamodb(item) for page in pages for item in page["Items"]]
        of_metrics = [item for item in items if item["pk"].startswith("METRIC#") and "#account#" not in item["pk"]]
        return {item["sk"].partition("#")[0] for item in of_metrics}

    def once_before(self, operation, action, skip=0):
        """Let something happen before the next call of an operation, or before one after that."""
        left = [skip]

        def happen(**_):
            left[0] -= 1
            if left[0] == -1:
                action()

        self._on(f"before-call.dynamodb.{operation}", happen)


class Compacting(CompactingTest):
    def test_every_answer_stays_the_same_and_so_it_does_when_more_comes_later(self):
        rng = random.Random(20261125)
        for some in (history(rng, 12), history(rng, 6)):
            self.count(*some)
            before = self.answers()
            self.assertGreater(self.compact(), 10)
            self.assertEqual(before, self.answers())
            self.assertEqual({"QUARTERS", "HOURS00", "HOURS30", "HOURS45", "YEAR"}, self.kinds())

    def test_percentiles_are_those_of_all_whenever_they_came(self):
        told = [durations(NOON, (400, 2), (900, 1)), durations(NOON + QUARTER, (100, 1)), durations(NOON, (400, 1))]
        for event in told:
            self.counter.count([event])
            together = self.answer(*PERCENTILES)
            self.compact()
            self.assertEqual(together, self.answer(*PERCENTILES))
        p50 = together["resolution_time_p50",]
        self.assertEqual(12, p50.index(next(value for value in p50 if value is not None)))

    def test_what_was_taken_back_before_it_came_counts_as_none(self):
        self.counter.count([durations(NOON, (400, -1), (100, 1))])
        self.compact()
        taken_back = self.answer(*PERCENTILES)
        self.counter.count([durations(NOON, (400, 1))])
        self.compact()
        self.assertEqual(taken_back, self.answer(*PERCENTILES))

    def test_a_day_that_is_not_over_is_left_unless_it_is_large(self):
        self.counter.count([durations(NOON, (1, 1))])
        tomorrow = MIDNIGHT + DAY
        self.assertEqual(0, self.compact(at=tomorrow + timedelta(minutes=59)))
        with patch.object(compacting, "LARGE", 50):
            self.counter.count(
                durations(NOON + number * QUARTER, *((bin, 1) for bin in range(20))) for number in (1, 2)
            )
            self.assertEqual(0, self.compact(at=NOON))
            self.counter.count([durations(NOON + 3 * QUARTER, *((bin, 1) for bin in range(20)))])
            self.assertEqual(2, self.compact(at=NOON))
            self.counter.count([durations(NOON, (1, 1))])
            self.assertEqual(0, self.compact(at=NOON))
        self.assertEqual(2, self.compact(at=tomorrow + timedelta(minutes=60)))

    def test_shards_are_absorbed_with_their_item(self):
        for shard in (0, 3, 5):
            hold(self, ("METRIC#1#tickets_opened", f"DAY#{NOON.date()}"))
            with patch.object(counting.random, "randrange", return_value=shard):
                Counter(self.table).count([measured(ticket(NOON))])
        self.assertEqual(3, len(self.table.query("METRIC#1#tickets_opened", sk_prefix="DAY#").items))
        self.compact()
        self.assertEqual(3, sum(self.answer("tickets_opened")["tickets_opened",]))
        self.assertNotIn("DAY", self.kinds())

    def test_accounts_are_left_as_they_are(self):
        self.counter.count([changing(Change(INVOICED, ("EUR", "cus_1"), NOON, Decimal("0.10")))])
        self.assertEqual(1, self.compact())
        for filters in ({}, {"account": ["cus_1"]}):
            self.assertEqual(Decimal("0.10"), sum(self.answer("invoiced", filters=filters)["invoiced", "EUR"]))

    def test_an_item_from_before_there_was_compacting_is_left_and_read(self):
        self.table.put_all([{"pk": "METRIC#1#tickets_opened", "sk": f"DAY#{NOON.date()}", "t1200": 5}])
        self.assertEqual(0, self.compact())
        self.assertEqual(5, sum(self.answer("tickets_opened")["tickets_opened",]))

    def test_the_events_behind_a_number_are_found_even_where_they_come_to_nothing(self):
        changes = [Change(TICKETS_OPENED, ABOUT[:2], NOON + QUARTER, Decimal(amount)) for amount in (1, -1)]
        self.counter.count(changing(change) for change in changes)
        self.compact()
        (read,) = plan(Question(["tickets_opened"], NOON, NOON + timedelta(hours=1), Interval.MONTH, "UTC")).reads
        self.assertEqual({number_of(NOON)}, Reader(self.table).read(read)[()].numbers)

    def test_it_stops_when_the_time_is_up_and_goes_on_the_next_time(self):
        self.count(ticket(NOON), ticket(NOON + DAY))
        context = SimpleNamespace(function_name="compactor", aws_request_id="request")
        context.get_remaining_time_in_millis = lambda: 0
        compactor.handler({"time": "2028-01-01T00:00:00Z"}, context)
        self.assertEqual({"DAY", "YEAR"}, self.kinds())
        self.assertGreater(self.compact(), 0)


class Together(CompactingTest):
    """Counting, compacting and reading meet."""

    def setUp(self):
        super().setUp()
        self.count(ticket(NOON))

    def opened(self, **how):
        return sum(self.answer("tickets_opened", **how).get(("tickets_opened",), [0]))

    def test_what_is_added_meanwhile_is_left_for_the_next_time(self):
        self.once_before("TransactWriteItems", lambda: self.count(ticket(NOON)))
        self.compact()
        self.assertIn("DAY", self.kinds())
        self.assertEqual(2, self.opened())
        self.compact()
        self.assertEqual(2, self.opened())
        self.assertNotIn("DAY", self.kinds())

    def test_what_others_hold_is_left_for_the_next_time(self):
        hold(self, ("METRIC#1#tickets_opened", f"DAY#{NOON.date()}"))
        self.compact()
        self.assertIn("DAY", self.kinds())

    def test_of_two_who_absorb_the_same_one_gets_it(self):
        other = Compactor(self.table)
        self.once_before("TransactWriteItems", lambda: other.compact(LATER, never))
        self.compact()
        self.assertEqual(1, self.opened())

    def test_whoever_comes_late_with_an_item_that_was_born_again_gets_nothing(self):
        def meanwhile():
            Compactor(self.table).compact(LATER, never)
            self.count(ticket(NOON))  # the same item at the same version, with another birth

        self.once_before("TransactWriteItems", meanwhile)
        self.compact()
        self.assertEqual(2, self.opened())

    def test_a_reader_sees_each_event_once_whenever_it_is_absorbed(self):
        for calls_before in range(4):
            self.once_before("Query", self.compact, skip=calls_before)
            with self.subTest(calls_before=calls_before):
                self.assertEqual(calls_before + 1, self.opened())
                self.assertEqual(calls_before + 1, self.opened(zone="Asia/Kolkata"))
            self.count(ticket(NOON))

    def test_births_are_remembered_for_longer_than_a_reader_takes_and_then_forgotten(self):
        def births():
            return len(self.table.get("METRIC#1#tickets_opened", f"HOURS30#{NOON.date()}")["absorbed"])

        for minutes, expected in ((0, 1), (10, 2), (20, 2), (60, 1)):
            self.compact(at=LATER + timedelta(minutes=minutes))
            self.count(ticket(NOON))
            self.assertEqual(expected, births())

    def test_whoever_died_without_knowing_that_it_was_done_has_done_it_once(self):
        def die(**_):
            raise Killed

        events = self.table.client.meta.events
        events.register("after-call.dynamodb.TransactWriteItems", die)
        with self.assertRaises(Killed):
            self.compact()
        events.unregister("after-call.dynamodb.TransactWriteItems", die)
        self.compact()
        self.assertEqual(1, self.opened())
