import json
import random
from datetime import timedelta
from unittest.mock import patch
from uuid import UUID

import boto3
from backoffice_testing import ServiceTest

from analytics.handlers import commands
from analytics.web import stream
from backoffice.clock import now
from tests.page_views import sent

THROTTLED = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}


class WebEvents(ServiceTest):
    groups = "sites"
    aws = True

    def setUp(self):
        super().setUp()
        self.kinesis = boto3.client("kinesis")
        self.kinesis.create_stream(StreamName="web-events", ShardCount=2)
        self.arn = self.kinesis.describe_stream(StreamName="web-events")["StreamDescription"]["StreamARN"]
        secret = boto3.client("secretsmanager").create_secret(Name="visitor-key", SecretString="k" * 64)
        where = {"WEB_EVENTS_STREAM_ARN": self.arn, "VISITOR_KEY_ARN": secret["ARN"]}
        self._start(patch.dict("os.environ", where))
        self._start(patch("analytics.web.stream.back_off"))
        stream._key.cache_clear()
        self.addCleanup(stream._key.cache_clear)
        self.at = now()

    def send(self, *events, **how):
        return self.call(commands.api, "POST", "/events", {"events": list(events)}, key="", **how)

    def errors(self, reply):
        self.assertEqual((422, "validation_failed"), (reply.status, reply.body["code"]))
        return [error["field"] for error in reply.body["errors"]]

    def in_stream(self):
        """What has been put into the stream, by shard."""
        shards = self.kinesis.list_shards(StreamName="web-events")["Shards"]
        found = []
        for shard in shards:
            where = {"StreamName": "web-events", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = self.kinesis.get_shard_iterator(**where)["ShardIterator"]
            found.append(
                [json.loads(one["Data"]) for one in self.kinesis.get_records(ShardIterator=iterator)["Records"]]
            )
        return found

    def test_a_batch_is_accepted_and_lies_in_the_stream_spread_over_its_shards(self):
        reply = self.send(*(sent(number, self.at) for number in range(500)))
        self.assertEqual((202, {"accepted": 500, "duplicates": 0}), (reply.status, reply.body))
        shards = self.in_stream()
        self.assertEqual({str(UUID(int=n)) for n in range(500)}, {one["event_id"] for one in sum(shards, [])})
        self.assertGreater(min(map(len, shards)), 150)

    def test_what_goes_further_tells_nobody_who_somebody_is(self):
        secret = "jane.doe@example.com"
        address = f"https://example.com/pricing?mail={secret}"
        self.send(sent(1, self.at, visitor_id=secret, page=address), sent(2, self.at, visitor_id=secret))
        first, second = sum(self.in_stream(), [])
        self.assertEqual(["/pricing"] * 2, [first["page"], second["page"]])
        self.assertEqual(first["visitor"], second["visitor"])
        self.assertNotIn("jane", json.dumps([first, second, self.logs()]))
        with patch("analytics.web.stream._key", return_value=b"another stage's"):
            self.assertNotEqual(int(first["visitor"], 16), stream.visitor_hash(secret))

    def test_an_event_that_stands_there_twice_is_put_once(self):
        twice = sent(1, self.at)
        reply = self.send(twice, sent(2, self.at), twice, {**twice, "page": "/pricing/?again"})
        self.assertEqual((202, {"accepted": 2, "duplicates": 2}), (reply.status, reply.body))
        self.assertEqual(2, len(sum(self.in_stream(), [])))

    def test_two_events_of_one_id_are_refused(self):
        self.assertEqual(
            ["events.1.event_id"],
            self.errors(self.send(sent(1, self.at), sent(2, self.at, event_id=sent(1, self.at)["event_id"]))),
        )

    def test_every_field_at_fault_is_named_with_its_event(self):
        good = sent(1, self.at)
        for fields, changed in (
            (["page"], {"page": "pricing"}),
            (["page"], {"page": 7}),
            (["page"], {"page": "/" + "a" * 2_048}),
            (["page"], {"page": "/\x00"}),
            (["visitor_id"], {"visitor_id": ""}),
            (["visitor_id"], {"visitor_id": None}),
            (["visitor_id"], {"visitor_id": "v" * 129}),
            (["event_id"], {"event_id": "a b"}),
            (["event_id"], {"event_id": "e" * 65}),
            (["event_id"], {"event_id": 1}),
            (["occurred_at"], {"occurred_at": "2026-11-25T10:00:00"}),
            (["occurred_at"], {"occurred_at": 1_700_000_000}),
            (["occurred_at"], {"occurred_at": "0001-01-01T00:00:00+14:00"}),
            (["occurred_at"], {"occurred_at": "9999-12-31T23:59:59Z"}),
            (["occurred_at"], {"occurred_at": "1970-01-01T00:00:00Z"}),
            (["referrer"], {"referrer": "https://example.org"}),
        ):
            with self.subTest(f"{changed}"[:60]):
                reply = self.send(*(sent(number, self.at) for number in range(10, 27)), {**good, **changed})
                self.assertEqual([f"events.17.{field}" for field in fields], self.errors(reply))
        self.assertEqual([[], []], self.in_stream())

    def test_views_of_a_week_ago_and_of_clocks_that_are_fast_are_taken(self):
        old, young = self.at - timedelta(days=6, hours=23), self.at + timedelta(minutes=4)
        self.assertEqual(202, self.send(sent(1, old), sent(2, young)).status)
        too_old, too_young = self.at - timedelta(days=7, seconds=1), self.at + timedelta(minutes=6)
        refused = self.send(sent(1, too_old), sent(2, self.at), sent(3, too_young))
        self.assertEqual(["events.0.occurred_at", "events.2.occurred_at"], self.errors(refused))

    def test_what_is_no_batch_is_refused(self):
        for body in ({}, {"events": []}, {"events": "x"}, {"events": {}}, {"events": None}):
            with self.subTest(body):
                reply = self.call(commands.api, "POST", "/events", body, key="")
                self.assertEqual(["events"], self.errors(reply))
        self.assertEqual(["events.0"], self.errors(self.send("x")))
        self.assertEqual(["events"], self.errors(self.send(*(sent(number, self.at) for number in range(501)))))
        huge = json.dumps({"events": [sent(1, self.at)], "padding": "x" * 2_000_000})
        reply = self.call(commands.api, "POST", "/events", huge, key="")
        self.assertEqual((413, "content_too_large"), (reply.status, reply.body["code"]))

    def test_only_sites_may_send(self):
        for groups, status in (("sites", 202), ("operators", 403), ("analysts", 403), ("", 403)):
            with self.subTest(groups):
                self.assertEqual(status, self.send(sent(1, self.at), groups=groups).status)

    def test_what_the_stream_refuses_is_put_again_and_nothing_else(self):
        rng, put = random.Random(1), []

        def some_refused(StreamARN, Records):
            answers = [THROTTLED if rng.random() < 0.4 else {"SequenceNumber": "1"} for _ in Records]
            put.extend(r["PartitionKey"] for r, answer in zip(Records, answers, strict=True) if answer is not THROTTLED)
            return {"Records": answers}

        with patch("analytics.web.stream.client") as client, patch("analytics.web.stream._key", return_value=b"k"):
            client.return_value.put_records = some_refused
            reply = self.send(*(sent(number, self.at) for number in range(50)))
        self.assertEqual(202, reply.status)
        self.assertCountEqual([str(UUID(int=number)) for number in range(50)], put)

    def test_an_answer_names_what_was_not_accepted_in_the_end(self):
        def always_refused(StreamARN, Records):
            return {"Records": [THROTTLED if one["PartitionKey"][-1] in "37" else {} for one in Records]}

        with patch("analytics.web.stream.client") as client, patch("analytics.web.stream._key", return_value=b"k"):
            client.return_value.put_records = always_refused
            reply = self.send(*(sent(number, self.at) for number in range(10)))
        self.assertEqual((503, "not_all_accepted"), (reply.status, reply.body["code"]))
        self.assertEqual(8, reply.body["accepted"])
        self.assertEqual([str(UUID(int=number)) for number in (3, 7)], reply.body["not_accepted"])
