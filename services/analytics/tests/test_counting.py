import json
import random
from datetime import timedelta
from decimal import Decimal, Overflow
from types import SimpleNamespace

from backoffice_testing import ServiceTest
from botocore.exceptions import ConnectionClosedError

from analytics.domain.buckets import Change, number_of
from analytics.domain.intervals import Span
from analytics.domain.measures import INVOICED, OUTSTANDING_BY_DUE_DATE, RESOLUTION_TIME, TICKETS_OPENED
from analytics.domain.planning import Read
from analytics.store.counting import SHARDS, Counter
from analytics.store.generations import GenerationStore
from analytics.store.reading import Reader
from backoffice.dynamodb import from_dynamodb
from backoffice.errors import Contended
from tests import histories
from tests.contention import hold, written
from tests.facts import NOON, changing, history, invoice, measured, ticket

HOUR = timedelta(hours=1)
TICKETS_OF_THE_DAY = "METRIC#1#tickets_opened", f"DAY#{NOON.date()}"


class CountingTest(ServiceTest):
    def setUp(self):
        super().setUp()
        self.counter = Counter(self.table)
        self.sizes = []
        self._on("before-call.dynamodb.TransactWriteItems", self.note_size)

    def note_size(self, params, **_):
        self.sizes.append(len(list(written(params))))

    def read(self, measure, dimensions, **length):
        read = Read(measure, Span(NOON, NOON + timedelta(**length)), dimensions)
        return {values: record.additions for values, record in Reader(self.table).read(read).items()}

    def sum(self, measure, dimensions=(), **length):
        found = self.read(measure, dimensions, **length or {"hours": 1})
        return sum(amount for additions in found.values() for _, _, amount in additions)

    def items(self):
        """All items by key, but for what tells an item from another one that was added to likewise."""
        pages = self.table.client.get_paginator("scan").paginate(TableName=self.table.name)
        found = [from_dynamodb(item) for page in pages for item in page["Items"]]
        own = ("born", "version")
        return {(item["pk"], item["sk"]): {name: item[name] for name in item if name not in own} for item in found}


class Counting(CountingTest):
    def test_a_batch_of_ten_is_one_transaction_and_reads_nothing(self):
        self.calls.clear()
        self.assertEqual(set(), self.counter.count(measured(ticket(NOON)) for _ in range(10)))
        self.assertEqual(["TransactWriteItems"], self.calls)
        self.assertEqual(10, self.sum(TICKETS_OPENED))

    def test_what_a_batch_adds_to_an_item_is_one_addition(self):
        self.counter.count(measured(ticket(NOON + number * timedelta(minutes=15))) for number in range(10))
        # A gate, ten marks; the day's tickets and its backlog, in total and in full, and the year's backlog.
        self.assertEqual([1 + 10 + 2 + 4], self.sizes)

    def test_changes_to_several_quarters_of_a_day_go_into_one_item(self):
        about, quarters = ("general", "normal"), [NOON, NOON + timedelta(minutes=45), NOON + HOUR]
        self.counter.count([changing(*(Change(TICKETS_OPENED, about, quarter, Decimal(2)) for quarter in quarters))])
        expected = [(number_of(quarter), None, 2) for quarter in quarters]
        for dimensions, values in (((), ()), (TICKETS_OPENED.dimensions, about)):
            found = self.read(TICKETS_OPENED, dimensions, hours=2)
            self.assertEqual({values}, found.keys())
            self.assertCountEqual(expected, found[values])

    def test_bins_of_a_quarter_are_counted_each_by_itself(self):
        bins = [Change(RESOLUTION_TIME, ("a", "low", "ann"), NOON, Decimal(1), bin) for bin in (3, 3, 700)]
        self.counter.count([changing(*bins)])
        found = self.read(RESOLUTION_TIME, (), hours=1)
        self.assertCountEqual([(number_of(NOON), 3, 2), (number_of(NOON), 700, 1)], found[()])

    def test_amounts_stay_exact(self):
        self.counter.count(measured(invoice(NOON, amount)) for amount in ("0.10", "0.20", "123456789012.34"))
        self.assertEqual(Decimal("123456789012.64"), self.sum(INVOICED, ("currency",)))

    def test_an_event_that_changes_nothing_is_marked_as_seen(self):
        self.counter.count([measured(invoice(NOON, "0.00"), "evt_1")])
        self.assertEqual([("SEEN#1#evt_1", "SEEN")], list(self.items()))

    def test_a_mark_is_kept_for_good_and_tells_what_the_event_changed(self):
        event = measured(ticket(NOON + timedelta(minutes=20)))
        self.counter.count([event])
        mark = self.items()[f"SEEN#1#{event.event_id}", "SEEN"]
        self.assertNotIn("expires_at", mark)
        self.assertEqual(
            ("TicketOpened", event.aggregate_id, event.trace_id, "2026-11-23T12:00:00.000Z"),
            (mark["type"], mark["aggregate_id"], mark["trace_id"], mark["occurred_at"]),
        )
        self.assertEqual(f"2026-11-23T12:15#{event.event_id}", mark["gsi1sk"])
        self.assertEqual(["tickets_opened", "backlog"], [change["measure"] for change in mark["changes"]])


class Batches(CountingTest):
    def test_those_counted_before_are_told_and_the_others_counted(self):
        events = [measured(ticket(NOON)) for _ in range(10)]
        self.counter.count(events[2:5])
        self.calls.clear()
        self.assertEqual({event.event_id for event in events[2:5]}, self.counter.count(events))
        self.assertEqual(["TransactWriteItems"] * 2, self.calls)
        self.assertEqual(10, self.sum(TICKETS_OPENED))

    def test_an_event_that_is_twice_in_a_batch_counts_once(self):
        event = measured(ticket(NOON))
        self.assertEqual(set(), self.counter.count([event, measured(ticket(NOON)), event]))
        self.assertEqual(2, self.sum(TICKETS_OPENED))

    def test_more_than_a_transaction_takes_is_split(self):
        accounts = [measured(invoice(NOON, "1.00", account_id=f"cus_{number}")) for number in range(20)]
        self.counter.count(accounts)
        self.assertGreater(len(self.sizes), 1)
        self.assertLessEqual(max(self.sizes), 100)
        self.assertEqual(20, self.sum(INVOICED, ("currency",)))

    def test_a_split_leaves_each_event_in_one_transaction_for_all_generations(self):
        store = GenerationStore(self.table)
        store.save(store.current().start())
        marked = []
        self._on(
            "before-call.dynamodb.TransactWriteItems",
            lambda params, **_: marked.append(
                [pk.split("#")[1:] for pk, _ in written(params) if pk.startswith("SEEN")]
            ),
        )
        events = [measured(invoice(NOON, "1.00", account_id=f"cus_{number}")) for number in range(10)]
        self.counter.count([*events, measured(invoice(NOON, "0.00"))])
        self.assertGreater(len(marked), 2)
        for of_one in marked[1:]:
            self.assertCountEqual(
                [["1", event_id] for _, event_id in of_one[::2]] + [["2", event_id] for _, event_id in of_one[::2]],
                of_one,
            )

    def test_an_expression_longer_than_dynamodb_takes_is_split(self):
        expressions = []

        def note(params, **_):
            writes = json.loads(params["body"])["TransactItems"]
            expressions.extend(write["Update"]["UpdateExpression"] for write in writes if "Update" in write)
            # Its parser is no match for the length of these.
            return SimpleNamespace(status_code=200), {}

        self._on("before-call.dynamodb.TransactWriteItems", note)
        due = [NOON.toordinal() + number for number in range(60)]
        self.counter.count(
            changing(
                *(Change(OUTSTANDING_BY_DUE_DATE, ("EUR", "cus_1"), NOON + HOUR * n, Decimal(1), day) for day in due)
            )
            for n in range(10)
        )
        self.assertLessEqual(max(map(len, expressions)), 4096)
        additions = [expression.count(" t") for expression in expressions]
        self.assertEqual(2 * 600, sum(additions))

    def test_an_event_that_cannot_be_counted_leaves_nothing_half_counted(self):
        events = [measured(ticket(NOON)) for _ in range(3)]
        poison = changing(Change(TICKETS_OPENED, ("a", "b"), NOON, Decimal(10) ** 200))
        with self.assertRaises(Overflow):
            self.counter.count([*events, poison])
        self.assertEqual({}, self.items())
        self.assertEqual(set(), self.counter.count(events))
        self.assertEqual(3, self.sum(TICKETS_OPENED))


class HotItems(CountingTest):
    def test_an_item_in_use_is_added_to_beside_it_and_read_as_one(self):
        self.counter.count([measured(ticket(NOON))])
        for _ in range(8):
            hold(self, *self.shards(TICKETS_OF_THE_DAY))
            self.counter.count([measured(ticket(NOON)), measured(invoice(NOON, "1.00"))])
        self.assertEqual(9, self.sum(TICKETS_OPENED))
        in_use = [key for key in self.items() if key[0] == TICKETS_OF_THE_DAY[0]]
        self.assertGreater(len(in_use), 1)
        self.assertLessEqual(set(in_use), set(self.shards(TICKETS_OF_THE_DAY)))

    def test_items_that_were_not_in_use_are_left_where_they_are(self):
        hold(self, TICKETS_OF_THE_DAY)
        self.counter.count([measured(ticket(NOON)), measured(invoice(NOON, "1.00"))])
        beside = [key for key in self.items() if "~" in key[1]]
        self.assertLessEqual(set(beside), set(self.shards(TICKETS_OF_THE_DAY)))

    def test_what_was_hot_once_is_known(self):
        while TICKETS_OF_THE_DAY not in self.items() or not self.counter._shards.get(TICKETS_OF_THE_DAY):
            hold(self, *self.shards(TICKETS_OF_THE_DAY))
            self.counter.count([measured(ticket(NOON))])
        hold(self, TICKETS_OF_THE_DAY)
        self.calls.clear()
        self.counter.count([measured(ticket(NOON))])
        self.assertEqual(["TransactWriteItems"], self.calls)

    def test_a_mark_in_use_is_waited_for(self):
        event = measured(ticket(NOON))
        hold(self, (f"SEEN#1#{event.event_id}", "SEEN"))
        self.assertEqual(set(), self.counter.count([event]))
        self.assertEqual(1, self.sum(TICKETS_OPENED))

    def test_whoever_never_gets_hold_of_an_item_gives_up_and_has_written_nothing(self):
        hold(self, *self.shards(TICKETS_OF_THE_DAY), times=100)
        with self.assertRaises(Contended):
            self.counter.count([measured(ticket(NOON))])
        self.assertEqual({}, self.items())

    @staticmethod
    def shards(key):
        pk, sk = key
        return [key, *((pk, f"{sk}~{number}") for number in range(1, SHARDS))]


class AnyDelivery(CountingTest):
    def test_any_order_any_duplicates_any_batches_and_crashes_after_the_commit_end_the_same(self):
        rng = random.Random(20261123)
        events = [measured(event) for event in told(rng)]
        for event in events:
            self.counter.count([event])
        one_by_one = self.items()
        self.empty_table()
        self.deliver_somehow(rng, events)
        self.assertEqual(one_by_one, self.items())

    def deliver_somehow(self, rng, events):
        """At least once each, in batches of up to ten; some of those who count die before they know that they have."""
        waiting = rng.sample(events * 3, len(events) * 3)
        crashes = []

        def crash(**_):
            if waiting and rng.random() < 0.5:
                crashes.append(len(waiting))
                raise ConnectionClosedError(endpoint_url="http://dynamodb")

        self._on("after-call.dynamodb.TransactWriteItems", crash)
        while waiting:
            size = rng.randrange(1, 11)
            batch, waiting = waiting[:size], waiting[size:]
            try:
                self.counter.count(batch)
            except ConnectionClosedError:
                waiting = [*waiting, *batch]
                self.counter = Counter(self.table)
        self.assertTrue(crashes)


def told(rng):
    """Tickets' lives and invoices, in order: each after what it builds upon."""
    tickets = [histories.ticket(rng, NOON + timedelta(minutes=rng.randrange(10_000))) for _ in range(2)]
    return [event for one in tickets for event in one.events] + history(rng, 4)
