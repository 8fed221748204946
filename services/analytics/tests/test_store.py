import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import Mock, patch
from zoneinfo import ZoneInfo

from backoffice_testing import ServiceTest
from botocore.exceptions import ClientError

from analytics.domain.buckets import Change, Record, number_of
from analytics.domain.intervals import Interval, Span, spans
from analytics.domain.measures import (
    BACKLOG,
    COLLECTED,
    INVOICED,
    OUTSTANDING,
    OUTSTANDING_BY_DUE_DATE,
    TICKETS_OPENED,
)
from analytics.domain.planning import Read
from analytics.domain.reckoning import Ledger, Timeline, flow, level
from analytics.store import pages
from analytics.store.counting import Counter
from analytics.store.reading import Reader
from backoffice.dynamodb import Table
from tests.facts import NOON, changing, history, invoice, measured, payment, ticket

HOUR = timedelta(hours=1)


def span(start, **length):
    return Span(start, start + timedelta(**length))


def totals(measure, span):
    return Read(measure, span, measure.summary)


def in_full(measure, span, *accounts):
    return Read(measure, span, measure.dimensions, accounts)


def added(*amounts):
    """What was added at which times."""
    return Record([(number_of(at), None, Decimal(amount)) for at, amount in amounts], rollups=[])


class Reading(ServiceTest):
    def setUp(self):
        super().setUp()
        self.counter, self.reader = Counter(self.table), Reader(self.table)

    def count(self, *events):
        self.counter.count(map(measured, events))

    def test_a_flow_is_two_queries_and_a_level_three_whatever_the_history_and_the_currencies(self):
        for year in (2019, 2025, 2026):
            at = NOON.replace(year=year)
            self.count(invoice(at, "10"), invoice(at, "20", "USD"), invoice(at, "30", "JPY"), ticket(at))
        whole = span(NOON, days=90)
        self.assertEqual("1", self.reader.generation)
        for metric, calls in ((TICKETS_OPENED, 2), (INVOICED, 2), (COLLECTED, 2), (OUTSTANDING, 3)):
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
        self.assertEqual([Decimal("1110.50"), Decimal("1110.30"), Decimal("1110.30")], level([Ledger(read, hours)]))

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
        self.counter.count([changing(*(Change(TICKETS_OPENED, name, NOON, Decimal(1)) for name in odd))])
        self.assertEqual(set(odd), set(self.reader.read(in_full(TICKETS_OPENED, span(NOON, hours=1)))))

    def test_accounts_lie_apart_and_are_read_one_by_one(self):
        for name in ("cus_1", "cus_2", "cus_3"):
            self.count(invoice(NOON, "10", account_id=name), invoice(NOON, "5", "USD", name))
        self.assertEqual("1", self.reader.generation)
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
            self.assertEqual(7, sum(amount for _, _, amount in record.additions))
        (later,) = self.reader.read(totals(BACKLOG, span(NOON + timedelta(days=30), hours=1))).values()
        self.assertEqual({None: 7}, later.opening)

    def test_an_answer_is_read_all_the_same_if_the_sdk_parses_it_after_all(self):
        self.count(ticket(NOON), invoice(NOON, "0.10"))
        for about, values, amount in ((TICKETS_OPENED, (), 1), (INVOICED, ("EUR",), "0.10")):
            asked = totals(about, span(NOON, hours=1))
            with patch.object(pages, "_EVENT", "before-parse.dynamodb.NoSuchCall"):
                parsed = self.reader.read(asked)
            self.assertEqual({values: added((NOON, amount))}, parsed)
            self.assertEqual(parsed, self.reader.read(asked))

    def test_a_partition_is_read_page_by_page(self):
        days = [{"sk": {"S": f"DAY#2026-11-2{day}"}, "t1200": {"N": "1"}} for day in range(3, 6)]
        told = [{"Items": days[:2], "LastEvaluatedKey": {"pk": {"S": "p"}, "sk": days[1]["sk"]}}, {"Items": days[2:]}]
        told.append({"Items": []})  # nothing has been absorbed
        client = Mock(query=Mock(side_effect=told))
        read = Reader(Table("table", client), "1").read(totals(TICKETS_OPENED, span(NOON, days=3)))
        self.assertEqual(added(*((NOON + day * timedelta(days=1), 1) for day in range(3))), read[()])
        starts = [call.kwargs.get("ExclusiveStartKey") for call in client.query.call_args_list]
        self.assertEqual({"pk": {"S": "p"}, "sk": days[1]["sk"]}, starts[1])

    def test_an_error_of_the_table_is_raised_as_it_is(self):
        gone = Reader(Table("gone", self.table.client))
        with self.assertRaises(ClientError) as refused:
            gone.read(totals(TICKETS_OPENED, span(NOON, hours=1)))
        self.assertEqual("ResourceNotFoundException", refused.exception.response["Error"]["Code"])

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
                        found = formula([Ledger(record, timeline(parts))])
                        self.assertEqual([summed(events, asked, part) for part in parts], found)


def timeline(parts):
    parts = list(parts)
    return Timeline([number_of(part.start) for part in parts], number_of(parts[-1].end), UTC)


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
