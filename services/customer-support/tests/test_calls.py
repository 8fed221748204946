from typing import Any

from customer_support.handlers import commands, queries
from tests.help_desk import ANN, CALENDAR, HOUR, POLICY, HelpDesk

NOTHING: list[str] = []
WRITE = ["TransactWriteItems"]
GET_AND_WRITE = ["GetItem", "TransactWriteItems"]
BATCH_AND_WRITE = ["BatchGetItem", "TransactWriteItems"]


class CallsToDynamoDB(HelpDesk):
    """A read is one call; a write is one read and one transaction. Solving needs the business hours, too."""

    EXPECTED = {
        "GET /openapi.json": (None, NOTHING),
        "GET /customers": (None, ["Query"]),
        "GET /customers/{customer_id}": (None, ["GetItem"]),
        "GET /customers/{customer_id}/history": (None, ["Query"]),
        "GET /customers/{customer_id}/export": (None, ["Query", "Query", "Query", "Query"]),
        "GET /tickets": (None, ["Query"]),
        "GET /tickets/{ticket_id}": (None, ["GetItem"]),
        "GET /tickets/{ticket_id}/history": (None, ["Query"]),
        "GET /tickets/{ticket_id}/messages": (None, ["Query"]),
        "GET /tickets/{ticket_id}/time-entries": (None, ["Query"]),
        "GET /tickets/{ticket_id}/sla": (None, ["BatchGetItem"]),
        "GET /mails": (None, ["Query"]),
        "PUT /calendars/{calendar_id}": (CALENDAR, GET_AND_WRITE),
        "GET /calendars/{calendar_id}": (None, ["GetItem"]),
        "PUT /sla-policies/{policy_id}": (POLICY, GET_AND_WRITE),
        "GET /sla-policies/{policy_id}": (None, ["GetItem"]),
        "POST /customers": (ANN, WRITE),
        "PATCH /customers/{customer_id}": ({"email": "new@example.com"}, GET_AND_WRITE),
        "POST /tickets": ({"subject": "Hello", "body": "Hello"}, GET_AND_WRITE),
        "PATCH /tickets/{ticket_id}": ({"queue": "hardware", "tags": ["a", "b"]}, GET_AND_WRITE),
        "POST /tickets/{ticket_id}/assign": ({"assignee": "bo"}, GET_AND_WRITE),
        "POST /tickets/{ticket_id}/messages": ({"body": "Hello"}, BATCH_AND_WRITE),
        "POST /tickets/{ticket_id}/time-entries": (HOUR, GET_AND_WRITE),
        "POST /tickets/{ticket_id}/hold": (None, GET_AND_WRITE),
        "POST /tickets/{ticket_id}/resume": (None, BATCH_AND_WRITE),
        "POST /tickets/{ticket_id}/solve": (None, ["Query", "GetItem", "TransactWriteItems"]),
        "POST /tickets/{ticket_id}/reopen": (None, BATCH_AND_WRITE),
        "POST /tickets/{ticket_id}/merge": (None, BATCH_AND_WRITE),
        "PUT /tickets/{ticket_id}/satisfaction": ({"score": 5}, GET_AND_WRITE),
        "POST /tickets/{ticket_id}/close": (None, GET_AND_WRITE),
    }

    def test_are_as_few_as_can_be_on_every_route(self) -> None:
        customer = self.customer()["id"]
        ticket = self.ticket(customer_id=customer)["id"]
        of_mails = "GET /tickets/{ticket_id}/attachments/{attachment_id}"  # needs a mail; it is one GetItem
        routes = {f"{route.method} {route.rule}": api for api in (commands.api, queries.api) for route in api.routes}
        self.assertEqual(routes.keys() - {of_mails}, self.EXPECTED.keys())

        heir, rated = self.ticket(customer_id=customer)["id"], self.solved().removeprefix("/tickets/")
        special: dict[str, Any] = {
            "POST /tickets": {"customer_id": customer, "subject": "Hello", "body": "Hello"},
            "POST /tickets/{ticket_id}/merge": {"into": heir},
        }
        for name, (body, expected) in self.EXPECTED.items():
            method, rule = name.split()
            sent = special.get(name, body)
            about = rated if name.endswith(("/satisfaction", "/close")) else ticket
            self.calls.clear()
            path = rule.format(customer_id=customer, ticket_id=about, calendar_id="office", policy_id="default")
            self.done(self.call(routes[name], method, path, sent, headers={"If-Match": "*"}))
            with self.subTest(name):
                self.assertEqual(self.calls, expected)

    def test_of_a_repeated_request_are_no_more_than_those_of_the_first(self) -> None:
        for _ in range(2):
            self.calls.clear()
            self.done(self.post("/customers", ANN, key="key-1"))
            self.assertEqual(self.calls, WRITE)

    def test_of_lists_are_one_for_each_page(self) -> None:
        path = self.assigned()
        for _ in range(4):
            self.done(self.post(f"{path}/time-entries", HOUR))
        self.calls.clear()
        self.done(self.get(f"{path}/time-entries", {"limit": "2"}))
        self.assertEqual(self.calls, ["Query"])

    def test_of_lists_that_hold_pointers_are_two_for_each_page(self) -> None:
        for _ in range(3):
            self.ticket(tags=["fire"])
        for query in (
            {"queue": "general"},
            {"tag": "fire", "status": "new"},
            {"updated_after": "2026-01-01T00:00:00Z"},
        ):
            self.calls.clear()
            self.done(self.get("/tickets", {**query, "limit": "2"}))
            self.assertEqual(self.calls, ["Query", "BatchGetItem"])
