import random
from datetime import UTC, datetime, timedelta

from backoffice_testing import ServiceTest

from analytics.domain.measuring import MEASURED
from analytics.domain.sketch import bin_of
from analytics.handlers import inbox
from backoffice.dynamodb import from_dynamodb
from backoffice.ids import new_id
from tests.events import invoice_issued, payment_recorded, ticket_opened, ticket_solved

AT = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)


class Inbox(ServiceTest):
    def deliver_all(self, *envelopes):
        return self.deliver(inbox.inbox, *envelopes)

    def opened(self):
        """How many tickets were opened in which quarter hours."""
        return self.buckets()["METRIC#1#tickets_opened", "DAY#2026-11-23"]

    def buckets(self):
        """The amounts in each item, by key."""
        answer = self.table.client.scan(TableName=self.table.name)
        items = [from_dynamodb(item) for item in answer["Items"] if item["pk"]["S"].startswith("METRIC#")]
        own = ("pk", "sk", "born", "version")
        return {
            (item["pk"], item["sk"]): {name: amount for name, amount in item.items() if name not in own}
            for item in items
        }

    def test_every_event_that_is_measured_is_taken(self):
        self.assertEqual(MEASURED | {"EraseCustomer"}, set(inbox.inbox.schemas))

    def test_events_are_counted_in_the_quarter_hour_of_their_own_time(self):
        events = [
            ticket_opened(AT),
            ticket_solved(AT, timedelta(hours=1)),
            invoice_issued(AT, "119.00"),
            payment_recorded(AT, "100.00", ["60.00", "20.00"]),
        ]
        account = events[2]["data"]["account_id"]
        self.assertEqual([], self.deliver_all(*events))
        buckets = self.buckets()
        day = "DAY#2026-11-23"
        expected = {
            ("METRIC#1#tickets_opened", day): {"t1700": 1},
            ("METRIC#1#tickets_opened#queue#priority", f"{day}#general#normal"): {"t1700": 1},
            ("METRIC#1#tickets_solved", day): {"t1700": 1},
            ("METRIC#1#backlog#queue#priority#agent", f"{day}#general#normal#unassigned"): {"t1700": 1},
            ("METRIC#1#backlog#queue#priority#agent", f"{day}#general#normal#agent%40example.com"): {"t1700": -1},
            ("METRIC#1#resolution_time", day): {f"t1700_{bin_of(timedelta(hours=1))}": 1},
            ("METRIC#1#invoiced#currency", f"{day}#EUR"): {"t1700": 119},
            (f"METRIC#1#invoiced#currency#account#{account}", f"{day}#EUR"): {"t1700": 119},
            ("METRIC#1#collected#currency", f"{day}#EUR"): {"t1700": 100},
            ("METRIC#1#outstanding#currency", f"{day}#EUR"): {"t1700": 39},
            ("METRIC#1#outstanding#currency", "YEAR#2026#EUR"): {"m11": 39},
            ("METRIC#1#outstanding_by_due_date#currency", f"{day}#EUR"): {f"t1700_{AT.toordinal()}": 39},
            ("METRIC#1#outstanding_by_due_date#currency", "YEAR#2026#EUR"): {f"m11_{AT.toordinal()}": 39},
        }
        self.assertEqual(expected, {key: buckets[key] for key in expected})

    def test_a_message_that_cannot_be_counted_fails_alone(self):
        good, paid = ticket_opened(AT), payment_recorded(AT, "1.00", [])
        bad = [
            "not json",
            changed(good, type="TicketPainted"),
            changed(good, type="TicketSolved"),
            changed(good, data={**good["data"], "opened_at": "yesterday"}),
            changed(paid, data={**paid["data"], "amount": 1.5}),
            changed(paid, data={**paid["data"], "currency": "euro"}),
            changed(paid, data={**paid["data"], "allocations": [{"invoice_id": "inv"}]}),
        ]
        failed = self.deliver_all(good, *bad, ticket_opened(AT))
        self.assertEqual(list(range(1, len(bad) + 1)), failed)
        self.assertEqual({"t1700": 2}, self.opened())

    def test_a_message_that_failed_can_be_taken_later(self):
        good = ticket_opened(AT)
        self.assertEqual([0], self.deliver_all({**good, "data": {}}))
        self.assertEqual([], self.deliver_all(good))
        self.assertEqual({"t1700": 1}, self.opened())

    def test_fields_that_an_event_gains_later_do_no_harm(self):
        event = ticket_opened(AT)
        self.assertEqual([], self.deliver_all({**event, "data": {**event["data"], "mood": "sunny"}}))

    def test_duplicates_in_any_order_are_no_failure_and_change_nothing(self):
        events = [ticket_opened(AT), ticket_opened(AT), invoice_issued(AT, "5.00")]
        self.deliver_all(*events)
        once = self.buckets()
        self.assertEqual([], self.deliver_all(*random.Random(3).sample(events * 4, len(events) * 4)))
        self.assertEqual(once, self.buckets())


def changed(event, **members):
    """Another event that differs from this one."""
    return {**event, "event_id": new_id("evt"), **members}
