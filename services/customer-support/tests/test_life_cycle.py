from typing import Any

from backoffice_testing import Reply
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.help_desk import HOUR, HelpDesk


class TicketMachine(RuleBasedStateMachine):
    """One ticket, worked on in any order, beside what is to be expected of it."""

    def __init__(self, desk: HelpDesk) -> None:
        super().__init__()
        self.desk = desk
        desk.empty_table()
        self.path = f"/tickets/{desk.ticket()['id']}"
        self.status = "new"
        self.assignee: str | None = None
        self.responded = False
        self.minutes: list[int] = []
        self.version = 1
        self.told = ["TicketOpened"]

    @rule()
    def assign(self) -> None:
        if self.expect(self.post("/assign", {"assignee": "bo"})):
            self.assignee = "bo"
            self.status = "open"
            self.told.append("TicketAssigned")

    @rule()
    def answer(self) -> None:
        if self.expect(self.post("/messages", {"body": "Use water."})):
            self.status = "open"
            if not self.responded:
                self.told.append("FirstResponseSent")
            self.responded = True

    @rule()
    def reply(self) -> None:
        self.expect(self.post("/messages", {"body": "It burns.", "author": "customer"}))

    @rule()
    def note(self) -> None:
        self.desk.done(self.post("/messages", {"body": "No idea.", "visibility": "internal"}))
        self.version += 1

    @rule()
    def work(self) -> None:
        if self.expect(self.post("/time-entries", HOUR)):
            self.minutes.append(HOUR["minutes"])  # type: ignore[arg-type]

    @rule()
    def solve(self) -> None:
        reply = self.post("/solve")
        if self.assignee is None:
            self.desk.assert_problem(reply, 409, "unassigned")
        elif self.expect(reply):
            self.status = "solved"
            self.told.append("TicketSolved")

    @rule()
    def solve_what_was_seen_before(self) -> None:
        reply = self.post("/solve", headers={"If-Match": f'"{self.version - 1}"'})
        self.desk.assert_problem(reply, 412, "stale_version")

    def teardown(self) -> None:
        """What was done shows, and nothing of what was refused."""
        reply = self.desk.get(self.path)
        shown = (reply.body["status"], reply.body["assignee"], reply.body["first_responded_at"] is not None)
        self.desk.assertEqual(shown, (self.status, self.assignee, self.responded))
        self.desk.assertEqual(reply.headers["ETag"], f'"{self.version}"')
        events = [event for event in self.desk.events() if event["type"] != "CustomerRegistered"]
        self.desk.assertEqual([event["type"] for event in events], self.told)
        for event in events:
            if event["type"] == "TicketSolved":
                told = [entry["minutes"] for entry in event["data"]["time_entries"]]
                self.desk.assertEqual(told, self.minutes)

    def post(self, action: str, body: Any = None, **how: Any) -> Reply:
        return self.desk.post(self.path + action, body, **how)

    def expect(self, reply: Reply) -> bool:
        """Whether it was done, which it must be unless the ticket is solved."""
        if self.status == "solved":
            self.desk.assert_problem(reply, 409, "illegal_transition")
            return False
        self.desk.done(reply)
        self.version += 1
        return True


class LifeCycle(HelpDesk):
    def test_holds_in_whatever_order_things_are_done(self) -> None:
        bounds = settings(
            max_examples=8,
            stateful_step_count=8,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(lambda: TicketMachine(self), settings=bounds)  # type: ignore[arg-type]
