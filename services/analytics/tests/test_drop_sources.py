from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from unittest.mock import patch

from analytics.domain.drops.source import Expectation
from analytics.handlers import clock, commands, queries
from tests.file_drops import HEADER, DropTest

CONTEXT = SimpleNamespace(function_name="clock", aws_request_id="request")
EXPECTED = {"by": "06:30", "time_zone": "Europe/Berlin"}


class Setup(DropTest):
    def put(self, body, path="/drop-sources/acme", **how):
        return self.call(commands.api, "PUT", path, body, **how)

    def test_a_source_is_set_up_and_read_back(self):
        body = {
            "format": "csv",
            "columns": {"user_id": "Kunde", "date": "Tag", "event_type": "Was"},
            "date_format": "DD.MM.YYYY",
            "delimiter": ";",
            "quoted_line_breaks": False,
            "expected": EXPECTED,
            "alert_address": "ops@example.com",
        }
        reply = self.put(body)
        self.assertEqual((200, {"id": "acme", "prefix": "incoming/acme/", **body}), (reply.status, reply.body))
        self.assertEqual(reply.body, self.get("/drop-sources/acme"))
        self.assertEqual([reply.body], self.get("/drop-sources")["items"])
        subscribed = [one["Endpoint"] for one in self.sns.list_subscriptions()["Subscriptions"]]
        self.assertIn("ops@example.com", subscribed)

    def test_what_makes_no_sense_is_refused_by_name(self):
        good = {"format": "csv"}
        for body, field in (
            ({}, "format"),
            ({"format": "xml"}, "format"),
            ({**good, "delimiter": "::"}, "delimiter"),
            ({"format": "json_lines", "delimiter": ";"}, "delimiter"),
            ({**good, "date_format": "YY"}, "date_format"),
            ({**good, "columns": {"user_id": ""}}, "columns.user_id"),
            ({**good, "columns": {"user_id": "date"}}, "columns"),
            ({**good, "expected": {"by": "24:00", "time_zone": "UTC"}}, "expected.by"),
            ({**good, "expected": {"by": "06:00", "time_zone": "Mars"}}, "expected.time_zone"),
            ({**good, "expected": {"by": "06:00"}}, "expected.time_zone"),
            ({**good, "alert_address": "nobody"}, "alert_address"),
            ({**good, "quoted_line_breaks": "no"}, "quoted_line_breaks"),
            ({**good, "more": 1}, "more"),
        ):
            reply = self.put(body)
            with self.subTest(body):
                self.assertEqual((422, [field]), (reply.status, [error["field"] for error in reply.body["errors"]]))

    def test_an_id_is_a_folder_name(self):
        for source_id in ("A", "a_b", "-a", "a" * 41):
            with self.subTest(source_id):
                self.assertEqual(422, self.put({"format": "csv"}, f"/drop-sources/{source_id}").status)

    def test_operators_set_up_and_analysts_look(self):
        for groups, put, get in (("operators", 200, 200), ("analysts", 403, 200), ("agents", 403, 403)):
            with self.subTest(groups):
                self.assertEqual(put, self.put({"format": "csv"}, groups=groups).status)
                for path in ("/drop-sources", "/drop-sources/acme", "/drops"):
                    self.assertEqual(get, self.call(queries.api, "GET", path, groups=groups).status)

    def test_a_stale_version_is_refused(self):
        self.put({"format": "csv"})
        etag = self.put({"format": "csv"}).headers["ETag"]
        self.assertEqual(200, self.put({"format": "csv"}, headers={"If-Match": etag}).status)
        self.assertEqual(412, self.put({"format": "csv"}, headers={"If-Match": etag}).status)

    def test_what_nobody_set_up_or_dropped_is_not_found(self):
        for path in ("/drop-sources/nobody", "/drops/drp_01KAR0Z3B5C7D9E1F2G4H6J8KM", "/drops/x", "/drops/x/errors"):
            with self.subTest(path):
                self.assertEqual(404, self.call(queries.api, "GET", path).status)


class Deadlines(DropTest):
    def setUp(self):
        super().setUp()
        self._at(datetime(2026, 11, 22, 12, tzinfo=UTC))
        self.set_up_source(expected=EXPECTED, alert_address="ops@example.com")

    def _at(self, time):
        for module in ("analytics.handlers.clock", "analytics.transforming.work", "backoffice.http.api"):
            self._start(patch(f"{module}.now", lambda: time))

    def tick(self, day, hour, minute=0):
        """Let the clock strike, UTC; Berlin is an hour ahead. Returns the alerts that were sent."""
        self._at(datetime(2026, 11, day, hour, minute, tzinfo=UTC))
        clock.handler({}, CONTEXT)
        return self.alerts()

    def test_a_file_that_stays_away_is_told_of_once_each_day_after_its_time(self):
        self.assertEqual([], self.tick(22, 13), "set up after that day's deadline")
        self.assertEqual([], self.tick(23, 5, 29))
        self.assertEqual(["The file of 2026-11-23 from acme has not come by its time."], self.tick(23, 5, 30))
        self.assertEqual([], self.tick(23, 5, 31))
        self.assertEqual([], self.tick(24, 5))
        self.assertEqual(1, len(self.tick(24, 6)))
        told = [event["data"] for event in self.events("DataQualityAlertRaised")]
        self.assertEqual(
            [("missing", "2026-11-23"), ("missing", "2026-11-24")],
            [(one["reason"], one["expected_on"]) for one in told],
        )

    def test_a_file_that_has_come_is_not_missed_whatever_is_in_it(self):
        self._at(datetime(2026, 11, 23, 2, tzinfo=UTC))
        self.process(HEADER)
        self.assertEqual([], self.tick(23, 6))
        self._at(datetime(2026, 11, 24, 2, tzinfo=UTC))
        self.process(HEADER)
        self.assertEqual([], self.tick(24, 6), "the same content as the day before")
        self.assertEqual(1, len(self.tick(25, 6)))

    def test_an_alert_that_a_crash_has_left_behind_is_sent_by_the_clock(self):
        with patch("analytics.transforming.alerting.client", side_effect=RuntimeError), self.assertRaises(RuntimeError):
            self.tick(23, 6)
        self._at(datetime.now(UTC) + timedelta(minutes=5))
        with patch.object(clock, "_tell_of_missing_files"):
            clock.handler({}, CONTEXT)
            self.assertEqual(1, len(self.alerts()))
            clock.handler({}, CONTEXT)
        self.assertEqual([], self.alerts())

    def test_a_deadline_follows_the_zones_clock(self):
        since = datetime(2026, 1, 1, tzinfo=UTC)
        expected = Expectation(time(2, 30), "Europe/Berlin", since)
        for now, missed in (
            (datetime(2026, 3, 29, 1, 29, tzinfo=UTC), None),
            (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), date(2026, 3, 29)),
            (datetime(2026, 7, 1, 0, 29, tzinfo=UTC), None),
            (datetime(2026, 7, 1, 0, 30, tzinfo=UTC), date(2026, 7, 1)),
        ):
            with self.subTest(now):
                self.assertEqual(missed, expected.overdue(now, None))
