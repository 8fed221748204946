import csv
import io
from datetime import UTC, datetime, timedelta

from backoffice_testing import ServiceTest

from analytics.domain.catalogue import CATALOGUE
from analytics.domain.reports import AGEING, RECEIVABLES, SUPPORT
from analytics.handlers import queries
from analytics.handlers.inbox import inbox
from tests.events import invoice_issued, payment_recorded, ticket_opened, ticket_solved

AT = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)
DAYS = {"from": "2026-11-23", "to": "2026-11-25", "time_zone": "Europe/Berlin"}
EVENING = {"as_of": "2026-11-24", "time_zone": "Europe/Berlin"}


FORMULAS = ('=HYPERLINK("x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\tx", "＝1", " =1")


class ReportTest(ServiceTest):
    groups = "analysts"

    def tell(self, *events):
        self.assertEqual([], self.deliver(inbox, *events))

    def report(self, name, **query):
        reply = self.call(queries.api, "GET", f"/reports/{name}", query=query)
        self.assertEqual(200, reply.status, reply.body)
        return reply.body

    def sheet(self, name, headers=None, **query):
        reply = self.call(queries.api, "GET", f"/reports/{name}", query=query, headers=headers)
        self.assertEqual(200, reply.status, reply.body)
        return reply


class Reports(ReportTest):
    def test_support_has_a_row_for_each_interval_and_all_of_its_metrics(self):
        self.tell(ticket_opened(AT), ticket_opened(AT + timedelta(hours=6)), ticket_solved(AT))
        report = self.report("support", **DAYS)
        self.assertEqual(
            ("support", "Europe/Berlin", "day", "2026-11-22T23:00:00.000Z", "2026-11-24T23:00:00.000Z"),
            tuple(report[name] for name in ("report", "time_zone", "interval", "from", "to")),
        )
        self.assertEqual([1, 1], [row["tickets_opened"] for row in report["rows"]])
        self.assertEqual([1, 0], [row["tickets_solved"] for row in report["rows"]])
        self.assertEqual([None, None], [row["satisfaction"] for row in report["rows"]])
        self.assertEqual([None, None], [row["queue"] for row in report["rows"]])
        self.assertEqual({"start", "end", "queue", *SUPPORT.metrics}, report["rows"][0].keys())

    def test_support_has_rows_for_each_queue_that_is_asked_for(self):
        self.tell(ticket_opened(AT))
        rows = self.report("support", **DAYS, queue="general,billing")["rows"]
        self.assertEqual(
            [("billing", 0), ("general", 1), ("billing", 0), ("general", 0)],
            [(row["queue"], row["tickets_opened"]) for row in rows],
        )

    def test_receivables_have_a_row_for_each_currency_on_record_and_zero_where_nothing_is(self):
        self.tell(invoice_issued(AT, "119.00"), invoice_issued(AT, "5000", "JPY"))
        rows = self.report("receivables", **DAYS, interval="month")["rows"]
        self.assertEqual(
            [("EUR", "119.00", "0.00", "119.00"), ("JPY", "5000", "0", "5000")],
            [tuple(row[name] for name in ("currency", "invoiced", "written_off", "outstanding")) for row in rows],
        )

    def test_receivables_of_a_currency_that_is_asked_for_are_told_even_without_record(self):
        (row,) = self.report("receivables", **DAYS, interval="month", currency="KWD")["rows"]
        self.assertEqual(("KWD", "0.000", None), (row["currency"], row["invoiced"], row["days_sales_outstanding"]))

    def test_ageing_is_of_the_end_of_a_local_day_and_adds_up_to_what_is_outstanding(self):
        late = AT - timedelta(days=45)
        self.tell(invoice_issued(late, "100.00"), invoice_issued(AT, "20.00"), invoice_issued(AT, "7", "JPY"))
        rows = self.report("ageing", **EVENING)["rows"]
        self.assertEqual(["EUR", "JPY"], [row["currency"] for row in rows])
        self.assertEqual(
            ["0.00", "20.00", "100.00", "0.00", "0.00", "120.00"], [rows[0][name] for name in AGEING.metrics]
        )
        self.assertEqual((None, "2026-11-24T23:00:00.000Z"), (rows[0]["account"], rows[0]["end"]))

    def test_ageing_has_rows_for_each_account_that_is_asked_for(self):
        mine, other = invoice_issued(AT, "20.00"), invoice_issued(AT, "30.00")
        self.tell(mine, other)
        account = mine["data"]["account_id"]
        rows = self.report("ageing", **EVENING, account=account)["rows"]
        self.assertEqual([(account, "20.00")], [(row["account"], row["outstanding"]) for row in rows])

    def test_an_answer_has_what_the_catalogue_has_under_the_same_names(self):
        for report in (SUPPORT, RECEIVABLES, AGEING):
            self.assertLessEqual(set(report.metrics), CATALOGUE.keys())

    def test_what_makes_no_sense_is_refused_and_every_field_named(self):
        for report, query, fields in (
            ("support", {}, ["from", "time_zone", "to"]),
            ("support", DAYS | {"time_zone": "Europe/Atlantis"}, ["time_zone"]),
            ("support", DAYS | {"interval": "fortnight"}, ["interval"]),
            ("support", DAYS | {"to": "2026-11-22"}, ["to"]),
            ("support", DAYS | {"queue": "a,,b"}, ["queue"]),
            ("support", DAYS | {"queue": ""}, ["queue"]),
            ("support", DAYS | {"currency": "EUR"}, ["currency"]),
            ("support", DAYS | {"format": "xlsx"}, ["format"]),
            ("support", DAYS | {"interval": "hour", "to": "2027-11-23"}, ["interval"]),
            ("receivables", DAYS | {"currency": "EUR,euro"}, ["currency"]),
            ("ageing", EVENING | {"as_of": "2026-02-30"}, ["as_of"]),
            ("ageing", EVENING | {"as_of": "9999-12-31"}, ["as_of"]),
            ("ageing", EVENING | {"as_of": "1999-01-01"}, ["as_of"]),
            ("ageing", EVENING | {"account": "me"}, ["account"]),
        ):
            with self.subTest(report=report, query=query):
                reply = self.call(queries.api, "GET", f"/reports/{report}", query=query)
                self.assertEqual((422, "validation_failed"), (reply.status, reply.body["code"]))
                self.assertEqual(fields, sorted(error["field"] for error in reply.body["errors"]))

    def test_analysts_and_operators_may_read_and_nobody_else(self):
        for groups, expected in (("analysts", 200), ("operators", 200), ("agents,accountants", 403)):
            for report, query in (("support", DAYS), ("receivables", DAYS), ("ageing", EVENING)):
                asked = self.call(queries.api, "GET", f"/reports/{report}", query=query, groups=groups)
                self.assertEqual(expected, asked.status)


class Sheets(ReportTest):
    def test_a_sheet_has_a_header_a_name_and_times_of_the_zone_with_their_offset(self):
        self.tell(invoice_issued(AT, "119.00"), payment_recorded(AT, "200.00", ["119.00"]))
        reply = self.sheet("receivables", **DAYS, format="csv")
        self.assertEqual("text/csv; charset=utf-8; header=present", reply.headers["Content-Type"])
        self.assertEqual(
            ('attachment; filename="receivables-2026-11-23-to-2026-11-24.csv"', "no-store"),
            (reply.headers["Content-Disposition"], reply.headers["Cache-Control"]),
        )
        lines = reply.body.split("\r\n")
        self.assertEqual(["start", "end", "currency", *RECEIVABLES.metrics], lines[0].split(","))
        self.assertEqual(["2026-11-23T00:00:00+01:00", "2026-11-24T00:00:00+01:00", "EUR"], lines[1].split(",")[:3])
        self.assertEqual(["119.00", "0.00", "0.00", "200.00"], lines[1].split(",")[3:7])
        self.assertEqual((4, ""), (len(lines), lines[-1]))

    def test_of_nothing_there_is_a_header(self):
        reply = self.sheet("ageing", **EVENING, format="csv")
        self.assertEqual(",".join(["start", "end", "currency", "account", *AGEING.metrics]) + "\r\n", reply.body)
        self.assertIn('filename="ageing-2026-11-24.csv"', reply.headers["Content-Disposition"])

    def test_the_accept_header_decides_unless_a_format_is_named(self):
        for accept, query, media_type in (
            ("text/csv", {}, "text/csv"),
            ("application/json;q=0.5, text/csv", {}, "text/csv"),
            ("text/html, text/*;q=0.9, */*;q=0.1", {}, "text/csv"),
            ("*/*", {}, "application/json"),
            ("image/png", {}, "application/json"),
            ("text/csv", {"format": "json"}, "application/json"),
            ("application/json", {"format": "csv"}, "text/csv"),
        ):
            with self.subTest(accept=accept, query=query):
                reply = self.sheet("support", headers={"Accept": accept}, **DAYS, **query)
                self.assertEqual(media_type, reply.headers["Content-Type"].partition(";")[0])

    def test_no_cell_is_a_formula_and_every_cell_can_be_read_back(self):
        for queue in (
            '=HYPERLINK("x")',
            "+1+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(1)",
            "\tx",
            "＝1",
            " =1",
            'a "b"',
            "1\n2",
        ):
            with self.subTest(queue):
                self.tell(ticket_opened(AT, queue=queue))
                text = self.sheet("support", **DAYS, queue=queue, format="csv").body
                (_, line, *_) = csv.reader(io.StringIO(text, newline=""))
                cell = line[2]
                self.assertEqual(queue.strip(), cell.removeprefix("'").strip())
                self.assertNotRegex(cell, r"^\s*[=+\-@\t\r\n＝]")

    def test_a_negative_amount_stays_a_number(self):
        self.tell(payment_recorded(AT, "80.00", ["80.00"]))
        text = self.sheet("receivables", **DAYS, format="csv").body
        self.assertEqual("-80.00", next(csv.DictReader(io.StringIO(text)))["outstanding"])
