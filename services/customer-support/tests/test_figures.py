"""What events tell for others to measure: working time, promises kept, and what takes the place of what."""

import unittest
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from customer_support.domain.calendars import Calendar, Interval
from customer_support.domain.conversation import Author, Message, Visibility
from customer_support.domain.history import Act
from customer_support.domain.life_cycle import Status
from customer_support.domain.service_levels import Metric, Policy, Priority, ServiceLevels
from customer_support.domain.tickets import Ticket

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
ANSWER = Message(
    id="msg_1",
    ticket_id="tkt_1",
    body="Use water.",
    visibility=Visibility.PUBLIC,
    author=Author.AGENT,
    written_by="bo",
    written_at=MONDAY,
)
NO_LEVELS = ServiceLevels(id="service-levels")


def on_monday(hour: float) -> datetime:
    return MONDAY + timedelta(hours=hour)


def by(hour: float, name: str = "bo") -> Act:
    return Act(name, on_monday(hour))


def nine_to_five() -> ServiceLevels:
    """A house that answers within two hours of nine to five in UTC, and helps within four."""
    office = (Interval(9 * 60, 17 * 60),)
    levels = ServiceLevels(id="service-levels")
    levels.put_calendar(Calendar(id="office", version=1, name="Office", time_zone="UTC", week=(office,) * 5 + ((), ())))
    targets = {Metric.FIRST_RESPONSE: timedelta(hours=2), Metric.RESOLUTION: timedelta(hours=4)}
    by_priority = {Priority.NORMAL: targets}
    levels.put_policy(Policy(id="default", version=1, name="Default", calendar_id="office", targets=by_priority))
    return levels


class Figures(unittest.TestCase):
    def setUp(self) -> None:
        self.levels = nine_to_five()

    def opened(self, hour: float, priority: Priority = Priority.NORMAL) -> Ticket:
        details = {
            "customer_id": "cus_1",
            "subject": "Printer on fire",
            "body": "It burns.",
            "priority": priority,
            "queue": "hardware",
            "tags": [],
        }
        return Ticket.open("tkt_1", details, by(hour, "ann"), self.levels)

    def answer(self, ticket: Ticket, hour: float) -> dict[str, Any]:
        ticket.add(replace(ANSWER, written_at=on_monday(hour)), self.levels)
        return self.told(ticket)

    def solve(self, ticket: Ticket, hour: float) -> dict[str, Any]:
        ticket.solve([], by(hour), self.levels)
        return self.told(ticket)

    def told(self, ticket: Ticket) -> dict[str, Any]:
        """The data of the latest fact."""
        return ticket.facts[-1].data

    def test_a_first_response_takes_working_time_alone(self) -> None:
        early, late = self.answer(self.opened(7), 10), self.answer(self.opened(7), 11.5)
        self.assertEqual((early["business_seconds"], early["promise_kept"]), (3600, True))
        self.assertEqual((late["business_seconds"], late["promise_kept"]), (9000, False))
        self.assertEqual("bo", early["responded_by"])

    def test_a_solution_takes_the_working_time_in_which_it_did_not_wait(self) -> None:
        ticket = self.opened(9)
        ticket.assign("bo", by(9))
        ticket.hold(Status.PENDING, by(10))
        ticket.resume(by(15), self.levels)
        told = self.solve(ticket, 16)
        self.assertEqual((told["business_seconds"], told["promise_kept"]), (7200, True))

    def test_without_a_policy_there_is_no_working_time_and_no_promise(self) -> None:
        self.levels = NO_LEVELS
        ticket = self.opened(9)
        answered = self.answer(ticket, 10)
        ticket.assign("bo", by(10))
        for told in (answered, self.solve(ticket, 11)):
            self.assertEqual((None, None), (told["business_seconds"], told["promise_kept"]))

    def test_a_priority_without_targets_has_working_time_and_no_promise(self) -> None:
        told = self.answer(self.opened(9, Priority.LOW), 10)
        self.assertEqual((3600, None), (told["business_seconds"], told["promise_kept"]))

    def test_a_reopened_ticket_tells_the_solution_that_did_not_hold_and_then_counts_on(self) -> None:
        ticket = self.opened(9)
        ticket.assign("bo", by(9))
        solved = self.solve(ticket, 11)
        first = {name: solved[name] for name in ("solved_at", "business_seconds", "promise_kept")}
        ticket.reopen(by(13), self.levels)
        self.assertEqual(first, self.told(ticket)["solution"])
        self.assertEqual("bo", self.told(ticket)["assignee"])

        again = self.solve(ticket, 16)
        self.assertEqual((5 * 3600, False), (again["business_seconds"], again["promise_kept"]))

    def test_a_change_of_queue_or_priority_tells_what_they_were_and_no_other_change_is_told(self) -> None:
        ticket = self.opened(9)
        ticket.facts.clear()
        ticket.change({"subject": "Printer still on fire", "queue": "hardware"}, by(10))
        self.assertEqual([], ticket.facts)
        ticket.change({"priority": Priority.HIGH}, by(10))
        told = self.told(ticket)
        self.assertEqual(("hardware", "high"), (told["queue"], told["priority"]))
        self.assertEqual(("hardware", "normal"), (told["previous_queue"], told["previous_priority"]))

    def test_an_assignment_tells_who_was_responsible_before(self) -> None:
        ticket = self.opened(9)
        ticket.assign("bo", by(9))
        self.assertIsNone(self.told(ticket)["previous_assignee"])
        ticket.assign("cy", by(10))
        self.assertEqual(("cy", "bo"), (self.told(ticket)["assignee"], self.told(ticket)["previous_assignee"]))

    def test_a_closed_ticket_tells_whether_it_was_solved(self) -> None:
        merged, heir, solved = self.opened(9), self.opened(9), self.opened(9)
        merged.merge_into(heir, by(10))
        self.assertIs(False, self.told(merged)["was_solved"])
        solved.assign("bo", by(9))
        self.solve(solved, 10)
        solved.close(by(11), "by_agent")
        self.assertIs(True, self.told(solved)["was_solved"])

    def test_a_new_score_tells_the_one_whose_place_it_takes_as_it_was_counted(self) -> None:
        ticket = self.opened(9)
        ticket.assign("bo", by(9))
        self.solve(ticket, 10)
        ticket.rate(2, "Took long.", by(11))
        self.assertIsNone(self.told(ticket)["previous"])

        ticket.reopen(by(12), self.levels)
        ticket.change({"queue": "software"}, by(12))
        self.solve(ticket, 13)
        ticket.rate(5, None, by(14))
        told = self.told(ticket)
        self.assertEqual((5, "software"), (told["score"], told["queue"]))
        earlier = {"score": 2, "rated_at": "2026-11-23T11:00:00.000Z", "queue": "hardware", "priority": "normal"}
        self.assertEqual({**earlier, "assignee": "bo"}, told["previous"])
