from typing import Any

from backoffice.http.api import Route
from backoffice.ids import new_id
from customer_support.handlers import commands, queries
from tests.help_desk import ANN, CALENDAR, HOUR, POLICY, HelpDesk

BODIES = {
    "POST /customers": ANN,
    "PATCH /customers/{customer_id}": {"name": "Bo"},
    "POST /customers/{customer_id}/erasure": None,
    "POST /tickets": {"customer_id": new_id("cus"), "subject": "Hello", "body": "Hello"},
    "PATCH /tickets/{ticket_id}": {"queue": "hardware"},
    "POST /tickets/{ticket_id}/assign": {"assignee": "bo"},
    "POST /tickets/{ticket_id}/solve": None,
    "POST /tickets/{ticket_id}/hold": None,
    "POST /tickets/{ticket_id}/resume": None,
    "POST /tickets/{ticket_id}/reopen": None,
    "POST /tickets/{ticket_id}/close": None,
    "POST /tickets/{ticket_id}/merge": {"into": new_id("tkt")},
    "PUT /tickets/{ticket_id}/satisfaction": {"score": 5},
    "PUT /calendars/{calendar_id}": CALENDAR,
    "PUT /sla-policies/{policy_id}": POLICY,
    "POST /tickets/{ticket_id}/messages": {"body": "Hello"},
    "POST /tickets/{ticket_id}/time-entries": HOUR,
}
WRITES = [(commands.api, route) for route in commands.api.routes]
READS = [(queries.api, route) for route in queries.api.routes if route.group]


class Access(HelpDesk):
    def send(self, api: Any, route: Route, customer_id: str, ticket_id: str, **how: Any) -> Any:
        path = route.rule.format(
            customer_id=customer_id,
            ticket_id=ticket_id,
            calendar_id="office",
            policy_id="default",
            erasure_id=new_id("era"),
            attachment_id="att_1",
        )
        body = BODIES[f"{route.method} {route.rule}"] if route.method != "GET" else None
        return self.call(api, route.method, path, body, headers={"If-Match": "*"}, **how)

    def test_is_refused_to_groups_with_other_work(self) -> None:
        ids = (self.customer()["id"], self.ticket()["id"])
        self.calls.clear()
        for api, route in WRITES + READS:
            for groups in ("", "accountants", "accountants,analysts", "agent"):
                with self.subTest(route=route.rule, groups=groups):
                    self.assert_problem(self.send(api, route, *ids, groups=groups), 403, "forbidden")
        self.assertEqual(self.calls, [], "nothing is asked of the table for them")

    def test_of_operators_is_reading_everything_and_writing_nothing(self) -> None:
        ids = (self.customer()["id"], self.ticket()["id"])
        self.service_levels()
        for api, route in READS:
            with self.subTest(route=route.rule):
                expected = 404 if "attachment_id" in route.rule or "erasure_id" in route.rule else 200
                self.assertEqual(self.send(api, route, *ids, groups="operators").status, expected)
        for api, route in WRITES:
            with self.subTest(route=route.rule):
                self.assert_problem(self.send(api, route, *ids, groups="operators"), 403, "forbidden")

    def test_to_what_is_not_there_is_a_404_that_names_it(self) -> None:
        for api, route in WRITES + READS:
            if "attachment_id" in route.rule:
                continue
            for kind in [name for name in ("customer", "ticket") if f"{{{name}_id}}" in route.rule]:
                for prefix in ("cus", "tkt", "inv"):
                    with self.subTest(route=route.rule, prefix=prefix):
                        unknown = new_id(prefix)
                        reply = self.send(api, route, unknown, unknown)
                        self.assert_problem(reply, 404, f"{kind}_not_found")
                        self.assertIn(unknown, reply.body["detail"])
        self.assertEqual(self.everything(), [])

    def test_to_the_api_document_is_open_to_all(self) -> None:
        reply = self.call(queries.api, "GET", "/openapi.json", groups="")

        self.assertEqual((reply.status, reply.body["openapi"]), (200, "3.1.0"))


class BadRequests(HelpDesk):
    def test_that_are_no_json_object_are_refused(self) -> None:
        for body in ["", "{", "[1]", '"text"', "NaN", '{"name": Infinity}', "null", "[" * 100_000]:
            with self.subTest(body=body[:20]):
                self.assert_problem(self.post("/customers", body), 400, "malformed_json")

    def test_that_are_too_long_are_refused(self) -> None:
        body = '{"name": "' + "x" * 300_000 + '"}'
        self.assert_problem(self.post("/customers", body), 413, "content_too_large")

    def test_with_names_that_cannot_be_written_are_answered_all_the_same(self) -> None:
        reply = self.post("/customers", '{"name": "Ann", "email": "ann@example.com", "\\ud800": 1}')
        self.assert_problem(reply, 422, "validation_failed", "\ud800")


class Logs(HelpDesk):
    def test_tell_no_personal_data(self) -> None:
        ticket = self.ticket(customer_id=self.done(self.post("/customers", ANN))["id"])
        path = f"/tickets/{ticket['id']}"
        self.done(self.post(f"{path}/messages", {"body": "It burns again."}))
        self.post("/customers", {**ANN, "name": "Ann Miller"})
        self.post("/customers", {**ANN, "email": "not an address"})

        lines = self.logs()
        self.assertGreaterEqual(len(lines), 7)
        self.assertEqual({line["correlation_id"] != "" for line in lines}, {True})
        for secret in ["Ann", "example.com", "not an address", "Printer", "burns"]:
            self.assertNotIn(secret, str(lines))
