import random
import unittest
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from analytics.domain import measures
from analytics.domain.buckets import fold, quarter_of
from analytics.domain.measuring import MEASURED, measure
from analytics.domain.sketch import bin_of
from tests import histories

AT = datetime(2026, 11, 23, 17, 22, 13, 250_000, tzinfo=UTC)
QUARTER = datetime(2026, 11, 23, 17, 15, tzinfo=UTC)
DUE = date(2026, 12, 23)
ZERO = Decimal("0.00")
TICKET = {"queue": "general", "priority": "normal", "assignee": "ann"}
UNMEASURED = {"business_seconds": None, "promise_kept": None}
ACCOUNT = {"currency": "EUR", "account_id": "cus_1"}
INVOICE = {
    **ACCOUNT,
    "issued_at": AT,
    "due_date": DUE,
    "tax_inclusive": Decimal("119.00"),
    "payable": Decimal("100.00"),
}


def payment(*allocated, amount="100.00"):
    allocations = [{"amount": Decimal(part), "due_date": DUE, "written_off": ZERO} for part in allocated]
    return {**ACCOUNT, "amount": Decimal(amount), "recorded_at": AT, "allocations": allocations}


def told(changes):
    """What each measure changes by, whatever the dimensions; those of debts by due date as well."""
    sums = {}
    for change in changes:
        sums[change.measure.name] = sums.get(change.measure.name, 0) + change.amount
    if measures.OUTSTANDING.name in sums:
        assert sums[measures.OUTSTANDING.name] == sums.pop(measures.OUTSTANDING_BY_DUE_DATE.name)
    return sums


def dimensions(changes, measure):
    return {change.dimensions: change.amount for change in changes if change.measure is measure}


class Tickets(unittest.TestCase):
    def test_one_counts_where_it_was_opened_and_waits_without_an_agent(self):
        opened = measure("TicketOpened", {**TICKET, "assignee": None, "opened_at": AT})
        self.assertEqual({"tickets_opened": 1, "backlog": 1}, told(opened))
        self.assertEqual({("general", "normal", measures.NOBODY): 1}, dimensions(opened, measures.BACKLOG))

    def test_a_solution_counts_where_it_was_found_with_the_time_that_it_took(self):
        data = {**TICKET, "opened_at": AT - timedelta(days=3), "solved_at": AT, "business_seconds": 7200}
        solved = measure("TicketSolved", {**data, "promise_kept": True})
        counts = {"resolution_time": 1, "resolution_business_time": 1, "promises_kept": 1}
        self.assertEqual({"tickets_solved": 1, "backlog": -1, **counts}, told(solved))
        self.assertEqual({QUARTER}, {change.quarter for change in solved})
        bins = {change.measure: change.bin for change in solved if change.measure.has_bins}
        took = {measures.RESOLUTION_TIME: timedelta(days=3), measures.RESOLUTION_BUSINESS_TIME: timedelta(hours=2)}
        self.assertEqual({measure: bin_of(duration) for measure, duration in took.items()}, bins)

    def test_without_a_service_level_there_is_neither_business_time_nor_promise(self):
        data = {**TICKET, "opened_at": AT, "solved_at": AT, **UNMEASURED}
        self.assertEqual(
            {"tickets_solved": 1, "backlog": -1, "resolution_time": 1}, told(measure("TicketSolved", data))
        )

    def test_a_first_response_belongs_to_who_wrote_it(self):
        data = {**TICKET, "opened_at": AT, "responded_at": AT, "responded_by": "bo", **UNMEASURED}
        responded = measure("FirstResponseSent", data)
        self.assertEqual({("general", "normal", "bo"): 1}, dimensions(responded, measures.FIRST_RESPONSE_TIME))

    def test_what_changes_hands_or_queue_leaves_one_backlog_for_another(self):
        assigned = {**TICKET, "previous_assignee": None, "assigned_at": AT}
        moved = {**TICKET, "previous_queue": "billing", "previous_priority": "normal", "reclassified_at": AT}
        for type, data, before in (
            ("TicketAssigned", assigned, ("general", "normal", measures.NOBODY)),
            ("TicketReclassified", moved, ("billing", "normal", "ann")),
        ):
            found = dimensions(measure(type, data), measures.BACKLOG)
            self.assertEqual({before: -1, ("general", "normal", "ann"): 1}, found)

    def test_a_ticket_leaves_the_backlog_once(self):
        for was_solved, expected in ((True, {}), (False, {"backlog": -1})):
            closed = measure("TicketClosed", {**TICKET, "was_solved": was_solved, "closed_at": AT})
            self.assertEqual({"tickets_closed": 1, **expected}, told(closed))

    def test_a_reopened_ticket_is_as_if_it_had_not_been_solved_but_for_the_solving_itself(self):
        solution = {"solved_at": AT, "business_seconds": 60, "promise_kept": True}
        opened_at = AT - timedelta(days=1)
        solved = measure("TicketSolved", {**TICKET, "opened_at": opened_at, **solution})
        reopened = {**TICKET, "opened_at": opened_at, "reopened_at": AT + timedelta(days=2), "solution": solution}
        both = fold([*solved, *measure("TicketReopened", reopened)])
        self.assertEqual({"tickets_solved": 1, "tickets_reopened": 1, "backlog": 0}, told(both))

    def test_a_score_takes_the_place_of_the_one_before_where_that_was_counted(self):
        earlier = {**TICKET, "queue": "billing", "score": 1, "rated_at": AT - timedelta(days=1)}
        first = measure("SatisfactionRecorded", {**earlier, "previous": None})
        second = measure("SatisfactionRecorded", {**TICKET, "score": 5, "rated_at": AT, "previous": earlier})
        self.assertEqual({"satisfaction_responses": 1, "satisfaction_scores": 5}, told(fold([*first, *second])))
        self.assertEqual({QUARTER}, {change.quarter for change in fold([*first, *second])})

    def test_a_broken_promise_counts_when_it_was_due(self):
        self.assertEqual({"promises_broken": 1}, told(measure("SlaBreached", {**TICKET, "due_at": AT})))


class Invoices(unittest.TestCase):
    def test_one_is_owed_until_it_is_paid_as_far_as_it_was_not_prepaid(self):
        issued = measure("InvoiceIssued", INVOICE)
        self.assertEqual({"invoiced": Decimal("119.00"), "outstanding": Decimal("100.00")}, told(issued))
        self.assertEqual({("EUR", "cus_1")}, {change.dimensions for change in issued})
        self.assertEqual({DUE.toordinal(), None}, {change.bin for change in issued})

    def test_a_payment_lowers_what_is_owed_by_what_it_allocates_only(self):
        paid = measure("PaymentRecorded", payment("50.00", "30.00"))
        self.assertEqual({"collected": Decimal("100.00"), "outstanding": Decimal("-80.00")}, told(paid))

    def test_what_is_allocated_later_is_owed_no_more_from_then_on(self):
        later = {**payment("70.00"), "allocated_at": AT + timedelta(days=1)}
        allocated = measure("PaymentAllocated", later)
        self.assertEqual({"outstanding": Decimal("-70.00")}, told(allocated))
        self.assertEqual({QUARTER + timedelta(days=1)}, {change.quarter for change in allocated})

    def test_a_reversed_payment_is_neither_collected_nor_allocated(self):
        paid = measure("PaymentRecorded", payment("50.00"))
        reversed = measure("PaymentReversed", {**payment("50.00"), "reversed_at": AT})
        self.assertEqual([], fold([*paid, *reversed]))

    def test_a_refund_is_told_by_itself(self):
        refund = {**ACCOUNT, "amount": Decimal("5.00"), "recorded_at": AT}
        self.assertEqual({"refunded": Decimal("5.00")}, told(measure("PaymentRefunded", refund)))

    def test_a_credit_lowers_what_is_owed_by_what_was_not_paid_yet(self):
        credit = {**INVOICE, "freed": Decimal("30.00"), "written_off": ZERO}
        found = told(measure("CreditNoteIssued", credit))
        self.assertEqual({"credited": Decimal("119.00"), "outstanding": Decimal("-70.00")}, found)

    def test_what_was_written_off_is_owed_no_more_whatever_comes_of_it(self):
        amount = Decimal("100.00")
        gone = {"amount": amount, "due_date": DUE, "written_off": amount}
        given_up = {**ACCOUNT, "due_date": DUE, "marked_at": AT, "amount": amount}
        self.assertEqual(
            {"written_off": amount, "outstanding": -amount}, told(measure("InvoiceMarkedUncollectible", given_up))
        )
        shares = {**payment(), "allocations": [gone]}
        for type, data, expected in (
            ("PaymentRecorded", shares, {"collected": amount}),
            ("PaymentAllocated", {**shares, "allocated_at": AT}, {}),
            ("CreditNoteIssued", {**INVOICE, "freed": ZERO, "written_off": amount}, {"credited": Decimal("119.00")}),
            ("InvoiceVoided", {**INVOICE, **gone, "voided_at": AT}, {"voided": Decimal("119.00")}),
        ):
            with self.subTest(type):
                self.assertEqual({"written_off": -amount, **expected}, told(measure(type, data)))
        reversed = measure("PaymentReversed", {**shares, "reversed_at": AT})
        self.assertEqual({"collected": -amount, "written_off": amount}, told(reversed))

    def test_what_comes_to_nothing_changes_no_bucket(self):
        self.assertEqual({"collected": 100}, told(measure("PaymentRecorded", payment())))
        self.assertEqual([], measure("InvoiceIssued", {**INVOICE, "tax_inclusive": ZERO, "payable": ZERO}))


class Measuring(unittest.TestCase):
    def test_only_known_events_are_measured(self):
        self.assertEqual(17, len(MEASURED))
        with self.assertRaises(KeyError):
            measure("TicketPainted", {})

    def test_whatever_the_order_in_which_events_come_the_sums_are_those_of_the_truth(self):
        rng = random.Random(7)
        for _ in range(30):
            tickets = [histories.ticket(rng, AT) for _ in range(4)]
            events = [event for ticket in tickets for event in ticket.events]
            for shuffled in (events, rng.sample(events, len(events))):
                sums = told(fold(change for event in shuffled for change in measure(*event)))
                for name, truth in histories.truth(tickets).items():
                    self.assertEqual(truth, sums.get(name, 0), name)


class Quarters(unittest.TestCase):
    def test_a_time_falls_into_the_quarter_that_it_is_in_whatever_its_offset(self):
        self.assertEqual(QUARTER, quarter_of(AT))
        self.assertEqual(QUARTER, quarter_of(QUARTER))
        self.assertEqual(QUARTER - timedelta(minutes=15), quarter_of(QUARTER - timedelta(milliseconds=1)))
        nepali = AT.astimezone(timezone(timedelta(hours=5, minutes=45)))
        self.assertEqual((QUARTER, UTC), (quarter_of(nepali), quarter_of(nepali).tzinfo))
