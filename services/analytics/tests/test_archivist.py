import gzip
import json
from datetime import UTC, datetime

from backoffice_testing import contracts, envelope
from botocore.exceptions import ClientError

from analytics.archive import writing
from analytics.archive.files import ArchiveFile
from backoffice.ids import new_id
from tests.archives import ArchiveTest, notification
from tests.events import invoice_issued, ticket_opened

AT = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)
TRACE = "1-6563a1b2-0123456789abcdef01234567"


def told_on(day, event):
    return {**event, "recorded_at": f"{day}T23:59:59.999Z"}


class Archivist(ArchiveTest):
    def test_an_event_is_kept_as_it_was_told_with_its_trace(self):
        event = invoice_issued(AT, "119.00")
        self.assertEqual([], self.archive(notification(event, trace=TRACE)))
        self.assertEqual([{**event, "trace_id": TRACE}], self.archived())

    def test_files_lie_by_context_day_of_telling_and_type(self):
        events = [
            (invoice_issued(AT, "1.00"), "invoicing", "2026-11-23"),
            (invoice_issued(AT, "2.00"), "invoicing", "2026-11-24"),
            (ticket_opened(AT), "customer-support", "2026-11-23"),
            (ticket_opened(AT), "customer-support", "2026-11-23"),
        ]
        self.archive(*(notification(told_on(day, event), context) for event, context, day in events))
        folders = sorted(key.rpartition("/")[0] for key in self.files())
        self.assertEqual(
            [
                "events/context=customer-support/date=2026-11-23/type=TicketOpened",
                "events/context=invoicing/date=2026-11-23/type=InvoiceIssued",
                "events/context=invoicing/date=2026-11-24/type=InvoiceIssued",
            ],
            folders,
        )

    def test_a_name_tells_the_type_and_how_many_events_there_are(self):
        self.archive(*(notification(ticket_opened(AT), "customer-support") for _ in range(7)))
        (key,) = self.files()
        self.assertEqual(ArchiveFile(key, "TicketOpened", 7, AT), ArchiveFile.of(key, AT))
        self.assertIsNone(ArchiveFile.of("athena/answer.csv", AT))

    def test_types_and_contexts_that_nobody_knows_yet_are_kept(self):
        event = envelope("ParcelSent", new_id("par"), {"weight": "1.5", "to": {"name": "Ann", "zone": "EU"}})
        self.assertEqual([], self.archive(notification(event, "shipping")))
        (kept,) = self.archived()
        self.assertEqual({"weight": "1.5", "to": {"zone": "EU"}}, kept["data"])
        self.assertIn("events/context=shipping/", next(iter(self.files())))

    def test_nothing_that_a_contract_calls_personal_is_written(self):
        for type in ("CustomerRegistered", "CustomerUpdated"):
            for data in contracts.examples(type):
                self.archive(notification(envelope(type, data["customer_id"], data), "customer-support"))
                written = " ".join(gzip.decompress(body).decode() for body in self.files().values())
                for name in ("name", "email", "company"):
                    self.assertNotIn(json.dumps(name), written)
                    self.assertNotIn(str(data[name]) if data[name] else "company", written)
                self.assertIn(data["customer_id"], written)
                self.assertIn(data["time_zone"], written)

    def test_the_same_events_in_any_order_are_the_same_file(self):
        messages = [notification(ticket_opened(AT), "customer-support") for _ in range(20)]
        self.archive(*messages)
        once = self.files()
        self.archive(*reversed(messages), messages[3])
        self.assertEqual(once, self.files())
        self.assertEqual(20, len(self.archived()))

    def test_what_is_no_event_fails_alone(self):
        good = ticket_opened(AT)
        bad = [
            "not json",
            "[]",
            json.dumps({"TopicArn": None, "Message": "{}"}),
            json.dumps(good),  # delivered raw: nobody tells whose it is
            notification("{}"),
            notification({**good, "event_id": "evt_1"}),
            notification({**good, "type": "../../etc"}),
            notification({**good, "data": "text"}),
            notification(good, "../x"),
        ]
        failed = self.archive(notification(good, "customer-support"), *bad)
        self.assertEqual(list(range(1, len(bad) + 1)), failed)
        self.assertEqual([good["event_id"]], [event["event_id"] for event in self.archived()])

    def test_a_file_that_cannot_be_written_fails_its_own_messages_alone(self):
        def refuse(params, **_):
            if "TicketOpened" in params["url_path"]:
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

        events = writing.client("s3").meta.events
        events.register("before-call.s3.PutObject", refuse)
        messages = [
            notification(ticket_opened(AT), "customer-support"),
            notification(invoice_issued(AT, "1.00")),
            notification(ticket_opened(AT), "customer-support"),
        ]
        try:
            self.assertEqual([0, 2], self.archive(*messages))
        finally:
            events.unregister("before-call.s3.PutObject", refuse)
        self.assertEqual([], self.archive(messages[0], messages[2]))
        self.assertEqual(3, len(self.archived()))

    def test_text_that_fits_no_encoding_is_kept(self):
        event = ticket_opened(AT)
        event["data"]["queue"] = "\ud800"
        self.assertEqual([], self.archive(notification(event, "customer-support")))
        self.assertEqual([event["data"]], [kept["data"] for kept in self.archived()])
