from datetime import UTC, datetime, timedelta
from decimal import Decimal

from backoffice_testing import ServiceTest

from analytics.domain.buckets import Change
from analytics.domain.explaining import Measured
from analytics.domain.generations import Generations
from analytics.domain.intervals import Span
from analytics.domain.measures import TICKETS_OPENED
from analytics.domain.planning import Read
from analytics.store.counting import Counter, NotWritten
from analytics.store.generations import GATES, GenerationStore
from analytics.store.reading import Reader
from backoffice.domain import RuleBroken
from backoffice.errors import Contended, StaleVersion
from backoffice.ids import new_id
from tests.contention import hold

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SPAN = Span(NOON, NOON + timedelta(hours=1))
BY_TOTAL = Read(TICKETS_OPENED, SPAN, ())


def ticket():
    change = Change(TICKETS_OPENED, ("billing", "normal"), NOON, Decimal(1))
    return Measured(new_id("evt"), "TicketOpened", new_id("tkt"), NOON, None, [change])


class GenerationsTest(ServiceTest):
    def setUp(self):
        super().setUp()
        self.store = GenerationStore(self.table)
        self.counter = Counter(self.table)

    def opened(self, generation=None):
        """How many tickets are on record."""
        found = Reader(self.table, generation).read(BY_TOTAL)
        return sum(amount for record in found.values() for _, _, amount in record.additions)

    def change(self, *steps):
        """Take steps like ``("start",)`` or ``("switch_to", "2")``, each from what was decided last."""
        for name, *arguments in steps:
            self.store.save(getattr(self.store.current(), name)(*arguments))


class Deciding(GenerationsTest):
    def test_at_first_the_first_generation_is_read_and_written(self):
        self.assertEqual(Generations(0, "1", ("1",)), self.store.current())

    def test_a_generation_is_filled_switched_to_and_the_old_one_stopped(self):
        for step, read, written in (
            (("start",), "1", ("1", "2")),
            (("switch_to", "2"), "2", ("1", "2")),
            (("switch_to", "1"), "1", ("1", "2")),
            (("switch_to", "2"), "2", ("1", "2")),
            (("stop", "1"), "2", ("2",)),
            (("start",), "2", ("2", "3")),
        ):
            self.change(step)
            decided = self.store.current()
            with self.subTest(step):
                self.assertEqual((read, written), (decided.read, decided.written))

    def test_a_number_is_not_used_twice(self):
        self.change(("start",), ("stop", "2"), ("start",))
        self.assertEqual(("1", "3"), self.store.current().written)

    def test_what_makes_no_sense_is_refused(self):
        self.change(("start",))
        for code, step in (
            ("generation_is_read", ("stop", "1")),
            ("generation_not_written", ("stop", "7")),
            ("generation_not_written", ("switch_to", "3")),
        ):
            with self.subTest(step), self.assertRaises(RuleBroken) as refused:
                self.change(step)
            self.assertEqual(code, refused.exception.code)
        self.change(("start",))
        with self.assertRaises(RuleBroken) as refused:
            self.change(("start",))
        self.assertEqual("too_many_generations", refused.exception.code)

    def test_of_two_who_decide_at_once_one_is_told(self):
        mine, theirs = self.store.current(), self.store.current()
        self.store.save(theirs.start())
        with self.assertRaises(StaleVersion):
            self.store.save(mine.start())
        self.assertEqual(("1", "2"), self.store.current().written)


class CountingIntoGenerations(GenerationsTest):
    def test_an_event_is_counted_into_all_that_are_written_in_one_transaction(self):
        self.change(("start",))
        self.counter.count([ticket()])
        self.calls.clear()
        self.counter.count([ticket()])
        self.assertEqual(["TransactWriteItems"], self.calls)
        self.assertEqual([2, 2], [self.opened("1"), self.opened("2")])

    def test_workers_that_do_not_know_yet_count_into_the_new_one_all_the_same(self):
        """One at each gate: whichever a worker passes, what it knew before the start does not hold."""
        workers = []
        for number in range(GATES):
            worker = Counter(self.table)
            while worker._gate.number != number:
                worker._gate = worker._gate.another()
            workers.append(worker)
        self.change(("start",))
        for number, worker in enumerate(workers, 1):
            worker.count([ticket()])
            self.assertEqual([number, number], [self.opened("1"), self.opened("2")])

    def test_a_generation_started_right_before_the_transaction_misses_nothing(self):
        self.counter.count([ticket()])
        self.meanwhile("TransactWriteItems", lambda: self.change(("start",)))
        self.counter.count([ticket()])
        self.assertEqual([2, 1], [self.opened("1"), self.opened("2")])

    def test_an_event_that_one_generation_knows_already_is_counted_into_the_other(self):
        self.change(("start",))
        event = ticket()
        self.assertEqual(set(), Counter(self.table, only="2").count([event]))
        self.assertEqual([0, 1], [self.opened("1"), self.opened("2")])
        self.assertEqual(set(), self.counter.count([event]))
        self.assertEqual([1, 1], [self.opened("1"), self.opened("2")])
        self.assertEqual({event.event_id}, self.counter.count([event]))

    def test_a_start_that_was_cut_short_is_completed_by_settling(self):
        self.meanwhile_cut_short()
        self.assertEqual(("1", "2"), self.store.settle().written)
        for number in range(GATES):
            self.assertEqual(["1", "2"], self.table.get("PROJECTION#metrics", f"GATE#{number}")["written"])

    def meanwhile_cut_short(self):
        def crash():
            self.meanwhile("TransactWriteItems", fail)

        def fail():
            raise Contended("crash")

        # The decision is written, the first gate is not.
        self.meanwhile("TransactWriteItems", crash)
        with self.assertRaises(Contended):
            self.change(("start",))

    def test_nothing_is_counted_into_a_generation_that_was_stopped(self):
        self.change(("start",))
        filler = Counter(self.table, only="2")
        filler.count([ticket()])
        self.change(("stop", "2"))
        with self.assertRaises(NotWritten):
            filler.count([ticket()])
        self.counter.count([ticket()])
        self.assertEqual([1, 1], [self.opened("1"), self.opened("2")])

    def test_a_question_is_answered_from_one_generation_even_if_it_is_switched_meanwhile(self):
        self.counter.count([ticket()])
        reader = Reader(self.table)
        reader.read(BY_TOTAL)
        self.change(("start",), ("switch_to", "2"))
        self.assertEqual("1", reader.generation)
        self.assertEqual([1, 0], [self.opened("1"), self.opened()])

    def test_who_meets_others_at_a_gate_takes_another(self):
        self.counter.count([ticket()])
        met_at = self.counter._gate
        hold(self, met_at.key)
        self.assertEqual(set(), self.counter.count([ticket()]))
        self.assertNotEqual(met_at.number, self.counter._gate.number)
        self.assertEqual(2, self.opened())
