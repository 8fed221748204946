import unittest
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backoffice.domain import RuleBroken
from customer_support.domain.tickets import (
    MOST_TIME_ENTRIES,
    UNSOLVED,
    Author,
    Message,
    Priority,
    Status,
    Ticket,
    TimeEntry,
    Visibility,
)

OPENED = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
LATER = OPENED + timedelta(hours=1)
QUESTION = {
    "customer_id": "cus_1",
    "subject": "Printer on fire",
    "body": "It burns.",
    "priority": Priority.HIGH,
    "queue": "hardware",
    "tags": [],
}
ANSWER = Message(
    id="msg_1",
    body="Use water.",
    visibility=Visibility.PUBLIC,
    author=Author.AGENT,
    written_by="bo",
    written_at=LATER,
)
NOTE = replace(ANSWER, visibility=Visibility.INTERNAL)
REPLY = replace(ANSWER, author=Author.CUSTOMER)
HOUR = TimeEntry(id="tme_1", minutes=60, rate_code="a", billable=True, worked_by="bo", entered_at=LATER)

ACTIONS: dict[str, Callable[[Ticket], None]] = {
    "change": lambda ticket: ticket.change({"queue": "other"}, LATER),
    "assign": lambda ticket: ticket.assign("cy", LATER),
    "answer": lambda ticket: ticket.add(ANSWER),
    "note": lambda ticket: ticket.add(NOTE),
    "reply": lambda ticket: ticket.add(REPLY),
    "log": lambda ticket: ticket.log(HOUR),
    "solve": lambda ticket: ticket.solve([], LATER),
}
AFTERWARDS = {
    ("assign", Status.NEW): Status.OPEN,
    ("answer", Status.NEW): Status.OPEN,
    ("reply", Status.PENDING): Status.OPEN,
    ("reply", Status.ON_HOLD): Status.OPEN,
}


def ticket_that_is(status: Status, assignee: str | None = "bo") -> Ticket:
    ticket = Ticket.open("tkt_1", QUESTION, OPENED)
    ticket.facts.clear()
    ticket.status, ticket.assignee = status, assignee
    return ticket


class ATicket(unittest.TestCase):
    def test_takes_each_action_in_the_states_that_allow_it_and_no_other(self) -> None:
        for status in Status:
            for name, act in ACTIONS.items():
                with self.subTest(status=status, action=name):
                    ticket = ticket_that_is(status)
                    before = deepcopy(vars(ticket))
                    if status in UNSOLVED or name == "note":
                        act(ticket)
                        expected = Status.SOLVED if name == "solve" else AFTERWARDS.get((name, status), status)
                        self.assertEqual((ticket.status, ticket.updated_at), (expected, LATER))
                    else:
                        with self.assertRaises(RuleBroken) as refused:
                            act(ticket)
                        self.assertEqual(refused.exception.code, "illegal_transition")
                        self.assertEqual(refused.exception.extra["status_now"], status.value)
                        self.assertEqual(vars(ticket), before)

    def test_without_an_assignee_cannot_be_solved(self) -> None:
        for status in UNSOLVED:
            ticket = ticket_that_is(status, assignee=None)
            with self.assertRaises(RuleBroken) as refused:
                ticket.solve([HOUR], LATER)
            self.assertEqual((refused.exception.code, ticket.facts, ticket.status), ("unassigned", [], status))

    def test_tells_its_billable_time_alone_when_it_is_solved(self) -> None:
        ticket = ticket_that_is(Status.OPEN)
        ticket.solve([HOUR, replace(HOUR, id="tme_2", billable=False)], LATER)

        (fact,) = ticket.facts
        self.assertEqual((fact.type, fact.occurred_at), ("TicketSolved", LATER))
        entries = [{"time_entry_id": "tme_1", "minutes": 60, "rate_code": "a"}]
        self.assertEqual(fact.data["time_entries"], entries)
        self.assertEqual(fact.data["opened_at"], "2026-11-23T17:00:00.000Z")
        self.assertEqual(fact.data["solved_at"], "2026-11-23T18:00:00.000Z")

    def test_tells_queue_and_priority_of_that_moment(self) -> None:
        ticket = ticket_that_is(Status.NEW)
        ticket.change({"queue": "other", "priority": Priority.LOW}, LATER)
        ticket.assign("cy", LATER)

        (fact,) = ticket.facts
        self.assertEqual((fact.data["queue"], fact.data["priority"]), ("other", "low"))

    def test_has_one_first_response(self) -> None:
        ticket = ticket_that_is(Status.NEW)
        for message in (NOTE, REPLY, ANSWER, replace(ANSWER, written_at=LATER + timedelta(hours=1))):
            ticket.add(message)

        self.assertEqual([fact.type for fact in ticket.facts], ["FirstResponseSent"])
        self.assertEqual(ticket.first_responded_at, LATER)

    def test_takes_so_many_time_entries_and_no_more(self) -> None:
        ticket = ticket_that_is(Status.OPEN)
        for _ in range(MOST_TIME_ENTRIES):
            ticket.log(HOUR)

        with self.assertRaises(RuleBroken) as refused:
            ticket.log(HOUR)
        self.assertEqual(refused.exception.code, "too_many_time_entries")
