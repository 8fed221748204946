from datetime import UTC, datetime, timedelta

from backoffice_testing import ServiceTest

from analytics.domain.catalogue import CATALOGUE
from analytics.handlers import queries
from analytics.handlers.inbox import inbox
from tests.events import (
    AGENT,
    first_response,
    invoice_issued,
    payment_recorded,
    promise_broken,
    rated,
    ticket_assigned,
    ticket_opened,
    ticket_reopened,
    ticket_solved,
)

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
        query = {"limit": "100"} | query
        reply = self.call(queries.api, "GET", "/metrics", query=query)
        self.assertEqual(200, reply.status)
        return reply.body

    def test_every_metric_has_a_written_definition(self):
        answer = self.page()
        self.assertEqual(sorted(CATALOGUE), [metric["name"] for metric in answer["items"]])
        self.assertIsNone(answer["next_cursor"])
        for metric in answer["items"]:
            self.assertGreater(len(metric["definition"].split()), 10)
        outstanding = next(metric for metric in answer["items"] if metric["name"] == "outstanding")
        del outstanding["definition"]
        self.assertEqual(
            {"name": "outstanding", "unit": "money", "kind": "level", "dimensions": ["currency", "account"]},
            outstanding,
        )

    def test_it_has_all_that_the_business_is_led_by(self):
        times = ("first_response_time", "first_response_business_time", "resolution_time", "resolution_business_time")
        expected = {f"{time}_p{percent}" for time in times for percent in (50, 90, 95)} | {
            *("tickets_opened", "tickets_solved", "tickets_reopened", "tickets_closed", "backlog"),
            *("sla_breach_rate", "sla_breaches", "satisfaction", "satisfaction_responses"),
            *("invoiced", "voided", "collected", "refunded", "credited", "written_off", "outstanding"),
            *("days_sales_outstanding", "ageing_current"),
            *("ageing_1_30", "ageing_31_60", "ageing_61_90", "ageing_over_90"),
            *("page_views", "unique_visitors"),
        }
        self.assertEqual(expected, CATALOGUE.keys())

    def test_it_is_listed_page_by_page(self):
        names, cursor = [], {}
        while cursor is not None:
            answer = self.page(limit="20", **cursor)
            names.append([metric["name"] for metric in answer["items"]])
            cursor = {"cursor": answer["next_cursor"]} if answer["next_cursor"] else None
        self.assertEqual([20, len(CATALOGUE) - 20], [len(page) for page in names])
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
        asked = ["tickets_opened", "tickets_solved", "invoiced", "collected", "outstanding"]
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
            self.values(metrics=asked),
        )

    def test_a_working_day_of_support_in_figures(self):
        solved = ticket_solved(AT, timedelta(hours=3), business_seconds=5400, promise_kept=True)
        score = rated(AT, 2)
        self.tell(
            ticket_opened(AT),
            ticket_opened(AT),
            ticket_assigned(AT),
            first_response(AT, timedelta(minutes=30), business_seconds=600, promise_kept=True),
            solved,
            rated(AT + timedelta(days=1), 5, score),
            score,
            rated(AT, 4),
            promise_broken(AT),
            ticket_reopened(AT + timedelta(days=1), solved),
            ticket_solved(AT + timedelta(days=1), timedelta(hours=1)),
        )
        found = self.values(metrics=[name for name, metric in CATALOGUE.items() if "queue" in metric.dimensions])
        for name, seconds in {"first_response_time_p50": 1800, "first_response_business_time_p95": 600}.items():
            first, second = found[name, None]
            self.assertAlmostEqual(seconds, first, delta=seconds / 100)
            self.assertIsNone(second)
        self.assertIsNone(found["resolution_time_p90", None][0])
        self.assertAlmostEqual(3600, found["resolution_time_p90", None][1], delta=36)
        self.assertEqual([None, None], found["resolution_business_time_p50", None])
        expected = {
            "tickets_opened": [2, 0],
            "tickets_solved": [1, 1],
            "tickets_reopened": [0, 1],
            "backlog": [1, 1],
            "sla_breach_rate": ["50.00", None],
            "sla_breaches": [1, 0],
            "satisfaction": ["4.00", "5.00"],
            "satisfaction_responses": [1, 1],
        }
        self.assertEqual(expected, {name: found[name, None] for name in expected})

    def test_debts_by_age_and_days_of_sales_of_each_day(self):
        due = (AT - timedelta(days=30)).date().isoformat()
        self.tell(invoice_issued(AT - timedelta(days=60), "300.00", due_date=due), invoice_issued(AT, "60.00"))
        asked = ["days_sales_outstanding", *(name for name in CATALOGUE if name.startswith("ageing"))]
        self.assertEqual(
            {
                ("days_sales_outstanding", "EUR"): ["90.0", "90.0"],
                ("ageing_current", "EUR"): ["60.00", "0.00"],
                ("ageing_1_30", "EUR"): ["300.00", "60.00"],
                ("ageing_31_60", "EUR"): ["0.00", "300.00"],
                ("ageing_61_90", "EUR"): ["0.00", "0.00"],
                ("ageing_over_90", "EUR"): ["0.00", "0.00"],
            },
            self.values(metrics=asked),
        )

    def test_dimensions_split_the_answer_and_filters_narrow_it(self):
        self.tell(
            ticket_opened(AT, queue="billing"),
            ticket_opened(AT, queue="billing", priority="high"),
            ticket_opened(AT),
            ticket_assigned(AT, queue="billing"),
        )
        asked = {"metrics": ["tickets_opened", "backlog"], "filters": {"queue": ["billing"]}}
        status, answer = self.ask(**asked, dimensions=["priority", "agent"])
        self.assertEqual(200, status, answer)
        self.assertEqual(
            [
                ("tickets_opened", {"priority": "high"}, [1, 0]),
                ("tickets_opened", {"priority": "normal"}, [1, 0]),
                ("backlog", {"priority": "high", "agent": "unassigned"}, [1, 1]),
                ("backlog", {"priority": "normal", "agent": AGENT}, [1, 1]),
                ("backlog", {"priority": "normal", "agent": "unassigned"}, [0, 0]),
            ],
            [
                (series["metric"], series["dimensions"], [point["value"] for point in series["points"]])
                for series in answer["series"]
            ],
        )

    def test_accounts_are_told_apart_when_they_are_named(self):
        first, second = invoice_issued(AT, "119.00"), invoice_issued(AT, "238.00")
        self.tell(first, second, invoice_issued(AT, "1.00"))
        accounts = [event["data"]["account_id"] for event in (first, second)]
        asked = {"metrics": ["invoiced", "outstanding"], "filters": {"account": accounts}}
        status, answer = self.ask(**asked, dimensions=["account"])
        self.assertEqual(200, status, answer)
        found = [(one["metric"], one["dimensions"]["account"], one["points"][0]["value"]) for one in answer["series"]]
        sums = list(zip(accounts, ["119.00", "238.00"], strict=True))
        self.assertCountEqual([(metric, *one) for metric in ("invoiced", "outstanding") for one in sums], found)
        self.assertEqual({("invoiced", "EUR"): ["357.00", "0.00"]}, self.values(**{**asked, "metrics": ["invoiced"]}))

    def test_weeks_begin_on_monday_and_months_on_their_first(self):
        self.tell(ticket_opened(AT), ticket_opened(AT + timedelta(days=7)), ticket_opened(AT + timedelta(days=8)))
        for interval, to, expected in (("week", "2026-12-07", [1, 2]), ("month", "2027-01-01", [2, 1])):
            found = self.values(interval=interval, to=to, time_zone="UTC")
            self.assertEqual({("tickets_opened", None): expected}, found)

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
                "series": [
                    {"metric": "invoiced", "unit": "money", "currency": "EUR", "dimensions": {}, "points": points}
                ],
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

    def test_it_makes_one_call_for_the_generation_two_for_each_flow_and_three_for_each_level(self):
        self.tell(ticket_opened(AT), invoice_issued(AT, "119.00"))
        for metrics, calls in ((["tickets_opened"], 2), (["invoiced"], 2), (["outstanding"], 3), ([*CATALOGUE], 47)):
            self.calls.clear()
            with self.subTest(metrics):
                self.values(metrics=metrics)
                self.assertEqual(["GetItem"] + ["Query"] * calls, self.calls)

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
            (["filters.priority.0"], {"filters": {"priority": ["asap"]}}),
            (["filters.account.0"], {"metrics": ["invoiced"], "filters": {"account": ["tkt_1"]}}),
            (["filters.account"], {"metrics": ["invoiced"], "dimensions": ["account"]}),
            (["dimensions.0"], {"dimensions": ["mood"]}),
            (["dimensions.0"], {"metrics": ["invoiced"], "dimensions": ["queue"]}),
            (["dimensions.1"], {"dimensions": ["queue", "queue"]}),
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
