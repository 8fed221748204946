from customer_support.handlers import commands, queries
from tests.help_desk import ANN, HOUR, HelpDesk

NOTHING: list[str] = []
WRITE = ["TransactWriteItems"]
GET_AND_WRITE = ["GetItem", "TransactWriteItems"]


class CallsToDynamoDB(HelpDesk):
    """A read is one call; a write is at most one read and one transaction."""

    EXPECTED = {
        "GET /openapi.json": (None, NOTHING),
        "GET /customers": (None, ["Query"]),
        "GET /customers/{customer_id}": (None, ["GetItem"]),
        "GET /tickets": (None, ["Query"]),
        "GET /tickets/{ticket_id}": (None, ["GetItem"]),
        "GET /tickets/{ticket_id}/messages": (None, ["Query"]),
        "GET /tickets/{ticket_id}/time-entries": (None, ["Query"]),
        "POST /customers": (ANN, WRITE),
        "PATCH /customers/{customer_id}": ({"email": "new@example.com"}, GET_AND_WRITE),
        "POST /tickets": ({"subject": "Hello", "body": "Hello"}, WRITE),
        "PATCH /tickets/{ticket_id}": ({"queue": "hardware"}, GET_AND_WRITE),
        "POST /tickets/{ticket_id}/assign": ({"assignee": "bo"}, GET_AND_WRITE),
        "POST /tickets/{ticket_id}/messages": ({"body": "Hello"}, GET_AND_WRITE),
        "POST /tickets/{ticket_id}/time-entries": (HOUR, GET_AND_WRITE),
        "POST /tickets/{ticket_id}/solve": (None, ["Query", "TransactWriteItems"]),
    }

    def test_are_as_few_as_can_be_on_every_route(self) -> None:
        customer = self.customer()["id"]
        ticket = self.ticket(customer_id=customer)["id"]
        routes = {f"{route.method} {route.rule}": api for api in (commands.api, queries.api) for route in api.routes}
        self.assertEqual(routes.keys(), self.EXPECTED.keys())

        for name, (body, expected) in self.EXPECTED.items():
            method, rule = name.split()
            sent = {"customer_id": customer, **body} if name == "POST /tickets" and body else body
            self.calls.clear()
            path = rule.format(customer_id=customer, ticket_id=ticket)
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
