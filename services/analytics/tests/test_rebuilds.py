import gzip
import random
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from backoffice_testing import CONTEXT

from analytics.archive.files import ArchiveFile
from analytics.domain.measuring import measure
from analytics.handlers import clock, commands, queries
from analytics.rebuilding import replaying, work
from analytics.store import keys
from analytics.store.generations import GenerationStore
from backoffice.clock import now
from backoffice.ids import new_id
from tests.archives import BUCKET
from tests.events import invoice_issued, payment_recorded, ticket_opened, ticket_solved
from tests.rebuilding import PATH, RebuildTest

AT = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)


def some_events(number, seed=1):
    """Events of three days, some of them in the same buckets."""
    rng = random.Random(seed)
    makers = [
        lambda at: ticket_opened(at),
        lambda at: ticket_solved(at, timedelta(minutes=rng.randrange(300))),
        lambda at: invoice_issued(at, f"{rng.randrange(1, 500)}.00"),
        lambda at: payment_recorded(at, "100.00", ["60.00"]),
    ]
    return [rng.choice(makers)(AT + timedelta(minutes=rng.randrange(4000))) for _ in range(number)]


class Rebuilding(RebuildTest):
    def test_what_is_rebuilt_is_equal_and_read_from_then_on(self):
        self.tell(some_events(6))
        done = self.rebuild()
        self.assertEqual(("switched", True, True), (done["phase"], done["equal"], done["way_back"]))
        self.assertEqual(
            (6, 6, 0), tuple(done["progress"][name] for name in ("events", "events_done", "events_refused"))
        )
        self.assertEqual(done["progress"]["files"], done["progress"]["files_done"])
        self.assertEqual(
            (6, 0, 0, 0), tuple(done["comparison"][n] for n in ("events", "different", "missing", "surplus"))
        )
        self.assertGreater(done["events_per_second"], 0)
        self.assertEqual("2", self.read_generation())
        self.assertEqual(self.items("1"), self.items("2"))
        (event,) = self.events("ProjectionRebuilt")
        self.assertEqual(
            (done["id"], "2", "1", 6, 0),
            tuple(event["data"].values())[:1]
            + tuple(event["data"][name] for name in ("generation", "previous_generation", "events", "differences")),
        )

    def test_events_that_come_meanwhile_count_in_both(self):
        self.tell(some_events(4))
        later = some_events(4, seed=2)
        rebuild_id = self.request()
        turns = iter([later[:2], later[2:]])
        self.milliseconds = 0
        message = self.next_message()
        self.hand_over(message)  # no time for anything: it asks for another turn
        self.count(next(turns))
        self.milliseconds = 900_000
        self.meanwhile("Scan", lambda: self.count(next(turns)))
        self.work()
        self.assertEqual("switched", self.seen(rebuild_id)["phase"])
        self.assertEqual(self.items("1"), self.items("2"))
        self.assertEqual(8, sum(kind == "SEEN" for kind, _ in self.items("2")))

    def test_what_was_archived_twice_or_late_counts_once(self):
        events = some_events(5)
        self.tell(events)
        self.put_into_archive(random.Random(1).sample(events, 3), files_of=2)
        late = some_events(2, seed=3)
        self.count(late)
        rebuild_id = self.request()
        self.meanwhile("Scan", lambda: self.put_into_archive([*late, *events[:2]]))
        self.work()
        done = self.seen(rebuild_id)
        self.assertEqual(("switched", 7), (done["phase"], done["comparison"]["events"]))
        self.assertEqual(self.items("1"), self.items("2"))

    def test_what_waits_to_be_archived_is_waited_for(self):
        told, waiting = some_events(4), some_events(2, seed=2)
        self.tell(told)
        self.count(waiting)
        rebuild_id = self.request()
        numbers = iter([5, 5, 0])

        def waiting_in_queue():
            number = next(numbers, 0)
            if number == 0:
                self.put_into_archive(waiting)
            return number

        with patch("analytics.handlers.rebuilder.waiting", waiting_in_queue):
            self.work()
        done = self.seen(rebuild_id)
        self.assertEqual(("switched", 6), (done["phase"], done["comparison"]["events"]))

    def test_a_missing_event_is_awaited_and_then_told_and_never_switched_over(self):
        events = some_events(4)
        self.tell(events[1:])
        self.count(events[:1])
        rebuild_id = self.request("switch")
        began = now()

        def later():
            return began + timedelta(minutes=5 * next(minutes))

        minutes = iter(range(200))
        with patch.object(work, "now", later):
            self.work()
        done = self.seen(rebuild_id)
        self.assertEqual(("ready", False, 1), (done["phase"], done["equal"], done["comparison"]["missing"]))
        self.assertEqual("1", self.read_generation())
        told = [one for one in self.differences(rebuild_id) if one["kind"] == "missing_event"]
        self.assertEqual([events[0]["event_id"]], [one["what"] for one in told])
        self.assertEqual("switched", self.act(rebuild_id, "switch")["phase"])
        self.assertEqual("2", self.read_generation())

    def test_days_that_were_compacted_before_or_meanwhile_are_equal_to_those_made_anew(self):
        self.tell(some_events(3))
        self.assertGreater(self.compact(), 0)
        late = some_events(1, seed=2)
        self.tell(late)
        rebuild_id = self.request()
        self.meanwhile("Scan", lambda: self.assertGreater(self.compact(), 0))
        self.work()
        done = self.seen(rebuild_id)
        self.assertEqual(("switched", True), (done["phase"], done["equal"]), self.differences(rebuild_id))
        self.assertEqual("2", self.read_generation())
        self.assertGreater(self.compact(), 0)
        self.assertTrue(self.rebuild()["equal"])

    def test_no_archive_no_numbers(self):
        done = self.rebuild()
        self.assertEqual(("switched", True), (done["phase"], done["equal"]))


class Differing(RebuildTest):
    def setUp(self):
        super().setUp()
        self.tell([ticket_opened(AT), *some_events(3)])

    def differing(self, on_difference):
        """A rebuild after measuring was changed: a ticket that is opened counts twice."""

        def changed(event_type, data):
            changes = measure(event_type, data)
            return [*changes, *changes] if event_type == "TicketOpened" else changes

        with patch.object(replaying, "measure", changed):
            return self.rebuild(on_difference)

    def test_what_differs_is_kept_beside_and_told_item_by_item(self):
        done = self.differing("keep")
        self.assertEqual(("ready", False), (done["phase"], done["equal"]))
        self.assertEqual("1", self.read_generation())
        told = self.differences(done["id"])
        self.assertEqual(done["comparison"]["different"], len(told))
        self.assertEqual({"bucket"}, {one["kind"] for one in told})
        self.assertEqual([], self.events("ProjectionRebuilt"))
        for one in told:
            self.assertTrue("tickets_opened" in one["what"] or "backlog" in one["what"], one)
            self.assertEqual(one["before"].keys(), one["after"].keys())
            self.assertNotEqual(one["before"], one["after"])

    def test_what_differs_in_a_compacted_day_is_told_like_any_other(self):
        done = self.differing("keep")
        as_it_is = self.told(done)
        self.act(done["id"], "discard")
        self.assertGreater(self.compact(), 0)
        self.assertEqual(as_it_is, self.told(self.differing("keep")))

    def told(self, done):
        told = self.differences(done["id"])
        return sorted((one["what"], tuple(one["before"].items()), tuple(one["after"].items())) for one in told)

    def test_it_can_be_switched_to_switched_back_and_discarded(self):
        done = self.differing("keep")
        self.assertEqual("2", self._read_after(done, "switch"))
        (event,) = self.events("ProjectionRebuilt")
        self.assertEqual(done["comparison"]["different"], event["data"]["differences"])
        self.assertEqual("1", self._read_after(done, "switch-back"))
        self.assertEqual("2", self._read_after(done, "switch"))
        self.assertEqual("1", self._read_after(done, "switch-back"))
        self.assertEqual("1", self._read_after(done, "discard"))
        self.assertEqual("discarded", self.seen(done["id"])["phase"])
        self.assertEqual({}, self.items("2"))
        self.assertNotEqual({}, self.items("1"))
        for action in ("switch", "switch-back", "discard"):
            self.assertEqual("illegal_transition", self.act(done["id"], action, 409)["code"])

    def test_it_is_switched_to_at_once_if_that_was_asked_for(self):
        done = self.differing("switch")
        self.assertEqual(("switched", False, True), (done["phase"], done["equal"], done["way_back"]))
        self.assertEqual("2", self.read_generation())

    def test_the_way_back_can_be_discarded(self):
        done = self.differing("switch")
        self.act(done["id"], "discard")
        self.assertEqual(("switched", False), tuple(self.seen(done["id"])[name] for name in ("phase", "way_back")))
        self.assertEqual({}, self.items("1"))
        self.assertEqual(("1", "2"), ("1", self.read_generation()))
        self.assertEqual(
            "illegal_transition", self.act(done["id"], "switch-back", 409)["code"] and "illegal_transition"
        )

    def _read_after(self, rebuild, action):
        self.act(rebuild["id"], action)
        return self.read_generation()


class InUse(RebuildTest):
    def test_a_second_rebuild_replaces_the_way_back_of_the_first(self):
        self.tell(some_events(5))
        first, second = self.rebuild(), self.rebuild()
        self.assertEqual(("2", "3"), (first["generation"], second["generation"]))
        self.assertEqual("3", self.read_generation())
        self.assertEqual(("2", "3"), GenerationStore().current().written)
        self.assertEqual({}, self.items("1"))
        self.assertEqual(self.items("2"), self.items("3"))
        self.assertEqual(
            [second["id"], first["id"]], [one["id"] for one in self.call(queries.api, "GET", PATH).body["items"]]
        )

    def test_one_rebuild_at_a_time(self):
        rebuild_id = self.request()
        reply = self.call(commands.api, "POST", PATH, {})
        self.assertEqual((409, "rebuild_running"), (reply.status, reply.body["code"]))
        self.assertEqual(rebuild_id, reply.body["rebuild_id"])
        self.act(rebuild_id, "discard")
        self.request()

    def test_a_repeated_request_begins_one_rebuild(self):
        replies = [self.call(commands.api, "POST", PATH, {}, key="once") for _ in range(3)]
        self.assertEqual([202] * 3, [reply.status for reply in replies])
        self.assertEqual(1, len({reply.body["id"] for reply in replies}))

    def test_a_rebuild_that_was_never_put_into_the_queue_is_put_there_by_the_clock(self):
        rebuild_id = self.request()
        self.sqs.purge_queue(QueueUrl=self.queue)
        later = now() + timedelta(minutes=2)
        with patch("analytics.store.rebuilds.now", lambda: later), patch("analytics.handlers.clock.sweep"):
            clock.handler({}, CONTEXT)
        self.work()
        self.assertEqual("switched", self.seen(rebuild_id)["phase"])

    def test_a_rebuild_that_is_discarded_while_it_is_worked_on_stops(self):
        self.tell(some_events(4))
        rebuild_id = self.request()
        self.meanwhile("Scan", lambda: self.call(commands.api, "POST", f"{PATH}/{rebuild_id}/discard"))
        self.work()
        self.assertEqual("discarded", self.seen(rebuild_id)["phase"])
        self.assertEqual(("1", {}), (self.read_generation(), self.items("2")))

    def test_what_makes_no_sense_is_refused(self):
        unknown = new_id("rbd")
        for reply, expected in [
            (self.call(commands.api, "POST", PATH, {"on_difference": "panic"}), 422),
            (self.call(commands.api, "POST", PATH, {}, key=""), 400),
            (self.call(commands.api, "POST", PATH, {}, groups="analysts"), 403),
            (self.call(commands.api, "POST", "/projections/mood/rebuilds", {}), 404),
            (self.call(queries.api, "GET", "/projections/mood/rebuilds"), 404),
            (self.call(queries.api, "GET", f"{PATH}/{unknown}"), 404),
            (self.call(queries.api, "GET", f"{PATH}/{unknown}/differences"), 404),
            (self.call(queries.api, "GET", f"{PATH}/nonsense"), 404),
            (self.call(commands.api, "POST", f"{PATH}/{unknown}/switch"), 404),
        ]:
            self.assertEqual(expected, reply.status, reply.body)

    def test_a_rebuild_cannot_be_switched_to_before_it_was_compared(self):
        self.assertEqual("illegal_transition", self.act(self.request(), "switch", 409)["code"])


class BadArchives(RebuildTest):
    def test_what_is_no_longer_understood_is_told_and_not_switched_over(self):
        self.tell(some_events(5))
        broken = {**ticket_opened(AT), "data": {"opened_at": "yesterday"}}
        self.put_into_archive([broken])
        done = self.rebuild("switch")
        self.assertEqual(("ready", False, 1), (done["phase"], done["equal"], done["progress"]["events_refused"]))
        (told,) = self.differences(done["id"])
        self.assertEqual("refused_event", told["kind"])
        self.assertIn("opened_at", told["reason"])

    def test_a_damaged_file_is_told_and_the_rest_counted(self):
        self.tell(some_events(6), files_of=3)
        key, body = next(iter(self.files().items()))
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body[: len(body) - 12])
        with patch.object(work.Rebuild, "may_still_catch_up", lambda *_: False):
            done = self.rebuild()
        self.assertEqual("ready", done["phase"])
        self.assertIn((key, "refused_event"), [(one["what"], one["kind"]) for one in self.differences(done["id"])])

    def test_what_else_lies_in_the_bucket_is_left_alone(self):
        self.tell(some_events(5))
        for key in ("athena/x.csv", "events/notes.txt", "events/context=x/date=2026-11-23/type=TicketOpened/x.gz"):
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=gzip.compress(b"?"))
        self.assertEqual("switched", self.rebuild()["phase"])

    def test_types_that_are_not_measured_are_not_even_fetched(self):
        self.tell(some_events(3))
        customer = {**ticket_opened(AT), "type": "CustomerRegistered"}
        self.put_into_archive([customer])
        files = [ArchiveFile.of(key, AT) for key in self.files()]
        done = self.rebuild()
        self.assertEqual(len(files) - 1, done["progress"]["files"])


class Killing(RebuildTest):
    def test_kills_at_random_points_leave_what_an_undisturbed_run_leaves(self):
        events = some_events(7)
        self.tell(events, files_of=2)
        self.put_into_archive(events[:3])
        calm = self.rebuild()
        expected, of_calm = self.items("2"), outcome(calm)
        killed = 0
        for seed in range(3):
            rebuild_id = self.request()
            with patch.object(work, "_SAVED_AFTER_SECONDS", 0.0), patch.multiple(replaying, _AT_ONCE=3, _IN_A_BUNDLE=3):
                killed += self.work_and_be_killed(seed, kills=7, most_calls=25)
            done = self.seen(rebuild_id)
            self.assertEqual(of_calm, outcome(done))
            self.assertEqual(expected, self.items(done["generation"]))
        self.assertGreaterEqual(killed, 15)

    def test_hot_items_in_shards_are_compared_as_one(self):
        self.tell(some_events(5))
        for pk, sk in [(item["pk"], item["sk"]) for item in self._sums("METRIC#1#tickets_opened")]:
            self._split(pk, sk)
        done = self.rebuild()
        self.assertEqual(("switched", True), (done["phase"], done["equal"]))

    def _sums(self, prefix):
        pages = self.table.client.get_paginator("scan").paginate(TableName=self.table.name)
        items = [one for page in pages for one in page["Items"]]
        return [{"pk": one["pk"]["S"], "sk": one["sk"]["S"]} for one in items if one["pk"]["S"].startswith(prefix)]

    def _split(self, pk, sk):
        """Move what an item holds to two shards of it."""
        item = self.table.get(pk, sk)
        shard_pk, shard_sk = keys.shard(pk, sk, 3)
        amounts = {name: value for name, value in item.items() if name not in ("pk", "sk")}
        self.table.put_all(
            [
                {"pk": pk, "sk": sk, **{name: value + 7 for name, value in amounts.items()}},
                {"pk": shard_pk, "sk": shard_sk, **dict.fromkeys(amounts, -7)},
            ]
        )


def outcome(rebuild):
    kept = ("phase", "equal", "progress", "comparison")
    return {name: {**rebuild[name], "items": 0} if name == "comparison" else rebuild[name] for name in kept}
