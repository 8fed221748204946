"""A help desk under test: short words for what its agents do through the API."""

from typing import Any

from backoffice_testing import Reply, ServiceTest

from backoffice.ids import new_id
from customer_support.handlers import commands, queries

ANN = {"name": "Ann Smith", "email": "Ann@example.com", "company": "Smith Ltd", "time_zone": "Europe/Berlin"}
WORKDAY = [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "18:00"}]
CALENDAR = {
    "name": "Office",
    "time_zone": "Europe/Berlin",
    "week": dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), WORKDAY),
    "holidays": ["2026-12-25"],
}
POLICY = {
    "name": "Everybody",
    "calendar_id": "office",
    "targets": {
        "normal": {"first_response_minutes": 60, "resolution_minutes": 480},
        "urgent": {"first_response_minutes": 15, "resolution_minutes": 120},
    },
}
HOUR = {"minutes": 60, "rate_code": "consulting"}


class HelpDesk(ServiceTest):
    groups = "agents"

    def get(self, path: str, query: dict[str, str] | None = None, **how: Any) -> Reply:
        return self.call(queries.api, "GET", path, query=query, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> Reply:
        return self.call(commands.api, "POST", path, body, **how)

    def patch(self, path: str, body: Any, version: str | None = "*", **how: Any) -> Reply:
        headers = {} if version is None else {"If-Match": version}
        return self.call(commands.api, "PATCH", path, body, headers=headers, **how)

    def put(self, path: str, body: Any, version: str | None = None, **how: Any) -> Reply:
        headers = {} if version is None else {"If-Match": version}
        return self.call(commands.api, "PUT", path, body, headers=headers, **how)

    def done(self, reply: Reply) -> Any:
        """The body of a request that must have gone well."""
        self.assertLess(reply.status, 300, reply.body)
        return reply.body

    def customer(self, **details: Any) -> dict[str, Any]:
        """Register a customer."""
        unique = {**ANN, "email": f"{new_id('ann').lower()}@example.com"}
        return dict(self.done(self.post("/customers", {**unique, **details})))

    def ticket(self, **details: Any) -> dict[str, Any]:
        """Open a ticket, for a customer of its own unless ``customer_id`` is given."""
        asker = details.get("customer_id") or self.customer()["id"]
        question = {"subject": "Printer on fire", "body": "It burns.", **details, "customer_id": asker}
        return dict(self.done(self.post("/tickets", question)))

    def service_levels(self, policy: dict[str, Any] = POLICY, calendar: dict[str, Any] = CALENDAR) -> None:
        """Promise something to everybody who asks from now on."""
        self.done(self.put("/calendars/office", calendar))
        self.done(self.put("/sla-policies/default", policy))

    def assigned(self, **details: Any) -> str:
        """The path of a ticket that an agent is responsible for."""
        path = f"/tickets/{self.ticket(**details)['id']}"
        self.done(self.post(f"{path}/assign", {"assignee": "agent@example.com"}))
        return path

    def solved(self) -> str:
        """The path of a solved ticket."""
        path = self.assigned()
        self.done(self.post(f"{path}/solve"))
        return path

    def actions(self, path: str) -> list[str]:
        """What a history tells, oldest first."""
        return [line["action"] for line in self.done(self.get(f"{path}/history", {"limit": "100"}))["items"]]

    def walk(self, path: str, limit: int, **query: str) -> list[str]:
        """The ids of a whole list, read page by page."""
        ids: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.done(self.get(path, {**query, "limit": str(limit), **cursor}))
            self.assertLessEqual(len(page["items"]), limit)
            ids += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                return ids
            cursor = {"cursor": page["next_cursor"]}

    def assert_problem(self, reply: Reply, status: int, code: str, *fields: str) -> None:
        """The answer is a problem of that status and code, and names exactly these fields."""
        self.assertEqual((reply.status, reply.body.get("code")), (status, code), reply.body)
        self.assertEqual(reply.headers["Content-Type"], "application/problem+json")
        self.assertEqual(sorted({error["field"] for error in reply.body["errors"]}), sorted(fields), reply.body)

    def assert_changes_nothing(self, reply_of: Any) -> Any:
        """What ``reply_of()`` answers, having left the whole table as it was."""
        before = self.everything()
        reply = reply_of()
        self.assertEqual(self.everything(), before)
        return reply

    def items(self, path: str) -> list[Any]:
        """What the table holds of one ticket."""
        return list(self.table.query_all(f"TICKET#{path.removeprefix('/tickets/')}"))

    def everything(self) -> list[Any]:
        items = self.table.client.scan(TableName=self.table.name)["Items"]
        return sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
