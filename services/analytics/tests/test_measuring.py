import random
import unittest
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from analytics.domain.buckets import fold, quarter_of
from analytics.domain.measuring import MEASURED, measure

AT = datetime(2026, 11, 23, 17, 22, 13, 250_000, tzinfo=UTC)
QUARTER = datetime(2026, 11, 23, 17, 15, tzinfo=UTC)

INVOICE = {"currency": "EUR", "issued_at": AT, "tax_inclusive": Decimal("119.00")}


def payment(*allocated, amount="100.00"):
    allocations = [{"invoice_id": "inv", "amount": Decimal(part)} for part in allocated]
    return {
        "currency": "EUR",
        "amount": Decimal(amount),
        "recorded_at": AT,
        "allocations": allocations,
    }


def told(changes):
    return {(c.metric.name, *c.dimensions): c.amount for c in changes}


class Measuring(unittest.TestCase):
    def test_a_ticket_counts_where_it_was_opened_and_where_it_was_solved(self):
        self.assertEqual({("tickets_opened",): 1}, told(measure("TicketOpened", {"opened_at": AT})))
        solved = measure("TicketSolved", {"opened_at": AT - timedelta(days=3), "solved_at": AT})
        self.assertEqual({("tickets_solved",): 1}, told(solved))
        self.assertEqual([QUARTER], [change.quarter for change in solved])

    def test_an_invoice_is_owed_until_it_is_paid(self):
        total = Decimal("119.00")
        self.assertEqual(
            {("invoiced", "EUR"): total, ("outstanding", "EUR"): total}, told(measure("InvoiceIssued", INVOICE))
        )

    def test_a_payment_lowers_what_is_owed_by_what_it_allocates_only(self):
        self.assertEqual(
            {("collected", "EUR"): Decimal("100.00"), ("outstanding", "EUR"): Decimal("-80.00")},
            told(measure("PaymentRecorded", payment("50.00", "30.00"))),
        )

    def test_what_comes_to_nothing_changes_no_bucket(self):
        self.assertEqual({("collected", "EUR"): 100}, told(measure("PaymentRecorded", payment())))
        self.assertEqual([], measure("InvoiceIssued", {**INVOICE, "tax_inclusive": Decimal("0.00")}))

    def test_only_known_events_are_measured(self):
        self.assertEqual({"TicketOpened", "TicketSolved", "InvoiceIssued", "PaymentRecorded"}, MEASURED)
        with self.assertRaises(KeyError):
            measure("TicketPainted", {})

    def test_the_order_of_events_does_not_matter(self):
        rng = random.Random(7)
        events = [("InvoiceIssued", INVOICE), ("PaymentRecorded", payment("60.00", "1.37")), *3 * [TICKET]]
        first, *others = (
            {(c.metric.name, c.dimensions, c.quarter, c.amount) for c in fold(measured(shuffled))}
            for shuffled in (rng.sample(events, len(events)) for _ in range(10))
        )
        for other in others:
            self.assertEqual(first, other)


class Quarters(unittest.TestCase):
    def test_a_time_falls_into_the_quarter_that_it_is_in_whatever_its_offset(self):
        self.assertEqual(QUARTER, quarter_of(AT))
        self.assertEqual(QUARTER, quarter_of(QUARTER))
        self.assertEqual(QUARTER - timedelta(minutes=15), quarter_of(QUARTER - timedelta(milliseconds=1)))
        nepali = AT.astimezone(timezone(timedelta(hours=5, minutes=45)))
        self.assertEqual((QUARTER, UTC), (quarter_of(nepali), quarter_of(nepali).tzinfo))


TICKET = ("TicketOpened", {"opened_at": AT})


def measured(events):
    return [change for event_type, data in events for change in measure(event_type, data)]
