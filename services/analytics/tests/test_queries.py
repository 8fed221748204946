from datetime import UTC, datetime, timedelta

from backoffice_testing import ServiceTest

from analytics.domain.catalogue import CATALOGUE
from analytics.handlers import queries
from analytics.handlers.inbox import inbox
from tests.events import invoice_issued, payment_recorded, ticket_opened, ticket_solved

AT = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)
QUESTION = {
    "metrics": ["tickets_opened"],
    "from": "2026-11-23",
    "to": "2026-11-25",
    "interval": "day",
    "time_zone": "Europe/Berlin",
}


class Catalogue(ServiceTest):
    groups = "analysts"

    def page(self, **query):
        reply = self.call(queries.api, "GET", "/metrics", query=query)
        self.assertEqual(200, reply.status)
        return reply.body

    def test_every_metric_has_a_written_definition(self):
        answer = self.page()
        self.assertEqual(sorted(CATALOGUE), [metric["name"] for metric in answer["items"]])
        self.assertIsNone(answer["next_cursor"])
        for metric in answer["items"]:
            self.assertGreater(len(metric["definition"].split()), 10)
        outstanding = answer["items"][2]
        del outstanding["definition"]
        self.assertEqual(
            {"name": "outstanding", "unit": "money", "kind": "level", "dimensions": ["currency"]}, outstanding
        )

    def test_it_is_listed_page_by_page(self):
        names, cursor = [], {}
        while cursor is not None:
            answer = self.page(limit="2", **cursor)
            names.append([metric["name"] for metric in answer["items"]])
            cursor = {"cursor": answer["next_cursor"]} if answer["next_cursor"] else None
        self.assertEqual([2, 2, 1], [len(page) for page in names])
        self.assertEqual(sorted(CATALOGUE), sum(names, []))


class Query(ServiceTest):
    groups = "analysts"

    def tell(self, *events):
        self.assertEqual([], self.deliver(inbox, *events))

    def ask(self, **changed):
        reply = self.call(queries.api, "POST", "/query", {**QUESTION, **changed}, key="")
        return reply.status, reply.body

    def values(self, **changed):
        """The values of each series, by metric and currency."""
        status, answer = self.ask(**changed)
        self.assertEqual(200, status, answer)
        return {
            (series["metric"], series.get("currency")): [point["value"] for point in series["points"]]
            for series in answer["series"]
        }

    def test_a_working_day_by_local_day(self):
        self.tell(
            ticket_opened(AT),
            ticket_opened(AT + timedelta(hours=6)),
            ticket_solved(AT),
            invoice_issued(AT - timedelta(days=400), "1000.00"),
            invoice_issued(AT, "119.00"),
            invoice_issued(AT, "5000", "JPY"),
            payment_recorded(AT + timedelta(days=1), "200.00", ["119.00"]),
        )
        self.assertEqual(
            {
                ("tickets_opened", None): [1, 1],
                ("tickets_solved", None): [1, 0],
                ("invoiced", "EUR"): ["119.00", "0.00"],
                ("invoiced", "JPY"): ["5000", "0"],
                ("collected", "EUR"): ["0.00", "200.00"],
                ("outstanding", "EUR"): ["1119.00", "1000.00"],
                ("outstanding", "JPY"): ["5000", "5000"],
            },
            self.values(metrics=list(CATALOGUE)),
        )

    def test_the_answer_tells_what_was_asked_and_the_times_of_each_point(self):
        self.tell(invoice_issued(AT, "119.00"))
        status, answer = self.ask(metrics=["invoiced"])
        self.assertEqual(200, status)
        days = ["2026-11-22T23:00:00.000Z", "2026-11-23T23:00:00.000Z", "2026-11-24T23:00:00.000Z"]
        points = [
            {"start": days[0], "end": days[1], "value": "119.00"},
            {"start": days[1], "end": days[2], "value": "0.00"},
        ]
        self.assertEqual(
            {
                "time_zone": "Europe/Berlin",
                "interval": "day",
                "from": days[0],
                "to": days[2],
                "series": [{"metric": "invoiced", "unit": "money", "currency": "EUR", "points": points}],
            },
            answer,
        )

    def test_hours_of_a_zone_with_a_quarter_hour_offset_are_exact(self):
        opened = (datetime(2026, 11, 23, 17, minute, tzinfo=UTC) for minute in (14, 15, 59))
        self.tell(*(ticket_opened(at) for at in opened))
        nepali = {"from": "2026-11-23T22:00:00+05:45", "to": "2026-11-24T01:00:00+05:45"}
        self.assertEqual(
            {("tickets_opened", None): [1, 2, 0]},
            self.values(**nepali, interval="hour", time_zone="Asia/Kathmandu"),
        )

    def test_a_currency_that_is_asked_for_is_answered_even_without_record(self):
        self.tell(invoice_issued(AT, "119.00"))
        self.assertEqual(
            {("invoiced", "KWD"): ["0.000", "0.000"]},
            self.values(metrics=["invoiced"], filters={"currency": ["KWD"]}),
        )
        self.assertEqual({}, self.values(metrics=["collected"]))

    def test_it_makes_one_call_for_each_flow_and_two_for_each_level(self):
        self.tell(ticket_opened(AT), invoice_issued(AT, "119.00"))
        for metrics, calls in ((["tickets_opened"], 1), (["invoiced"], 1), (["outstanding"], 2), ([*CATALOGUE], 6)):
            self.calls.clear()
            with self.subTest(metrics):
                self.values(metrics=metrics)
                self.assertEqual(["Query"] * calls, self.calls)

    def test_what_makes_no_sense_is_refused_and_every_field_named(self):
        self.calls.clear()
        for fields, changed in (
            (["metrics.0"], {"metrics": ["happiness"]}),
            (["metrics"], {"metrics": []}),
            (["metrics"], {"metrics": "tickets_opened"}),
            (["metrics.0"], {"metrics": [7]}),
            (["time_zone"], {"time_zone": "Europe/Atlantis"}),
            (["time_zone"], {"time_zone": "../../etc/passwd"}),
            (["interval"], {"interval": "fortnight"}),
            (["interval"], {"interval": "hour", "to": "2027-11-23"}),
            (["to"], {"to": "2026-11-23"}),
            (["to"], {"to": "2026-11-22"}),
            (["from"], {"from": "2026-11-23T10:00:00"}),
            (["from"], {"from": "2026-11-23T10:07:00Z"}),
            (["from"], {"from": "2026-02-30"}),
            (["from"], {"from": 1_700_000_000}),
            (["from", "to"], {"from": "0001-01-01", "to": "9999-12-31"}),
            (["from"], {"from": "0001-01-01T00:00:00+14:00"}),
            (["filters.currency.0"], {"filters": {"currency": ["euro"]}}),
            (["filters.currency"], {"filters": {"currency": ["EUR"]}}),
            (["filters.mood"], {"filters": {"mood": ["sunny"]}}),
            (["colour"], {"colour": "red"}),
        ):
            with self.subTest(changed):
                status, problem = self.ask(**changed)
                self.assertEqual((422, "validation_failed"), (status, problem["code"]))
                self.assertEqual(fields, [error["field"] for error in problem["errors"]])
        self.assertEqual([], self.calls)

    def test_every_missing_field_is_named(self):
        reply = self.call(queries.api, "POST", "/query", {}, key="")
        self.assertEqual(422, reply.status)
        self.assertCountEqual(
            ["metrics", "from", "to", "interval", "time_zone"], [error["field"] for error in reply.body["errors"]]
        )

    def test_a_body_that_is_not_json_is_refused(self):
        self.assertEqual(400, self.call(queries.api, "POST", "/query", "{", key="").status)

    def test_analysts_and_operators_may_ask_and_nobody_else(self):
        for groups, expected in (("analysts", 200), ("operators", 200), ("agents,accountants", 403), ("", 403)):
            with self.subTest(groups):
                asked = self.call(queries.api, "POST", "/query", QUESTION, groups=groups, key="")
                self.assertEqual(expected, asked.status)
                self.assertEqual(expected, self.call(queries.api, "GET", "/metrics", groups=groups).status)
