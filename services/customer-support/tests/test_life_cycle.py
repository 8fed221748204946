from collections.abc import Set
from typing import Any

from backoffice_testing import Reply
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from hypothesis.strategies import sampled_from

from tests.help_desk import HOUR, HelpDesk

UNSOLVED = {"new", "open", "pending", "on_hold"}


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
        self.followed = False
        self.told = ["TicketOpened"]

    @rule()
    def assign(self) -> None:
        if self.expect(self.post("/assign", {"assignee": "bo"}), UNSOLVED):
            self.assignee = "bo"
            self.status = "open" if self.status == "new" else self.status
            self.told.append("TicketAssigned")

    @rule()
    def answer(self) -> None:
        if self.expect(self.post("/messages", {"body": "Use water."}), UNSOLVED):
            self.status = "open" if self.status == "new" else self.status
            if not self.responded:
                self.told.append("FirstResponseSent")
            self.responded = True

    @rule()
    def reply(self) -> None:
        reply = self.post("/messages", {"body": "It burns.", "author": "customer"})
        if self.status == "closed":
            self.desk.assertNotEqual(self.desk.done(reply)["ticket_id"], self.path.removeprefix("/tickets/"))
            self.version += not self.followed
            self.told += [] if self.followed else ["TicketOpened"]
            self.followed = True
        elif self.expect(reply, UNSOLVED | {"solved"}):
            self.told += ["TicketReopened"] if self.status == "solved" else []
            self.status = "new" if self.status == "new" else "open"

    @rule()
    def note(self) -> None:
        self.desk.done(self.post("/messages", {"body": "No idea.", "visibility": "internal"}))
        self.version += 1

    @rule()
    def work(self) -> None:
        if self.expect(self.post("/time-entries", HOUR), UNSOLVED):
            self.minutes.append(HOUR["minutes"])  # type: ignore[arg-type]

    @rule(waiting_for=sampled_from(["customer", "third_party"]))
    def hold(self, waiting_for: str) -> None:
        if self.expect(self.post("/hold", {"waiting_for": waiting_for}), {"new", "open"}):
            self.status = {"customer": "pending", "third_party": "on_hold"}[waiting_for]

    @rule()
    def resume(self) -> None:
        if self.expect(self.post("/resume"), {"pending", "on_hold"}):
            self.status = "open"

    @rule()
    def solve(self) -> None:
        reply = self.post("/solve")
        if self.status in UNSOLVED and self.assignee is None:
            self.desk.assert_problem(reply, 409, "unassigned")
        elif self.expect(reply, UNSOLVED):
            self.status = "solved"
            self.told.append("TicketSolved")

    @rule()
    def reopen(self) -> None:
        if self.expect(self.post("/reopen"), {"solved"}):
            self.status = "open"
            self.told.append("TicketReopened")

    @rule()
    def close(self) -> None:
        if self.expect(self.post("/close"), {"solved"}):
            self.status = "closed"
            self.told.append("TicketClosed")

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
        solved = [event for event in events if event["type"] == "TicketSolved"]
        if solved and self.status in ("solved", "closed"):
            told = [entry["minutes"] for entry in solved[-1]["data"]["time_entries"]]
            self.desk.assertEqual(told, self.minutes)
        self.desk.assertEqual(len({line["version"] for line in self.lines()}), self.version)

    def lines(self) -> list[Any]:
        return [item for item in self.desk.items(self.path) if item["sk"].startswith("HISTORY#")]

    def post(self, action: str, body: Any = None, **how: Any) -> Reply:
        return self.desk.post(self.path + action, body, **how)

    def expect(self, reply: Reply, allowed: Set[str]) -> bool:
        """Whether it was done, which it must be in the states that allow it."""
        if self.status not in allowed:
            self.desk.assert_problem(reply, 409, "illegal_transition")
            self.desk.assertEqual((reply.body["status_now"], set(reply.body["allowed_from"])), (self.status, allowed))
            return False
        self.desk.done(reply)
        self.version += 1
        return True


class LifeCycle(HelpDesk):
    def test_holds_in_whatever_order_things_are_done(self) -> None:
        bounds = settings(
            max_examples=12,
            stateful_step_count=12,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(lambda: TicketMachine(self), settings=bounds)  # type: ignore[arg-type]
