import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from backoffice_testing import ServiceTest, create_table

from analytics.domain.buckets import Addition, Change, Record, number_of
from analytics.domain.intervals import Interval, Span, spans
from analytics.domain.measures import (
    BACKLOG,
    COLLECTED,
    INVOICED,
    OUTSTANDING,
    OUTSTANDING_BY_DUE_DATE,
    RESOLUTION_TIME,
    TICKETS_OPENED,
)
from analytics.domain.measuring import measure
from analytics.domain.planning import Read
from analytics.domain.reckoning import Timeline, flow, level
from analytics.store.counting import Counter
from analytics.store.reading import Reader
from backoffice.dynamodb import from_dynamodb
from backoffice.errors import AlreadySeen
from backoffice.ids import new_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def span(start, **length):
    return Span(start, start + timedelta(**length))


def totals(measure, span):
    return Read(measure, span, measure.summary)


def in_full(measure, span, *accounts):
    return Read(measure, span, measure.dimensions, accounts)


def added(*amounts):
    """What was added at which times."""
    return Record([Addition(number_of(at), None, Decimal(amount)) for at, amount in amounts])


def invoice(at, total, currency="EUR", account_id="cus_1"):
    sums = dict.fromkeys(("tax_inclusive", "payable"), Decimal(total))
    about = {"currency": currency, "account_id": account_id, "due_date": at.date()}
    return "InvoiceIssued", {**about, "issued_at": at, **sums}


def payment(at, amount, currency="EUR"):
    allocations = [{"amount": Decimal(amount), "due_date": at.date(), "written_off": Decimal(0)}]
    about = {"currency": currency, "account_id": "cus_1", "amount": Decimal(amount)}
    return "PaymentRecorded", {**about, "recorded_at": at, "allocations": allocations}


def ticket(at, queue="general"):
    return "TicketOpened", {"queue": queue, "priority": "normal", "opened_at": at}


class Counting(ServiceTest):
    def setUp(self):
        super().setUp()
        self.counter, self.reader = Counter(self.table), Reader(self.table)

    def count(self, event, event_id=None):
        self.counter.count(event_id or new_id("evt"), measure(*event))

    def test_a_count_is_one_transaction_and_reads_nothing(self):
        self.calls.clear()
        self.count(payment(NOON, "10.00"))
        self.assertEqual(["TransactWriteItems"], self.calls)

    def test_an_event_seen_before_changes_nothing(self):
        event_id = new_id("evt")
        self.count(ticket(NOON), event_id)
        before = self.items()
        with self.assertRaises(AlreadySeen):
            self.count(ticket(NOON + HOUR), event_id)
        self.assertEqual(before, self.items())

    def test_five_deliveries_in_any_order_leave_the_same_as_one_in_order(self):
        rng = random.Random(20261123)
        events = [(new_id("evt"), event) for event in history(rng, 12)]
        for event_id, event in events:
            self.count(event, event_id)
        in_order = self.items()
        self.forget_everything()
        seen_before = 0
        for event_id, event in rng.sample(events * 5, len(events) * 5):
            try:
                self.count(event, event_id)
            except AlreadySeen:
                seen_before += 1
        self.assertEqual(len(events) * 4, seen_before)
        self.assertEqual(in_order, self.items())

    def test_an_event_that_changes_nothing_is_marked_as_seen(self):
        self.count(invoice(NOON, "0.00"), "evt_1")
        self.assertEqual([("INBOX#evt_1", "INBOX")], list(self.items()))

    def test_changes_to_several_quarters_of_a_day_go_into_one_item(self):
        quarters = [NOON, NOON + timedelta(minutes=45), NOON + HOUR]
        about = ("general", "normal")
        self.counter.count("evt_1", [Change(TICKETS_OPENED, about, quarter, Decimal(2)) for quarter in quarters])
        # The seen mark, the totals, and those of queue and priority.
        self.assertEqual(3, len(self.items()))
        expected = added(*((quarter, 2) for quarter in quarters))
        for read, values in ((totals, ()), (in_full, about)):
            found = self.reader.read(read(TICKETS_OPENED, span(NOON, hours=2)))
            self.assertEqual({values}, found.keys())
            self.assertCountEqual(expected.additions, found[values].additions)

    def test_bins_of_a_quarter_are_counted_each_by_itself(self):
        changes = [Change(RESOLUTION_TIME, ("a", "low", "ann"), NOON, Decimal(1), bin) for bin in (3, 3, 700)]
        self.counter.count("evt_1", changes)
        read = self.reader.read(totals(RESOLUTION_TIME, span(NOON, hours=1)))
        self.assertCountEqual([(number_of(NOON), 3, 2), (number_of(NOON), 700, 1)], read[()].additions)

    def test_amounts_stay_exact(self):
        for amount in ("0.10", "0.20", "123456789012.34"):
            self.count(invoice(NOON, amount))
        read = self.reader.read(totals(INVOICED, span(NOON, hours=1)))
        self.assertEqual(added((NOON, "123456789012.64")), read["EUR",])

    def items(self):
        """All items by key; when inbox marks expire is left out."""
        answer = self.table.client.scan(TableName=self.table.name)
        assert "LastEvaluatedKey" not in answer
        found = [from_dynamodb(item) for item in answer["Items"]]
        for item in found:
            item.pop("expires_at", None)
        return {(item["pk"], item["sk"]): item for item in found}

    def forget_everything(self):
        self.table.client.delete_table(TableName=self.table.name)
        create_table(self.table.name)


class Reading(ServiceTest):
    def setUp(self):
        super().setUp()
        self.counter, self.reader = Counter(self.table), Reader(self.table)

    def count(self, *events):
        for event in events:
            self.counter.count(new_id("evt"), measure(*event))

    def test_a_flow_is_one_query_and_a_level_two_whatever_the_history_and_the_currencies(self):
        for year in (2019, 2025, 2026):
            at = NOON.replace(year=year)
            self.count(invoice(at, "10"), invoice(at, "20", "USD"), invoice(at, "30", "JPY"), ticket(at))
        whole = span(NOON, days=90)
        for metric, calls in ((TICKETS_OPENED, 1), (INVOICED, 1), (COLLECTED, 1), (OUTSTANDING, 2)):
            self.calls.clear()
            with self.subTest(metric.name):
                self.reader.read(totals(metric, whole))
                self.assertEqual(["Query"] * calls, self.calls)

    def test_only_what_lies_within_the_span_is_on_record_of_a_flow(self):
        self.count(*(ticket(NOON + minutes * timedelta(minutes=1)) for minutes in (-1, 0, 59, 60)))
        read = self.reader.read(totals(TICKETS_OPENED, span(NOON, hours=1)))
        self.assertCountEqual(added((NOON, 1), (NOON + timedelta(minutes=45), 1)).additions, read[()].additions)
        self.assertEqual({}, self.reader.read(totals(TICKETS_OPENED, span(NOON + 5 * HOUR, hours=1))))

    def test_a_level_opens_with_all_that_happened_before_and_forgets_nothing(self):
        self.count(
            invoice(datetime(2019, 2, 3, tzinfo=UTC), "1000"),
            invoice(datetime(2025, 12, 31, 23, 59, tzinfo=UTC), "100"),
            invoice(datetime(2026, 10, 31, 23, 59, tzinfo=UTC), "10"),
            invoice(datetime(2026, 11, 1, tzinfo=UTC), "1"),
            payment(NOON - HOUR, "0.50"),
            payment(NOON + HOUR, "0.20"),
            invoice(NOON + 3 * HOUR, "5"),
        )
        read = self.reader.read(totals(OUTSTANDING, span(NOON, hours=3)))["EUR",]
        self.assertEqual({None: Decimal(1110)}, read.opening)
        hours = timeline(spans(span(NOON, hours=3), Interval.HOUR, ZoneInfo("UTC")))
        self.assertEqual([Decimal("1110.50"), Decimal("1110.30"), Decimal("1110.30")], level([read], hours))

    def test_debts_open_by_due_date(self):
        due = datetime(2026, 10, 5, tzinfo=UTC)
        self.count(invoice(due, "70"), payment(due, "30"), invoice(NOON, "7"))
        read = self.reader.read(totals(OUTSTANDING_BY_DUE_DATE, span(NOON, hours=1)))["EUR",]
        self.assertEqual({due.toordinal(): Decimal(40)}, read.opening)
        self.assertEqual([(number_of(NOON), NOON.toordinal(), Decimal(7))], read.additions)

    def test_a_level_of_the_past_does_not_know_what_came_later(self):
        self.count(invoice(NOON, "10"))
        self.assertEqual({}, self.reader.read(totals(OUTSTANDING, span(NOON - timedelta(days=40), days=40))))

    def test_series_that_need_escaping_are_kept_apart(self):
        odd = [("a#b", "x"), ("a", "x"), ("a~", "x"), ("ä/%23", "x"), ("a~1", "x")]
        self.counter.count("evt_1", [Change(TICKETS_OPENED, name, NOON, Decimal(1)) for name in odd])
        self.assertEqual(set(odd), set(self.reader.read(in_full(TICKETS_OPENED, span(NOON, hours=1)))))

    def test_accounts_lie_apart_and_are_read_one_by_one(self):
        for name in ("cus_1", "cus_2", "cus_3"):
            self.count(invoice(NOON, "10", account_id=name), invoice(NOON, "5", "USD", name))
        self.calls.clear()
        read = self.reader.read(in_full(OUTSTANDING, span(NOON, hours=1), "cus_1", "cus_3", "cus_4"))
        self.assertEqual({(code, name) for code in ("EUR", "USD") for name in ("cus_1", "cus_3")}, read.keys())
        self.assertEqual(["Query"] * 6, self.calls)

    def test_shards_of_an_item_are_read_as_one(self):
        self.count(ticket(NOON), ticket(NOON))
        day = f"DAY#{NOON.date()}"
        for pk, sk in (
            ("METRIC#1#tickets_opened", f"{day}~3"),
            ("METRIC#1#tickets_opened#queue#priority", f"{day}#general#normal~12"),
            ("METRIC#1#backlog", f"{day}~1"),
            ("METRIC#1#backlog", "YEAR#2026~1"),
        ):
            self.table.put_all([{"pk": pk, "sk": sk, "t1200": 5, "m11": 5}])
        whole = span(NOON, hours=1)
        for read in (totals(TICKETS_OPENED, whole), in_full(TICKETS_OPENED, whole), totals(BACKLOG, whole)):
            (record,) = self.reader.read(read).values()
            self.assertEqual(7, sum(addition.amount for addition in record.additions))
        (later,) = self.reader.read(totals(BACKLOG, span(NOON + timedelta(days=30), hours=1))).values()
        self.assertEqual({None: 7}, later.opening)

    def test_any_series_equals_a_sum_over_the_events(self):
        rng = random.Random(5)
        events = history(rng, 30)
        self.count(*events)
        for zone in map(ZoneInfo, ("Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe")):
            for interval in Interval:
                start = NOON + timedelta(minutes=15 * rng.randrange(-4000, 4000))
                whole = span(start, hours=rng.randrange(1, 900))
                parts = list(spans(whole, interval, zone))
                for asked, formula in ((OUTSTANDING, level), (INVOICED, flow)):
                    record = self.reader.read(totals(asked, whole)).get(("EUR",), Record())
                    with self.subTest(zone=zone.key, interval=interval, measure=asked.name, start=start):
                        found = formula([record], timeline(parts))
                        self.assertEqual([summed(events, asked, part) for part in parts], found)


def timeline(parts):
    parts = list(parts)
    return Timeline([number_of(part.start) for part in parts], number_of(parts[-1].end), [])


def summed(events, measure, part):
    """What events in euros come to, straight from their own data."""
    total = Decimal(0)
    for event_type, data in events:
        if data.get("currency") != "EUR":
            continue
        invoiced = event_type == "InvoiceIssued"
        at = data["issued_at"] if invoiced else data["recorded_at"]
        amount = data["tax_inclusive"] if invoiced else -data["amount"]
        if measure is OUTSTANDING and at < part.end or measure is INVOICED and invoiced and part.start <= at < part.end:
            total += amount
    return total


def history(rng, count):
    """Events of some six months."""
    makers = [
        ticket,
        lambda at: invoice(at, f"{rng.randrange(1, 10**6)}.{rng.randrange(100):02}", rng.choice(["EUR", "USD"])),
        lambda at: payment(at, f"{rng.randrange(1, 10**5)}.{rng.randrange(100):02}", rng.choice(["EUR", "USD"])),
    ]
    return [rng.choice(makers)(NOON + timedelta(seconds=rng.randrange(-8_000_000, 8_000_000))) for _ in range(count)]
