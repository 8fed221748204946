import json
import random
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import boto3
from backoffice_testing import CONTEXT, ServiceTest
from botocore.exceptions import ClientError

from analytics.domain.web import views as rules
from analytics.domain.web.pages import OTHER
from analytics.handlers import queries, visits
from analytics.store.visits import VisitStore
from backoffice.dynamodb import from_dynamodb
from backoffice.errors import StaleVersion
from tests.page_views import batch, data_of, view

AT = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)
SHARD = "000000000003"


class Visits(ServiceTest):
    groups = "analysts"
    aws = True

    def setUp(self):
        super().setUp()
        queue = boto3.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
        self._start(patch.dict("os.environ", {"DEAD_LETTERS_URL": queue}))

    def take(self, *records, shard=SHARD):
        """Deliver views, or the bytes of records, each with its number, as one batch."""
        written = [(number, one if isinstance(one, bytes) else data_of(one)) for number, one in records]
        visits.handler(batch(written, shard), CONTEXT)

    def letters(self):
        answer = boto3.client("sqs").receive_message(
            QueueUrl=boto3.client("sqs").get_queue_url(QueueName="dead-letters")["QueueUrl"], MaxNumberOfMessages=10
        )
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def items(self):
        """What is kept, by key, all but how far each shard has come."""
        answer = self.table.client.scan(TableName=self.table.name)
        assert "LastEvaluatedKey" not in answer
        found = [from_dynamodb(item) for item in answer["Items"]]
        return {(item["pk"], item["sk"]): item for item in found if item["sk"] != "STANDING"}

    def values(self, *metrics, **changed):
        question = {"metrics": metrics, "from": "2026-11-23", "to": "2026-11-24", "interval": "day", "time_zone": "UTC"}
        reply = self.call(queries.api, "POST", "/query", {**question, **changed}, key="")
        self.assertEqual(200, reply.status, reply.body)
        return {
            (series["metric"], series["dimensions"].get("page")): [point["value"] for point in series["points"]]
            for series in reply.body["series"]
        }

    def total(self):
        return self.values("page_views")["page_views", None][0]


class Counting(Visits):
    def test_views_and_visitors_are_counted_by_page_and_in_total(self):
        self.take(
            (1, view(1, AT, "/", visitor=1)),
            (2, view(2, AT, "/pricing", visitor=1)),
            (3, view(3, AT + timedelta(hours=2), "/pricing", visitor=2)),
            (4, view(4, AT + timedelta(hours=2), "/pricing", visitor=2)),
        )
        self.assertEqual(
            {("page_views", None): [4], ("unique_visitors", None): [2]}, self.values("page_views", "unique_visitors")
        )
        self.assertEqual(
            {
                ("page_views", "/"): [1],
                ("page_views", "/pricing"): [3],
                ("unique_visitors", "/"): [1],
                ("unique_visitors", "/pricing"): [2],
            },
            self.values("page_views", "unique_visitors", dimensions=["page"], filters={"page": ["/", "/pricing"]}),
        )
        self.assertEqual(
            {("page_views", "/"): [1], ("page_views", "/pricing"): [3]}, self.values("page_views", dimensions=["page"])
        )

    def test_a_batch_costs_two_reads_and_one_transaction(self):
        self.calls.clear()
        self.take(*((number, view(number, AT)) for number in range(100)))
        self.assertEqual(["BatchGetItem", "BatchGetItem", "TransactWriteItems"], self.calls)

    def test_a_batch_of_many_pages_is_several_transactions_of_a_hundred_items_at_most(self):
        sizes = []
        self._on(
            "before-parameter-build.dynamodb.TransactWriteItems",
            lambda params, **_: sizes.append(len(params["TransactItems"])),
        )
        self.take(*((number, view(number, AT, f"/{number}")) for number in range(60)))
        self.assertEqual(60, self.total())
        self.assertLessEqual(max(sizes), 100)
        self.assertLessEqual(len(sizes), 4)

    def test_shards_count_side_by_side_and_a_visitor_of_several_is_one(self):
        for number, shard in enumerate(("000000000000", "000000000001", "000000000017")):
            self.take((5, view(number, AT, visitor=1)), shard=shard)
        self.assertEqual(
            {("page_views", None): [3], ("unique_visitors", None): [1]}, self.values("page_views", "unique_visitors")
        )

    def test_nothing_tells_who_somebody_is_or_which_event_it_was(self):
        first = view(123456789, AT)
        self.take((1, first))
        kept = repr(self.items()) + repr(self.logs())
        for told in (first.event_id, f"{first.visitor:x}", f"{first.visitor}"):
            self.assertNotIn(told, kept)


class ExactlyOnce(Visits):
    def test_a_batch_that_comes_again_changes_nothing_and_writes_nothing(self):
        records = [(number, view(number, AT, f"/{number % 3}")) for number in range(20)]
        self.take(*records)
        once = self.items()
        self.calls.clear()
        self.take(*records)
        self.assertEqual(["BatchGetItem"], self.calls)
        self.assertEqual(once, self.items())

    def test_batches_that_are_cut_in_another_way_each_time_leave_the_same_as_one(self):
        rng = random.Random(20261125)
        records = [
            (number, view(number % 70, AT + timedelta(minutes=number % 7), f"/{number % 5}", visitor=number % 11))
            for number in range(80)
        ]
        self.take(*records)
        once = self.items()
        for _ in range(3):
            self.empty_table()
            start = 0
            while start < len(records):
                end = rng.randrange(start + 1, len(records) + 1)
                self.take(*records[start:end])
                # As after a bisect, or by a worker that did not hear that it was done: some come again.
                start = rng.randrange(start + 1, end + 1)
            self.assertEqual(once, self.items())
        self.assertEqual(70, self.total())

    def test_a_failure_in_the_middle_of_a_batch_neither_loses_nor_doubles(self):
        records = [(number, view(number, AT, f"/{number}")) for number in range(60)]
        with self.failing_after(2), self.assertRaises(ClientError):
            self.take(*records)
        counted = self.total()
        self.assertTrue(0 < counted < 60)
        for half in (records[:30], records[30:]):
            self.take(*half)
        self.assertEqual(60, self.total())
        self.assertEqual(60, self.values("unique_visitors")["unique_visitors", None][0])

    def test_the_same_event_sent_again_in_another_request_counts_once(self):
        self.take((1, view(1, AT)), (2, view(2, AT)))
        self.take((3, view(1, AT)), (4, view(3, AT)), (5, view(3, AT)))
        self.assertEqual(3, self.total())

    def test_a_worker_that_was_given_up_cannot_count_beside_the_next_one(self):
        self.take((1, view(1, AT)))
        self.meanwhile("TransactWriteItems", lambda: self.take((2, view(2, AT)), (3, view(3, AT))))
        with self.assertRaises(StaleVersion):
            self.take((2, view(2, AT)))
        self.assertEqual(3, self.total())

    def test_ids_are_forgotten_oldest_first_and_no_item_outgrows_its_table(self):
        with patch.object(rules, "MOST_IDS", 10):
            self.take(*((number, view(number, AT)) for number in range(15)))
            self.take((20, view(14, AT)), (21, view(5, AT)))
            self.assertEqual(15, self.total())
            self.take((22, view(0, AT)))
        self.assertEqual(16, self.total())
        # A digest and a key: 400 KB are not reached.
        self.assertLess(rules.MOST_IDS * 8 + 1_000, 400_000)

    def failing_after(self, transactions):
        """Refuse every transaction after so many."""
        made = []

        def refuse(**_):
            made.append(1)
            if len(made) > transactions:
                raise ClientError({"Error": {"Code": "InternalServerError"}}, "TransactWriteItems")

        return _Registered(self.table.client.meta.events, "before-call.dynamodb.TransactWriteItems", refuse)


class BadRecords(Visits):
    def test_a_record_that_cannot_be_read_is_set_aside_and_all_others_count(self):
        good = json.loads(data_of(view(9, AT)))
        bad = [
            b"\xff\x00rubbish",
            b"[]",
            b"null",
            b"{}",
            b"[" * 100_000,
            json.dumps({**good, "page": None}).encode(),
            json.dumps({**good, "visitor": "jane@example.com"}).encode(),
            json.dumps({**good, "occurred_at": "yesterday"}).encode(),
        ]
        self.take((1, view(1, AT)), *enumerate(bad, start=2), (20, view(2, AT)))
        self.assertEqual(2, self.total())
        letters = self.letters()
        self.assertEqual(
            [str(number) for number in range(2, 10)],
            sorted(letter["KinesisBatchInfo"]["startSequenceNumber"] for letter in letters),
        )
        self.assertEqual({"shardId-" + SHARD}, {letter["KinesisBatchInfo"]["shardId"] for letter in letters})
        self.assertNotIn("jane", json.dumps([letters, self.logs()]))

    def test_a_batch_of_nothing_readable_is_done(self):
        self.take((1, b"rubbish"))
        self.assertEqual({}, self.items())
        self.assertEqual(1, len(self.letters()))


class ManyPages(Visits):
    def test_beyond_so_many_pages_a_day_further_ones_count_together(self):
        with patch.object(rules, "MOST_PAGES", 3):
            self.take(*((number, view(number, AT, f"/{number}")) for number in range(5)))
            self.take((9, view(9, AT, "/0")), (10, view(10, AT, "/9")), (11, view(11, AT + timedelta(days=1), "/new")))
        self.assertEqual(
            {
                ("page_views", OTHER): [3, 0],
                ("page_views", "/0"): [2, 0],
                ("page_views", "/1"): [1, 0],
                ("page_views", "/2"): [1, 0],
                ("page_views", "/new"): [0, 1],
            },
            self.values("page_views", dimensions=["page"], to="2026-11-25"),
        )

    def test_one_with_the_longest_name_has_its_place(self):
        page = "/" + "%C3%A4" * 49
        self.take((1, view(1, AT, page)))
        self.assertEqual({("page_views", page): [1]}, self.values("page_views", dimensions=["page"]))


class Asking(Visits):
    def test_any_interval_of_any_zone_has_the_visitors_of_exactly_its_time(self):
        rng = random.Random(11)
        # Around the end of summer time in Europe.
        midnight = datetime(2026, 10, 25, tzinfo=UTC)
        seen = [(midnight + timedelta(minutes=15 * rng.randrange(96)), rng.randrange(9)) for _ in range(30)]
        self.take(*((n, view(n, at, visitor=who)) for n, (at, who) in enumerate(seen)))
        for zone in ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"):
            for interval, first, last in (
                ("month", "2026-10-01", "2026-12-01"),
                ("day", "2026-10-24", "2026-10-28"),
                ("hour", "2026-10-25", "2026-10-26"),
            ):
                with self.subTest(zone=zone, interval=interval):
                    times = {"from": first, "to": last, "interval": interval, "time_zone": zone}
                    question = {"metrics": ["unique_visitors"], **times}
                    answer = self.call(queries.api, "POST", "/query", question, key="").body
                    for point in answer["series"][0]["points"]:
                        start, end = (datetime.fromisoformat(point[name]) for name in ("start", "end"))
                        self.assertEqual(len({who for at, who in seen if start <= at < end}), point["value"])

    def test_it_reads_no_more_than_the_intervals_need(self):
        self.take((1, view(1, AT)))
        for how, most in (
            ({"interval": "day"}, 1),
            ({"interval": "day", "time_zone": "Europe/Berlin", "to": "2027-02-23"}, 1),
            ({"interval": "hour", "to": "2027-02-23"}, 1),
            ({"interval": "month", "from": "2026-01-01", "to": "2027-01-01", "time_zone": "Europe/Berlin"}, 14),
        ):
            self.calls.clear()
            with self.subTest(how):
                self.values("unique_visitors", **how)
                self.assertLessEqual(len(self.calls), most)

    def test_where_nobody_came_there_were_no_visitors(self):
        self.assertEqual(
            {("page_views", None): [0], ("unique_visitors", None): [0]}, self.values("page_views", "unique_visitors")
        )
        self.assertEqual({}, self.values("page_views", dimensions=["page"]))

    def test_visitors_by_page_are_asked_for_by_name_and_within_limits(self):
        pages = [f"/{number}" for number in range(21)]
        for fields, changed in (
            (["filters.page"], {"dimensions": ["page"]}),
            (["filters.page"], {"filters": {"page": pages}}),
            (["interval"], {"interval": "hour", "to": "2026-12-23", "filters": {"page": pages[:8]}}),
            (["interval"], {"interval": "hour", "to": "2027-02-28", "filters": {"page": pages[:3]}}),
        ):
            with self.subTest(changed):
                question = {"metrics": ["unique_visitors"], "from": "2026-11-23", "to": "2026-11-24"}
                body = {**question, "interval": "day", "time_zone": "UTC", **changed}
                reply = self.call(queries.api, "POST", "/query", body, key="")
                self.assertEqual(422, reply.status)
                self.assertEqual(fields, [error["field"] for error in reply.body["errors"]])

    def test_the_views_behind_a_number_are_not_kept_and_an_answer_says_so(self):
        self.take((1, view(1, AT)))
        for metric in ("page_views", "unique_visitors"):
            query = {"bucket": "2026-11-23T00:00:00Z/2026-11-24T00:00:00Z"}
            reply = self.call(queries.api, "GET", f"/metrics/{metric}/events", query=query)
            self.assertEqual((409, "events_not_kept"), (reply.status, reply.body["code"]))

    def test_a_standing_is_kept_for_each_shard(self):
        self.take((7, view(1, AT)), shard="000000000001")
        store = VisitStore(self.table)
        self.assertEqual(7, store.standing("000000000001", []).number)
        self.assertEqual(-1, store.standing("000000000002", []).number)


class _Registered:
    def __init__(self, events, name, handler):
        self._events, self._at = events, (name, handler)

    def __enter__(self):
        self._events.register(*self._at)

    def __exit__(self, *_):
        self._events.unregister(*self._at)
