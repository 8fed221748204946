import gzip
import json
import random
from unittest.mock import patch

from botocore.exceptions import ClientError

from analytics.store import bulk
from analytics.transforming import content as reading
from analytics.transforming import quarantine
from tests.file_drops import HEADER
from tests.interrupted_drops import ROWS, Interrupted, file_of


class OneRange(Interrupted):
    def test_twenty_kills_leave_what_an_undisturbed_run_leaves(self):
        content = file_of(1)
        calm = self.undisturbed(content)
        self.forget()
        wild = self.killed_at_random(content, 20)
        self.assertEqual(calm, wild)
        drop = wild[0]
        self.assertEqual((ROWS, ROWS), (drop["rows_read"], drop["rows_written"] + drop["rows_rejected"]))
        self.assertEqual(1, len(self.events("FileDropProcessed")))
        self.assertEqual(1, len(self.events("DataQualityAlertRaised")))

    def test_what_came_before_a_kill_is_not_read_again(self):
        content = file_of(2)
        steps = []
        read = reading.S3Object.read

        def noted(this, start, end=None):
            steps.append(start)
            return read(this, start, end)

        with patch.object(reading.S3Object, "read", noted):
            self.killed_at_random(content, 6, apart=60)
        resumed = [start for start in steps if start > len(HEADER)]
        self.assertGreater(len(resumed), 2)
        self.assertEqual(sorted(resumed), resumed)

    def test_when_its_time_is_up_it_hands_the_rest_to_a_run_of_its_own(self):
        content = file_of(3)
        calm = self.undisturbed(content)
        self.forget()
        self.announce(self.drop(content))
        taken = self.work(milliseconds=20_000)
        self.assertGreater(len(taken), 8)
        self.assertEqual({"drop_id": calm[0]["id"], "range": 0}, json.loads(taken[-1]))
        self.assertEqual(calm, self.outcome(self.newest_drop()))

    def test_the_same_file_again_under_any_name_changes_nothing(self):
        content = file_of(4)
        calm = self.undisturbed(content)
        before = self.newest_drop()
        self.alerts()
        self.process(content)
        again = self.process(content, name="other.csv")
        self.assertEqual((calm, before, []), (self.outcome(again), again, self.alerts()))
        self.assertEqual(1, len(self.get("/drops")["items"]))

    def test_messages_that_come_twice_or_too_late_count_once(self):
        content = file_of(5)
        calm = self.undisturbed(content)
        self.announce(json.dumps({"drop_id": calm[0]["id"], "range": 0}))
        self.announce(self.drop(content))
        self.work()
        self.assertEqual(calm, self.outcome(self.newest_drop()))

    def test_two_workers_on_one_range_count_each_row_once(self):
        content = file_of(6)
        calm = self.undisturbed(content)
        self.forget()
        self.announce(self.drop(content))
        first, second = self.next_message(), []

        def somebody_else(**_):
            if second:
                return
            second.append(True)
            self.hand_over(first)

        self._on("before-call.dynamodb.TransactWriteItems", somebody_else)
        self.hand_over(first)
        self.assertEqual(calm, self.outcome(self.newest_drop()))

    def test_a_compressed_file_is_resumed_where_its_content_stood(self):
        content = gzip.compress(file_of(7).encode(), mtime=0)
        calm = self.undisturbed(content)
        self.forget()
        self.assertEqual(calm, self.killed_at_random(content, 12))

    def test_what_a_table_refuses_is_sent_again_until_it_takes_it(self):
        content = file_of(8)
        calm = self.undisturbed(content)
        self.forget()
        rng = random.Random(3)
        call, refused = bulk._call, []

        def throttled(body):
            if rng.random() < 0.3:
                refused.append(body)
                return None
            requests = json.loads(body)["RequestItems"]
            ((table, items),) = requests.items()
            kept = items[: len(items) // 2] if rng.random() < 0.4 else []
            refused.extend(kept)
            call(json.dumps({"RequestItems": {table: items[len(kept) :]}}).encode())
            return {table: kept} if kept else {}

        with patch.object(bulk, "_call", throttled), patch.object(bulk, "back_off"):
            self.announce(self.drop(content))
            self.work()
        self.assertGreater(len(refused), 10)
        self.assertEqual(calm, self.outcome(self.newest_drop()))

    def test_an_error_is_raised_and_its_message_given_back_soon(self):
        self.announce(self.drop(file_of(9)))
        message = self.next_message()

        def fail(**_):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

        events = quarantine.client("s3").meta.events
        events.register("before-call.s3.PutObject", fail)
        try:
            with self.assertRaises(ClientError):
                self.hand_over(message)
        finally:
            events.unregister("before-call.s3.PutObject", fail)
        self.assertEqual("processing", self.newest_drop()["state"])
        self.sqs.change_message_visibility(
            QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
        self.work()
        self.assertEqual("processed", self.newest_drop()["state"])


class ManyRanges(Interrupted):
    range_bytes = 1300

    def test_ranges_are_worked_on_by_themselves_and_know_their_lines(self):
        content = file_of(1)
        self.announce(self.drop(content))
        taken = self.work()
        drop, _, errors, quarantined = self.outcome(self.newest_drop())
        self.assertGreater(drop["ranges"], 4)
        self.assertEqual(drop["ranges"] + 1, len(taken))
        bad = [number for number, line in enumerate(content.splitlines(), 1) if "2026-11-31" in line]
        self.assertEqual(bad, [line for line, _ in errors])
        self.assertEqual(bad, [row["line"] for row in quarantined])
        self.assertEqual((ROWS, len(bad)), (drop["rows_read"], drop["rows_rejected"]))

    def test_ranges_write_what_one_alone_would(self):
        content = file_of(2)
        _, records, errors, quarantined = self.undisturbed(content)
        self.forget()
        with patch.dict("os.environ", RANGE_BYTES="1000000"):
            _, of_one, errors_of_one, quarantined_of_one = self.undisturbed(content)
        self.assertEqual(1, self.newest_drop()["ranges"])
        self.assertEqual((of_one, errors_of_one), (records, errors))
        self.assertEqual([one["line"] for one in quarantined_of_one], [one["line"] for one in quarantined])

    def test_twenty_kills_leave_what_an_undisturbed_run_leaves(self):
        content = file_of(3)
        calm = self.undisturbed(content)
        self.forget()
        self.assertEqual(calm, self.killed_at_random(content, 20))
        self.assertEqual(1, len(self.events("FileDropProcessed")))

    def test_progress_and_records_can_be_read_meanwhile(self):
        self.announce(self.drop(file_of(4)))
        self.hand_over(self.next_message())
        self.assertEqual(("processing", 0), (self.newest_drop()["state"], self.newest_drop()["progress"]))
        self.hand_over(self.next_message())
        drop = self.newest_drop()
        self.assertTrue(0 < drop["progress"] < 100, drop)
        self.assertEqual(len(self.records()), drop["rows_written"])
        self.assertTrue(self.get("/records", event_type="click")["items"])

    def test_what_may_break_lines_in_quotes_is_not_split_unless_it_has_none(self):
        quoted = HEADER + '"u1",2026-11-23,click\n' * 200
        self.assertEqual((1, 200), tuple(self.process(quoted)[name] for name in ("ranges", "rows_written")))
        self.set_up_source(quoted_line_breaks=False)
        more = HEADER + '"u2",2026-11-23,click\n' * 200
        drop = self.process(more)
        self.assertGreater(drop["ranges"], 2)
        self.assertEqual(200, drop["rows_written"])
        self.set_up_source(format="json_lines")
        row = json.dumps({"user_id": "u1", "date": "2026-11-23", "event_type": "click"})
        drop = self.process(f"{row}\n" * 100, name="file.jsonl")
        self.assertGreater(drop["ranges"], 2)
        self.assertEqual(100, drop["rows_written"])

    def test_a_range_is_not_begun_inside_a_line_that_is_longer(self):
        long = "u" * 5000 + ",2026-11-23,click\n"
        drop = self.process(HEADER + "u1,2026-11-23,click\n" + long + "u2,2026-11-23,click\n")
        self.assertEqual((3, 2, 1), (drop["rows_read"], drop["rows_written"], drop["rows_rejected"]))
