import unittest
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backoffice.domain import RuleBroken
from customer_support.domain.conversation import Author, Message, TimeEntry, Visibility
from customer_support.domain.history import Act
from customer_support.domain.life_cycle import ALLOWED, REOPEN_WINDOW, UNSOLVED, Status
from customer_support.domain.service_levels import Priority, ServiceLevels
from customer_support.domain.tickets import MOST_ABSORBED, MOST_TIME_ENTRIES, Ticket

OPENED = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
LATER = OPENED + timedelta(hours=1)
ACT = Act("bo", LATER)
LEVELS = ServiceLevels(id="service-levels")
QUESTION = {
    "customer_id": "cus_1",
    "subject": "Printer on fire",
    "body": "It burns.",
    "priority": Priority.HIGH,
    "queue": "hardware",
    "tags": ["fire"],
}
ANSWER = Message(
    id="msg_1",
    ticket_id="tkt_1",
    body="Use water.",
    visibility=Visibility.PUBLIC,
    author=Author.AGENT,
    written_by="bo",
    written_at=LATER,
)
NOTE = replace(ANSWER, visibility=Visibility.INTERNAL)
REPLY = replace(ANSWER, author=Author.CUSTOMER)
HOUR = TimeEntry(
    id="tme_1", ticket_id="tkt_1", minutes=60, rate_code="a", billable=True, worked_by="bo", entered_at=LATER
)

ACTIONS: dict[str, Callable[[Ticket], None]] = {
    "absorb": lambda ticket: ticket.absorb(ticket_that_is(Status.OPEN), ACT),
    "answer": lambda ticket: ticket.add(ANSWER, LEVELS),
    "assign": lambda ticket: ticket.assign("cy", ACT),
    "change": lambda ticket: ticket.change({"queue": "other"}, ACT),
    "close": lambda ticket: ticket.close(ACT, "by_agent"),
    "hold": lambda ticket: ticket.hold(Status.PENDING, ACT),
    "merge": lambda ticket: ticket.merge_into(ticket_that_is(Status.OPEN), ACT),
    "rate": lambda ticket: ticket.rate(5, None, ACT),
    "reopen": lambda ticket: ticket.reopen(ACT, LEVELS),
    "reply": lambda ticket: ticket.add(REPLY, LEVELS),
    "resume": lambda ticket: ticket.resume(ACT, LEVELS),
    "solve": lambda ticket: ticket.solve([], ACT, LEVELS),
    "time_entry": lambda ticket: ticket.log(HOUR),
}
AFTERWARDS = {
    "assign": {Status.NEW: Status.OPEN},
    "answer": {Status.NEW: Status.OPEN},
    "close": dict.fromkeys(Status, Status.CLOSED),
    "hold": dict.fromkeys(Status, Status.PENDING),
    "merge": dict.fromkeys(Status, Status.CLOSED),
    "reopen": dict.fromkeys(Status, Status.OPEN),
    "reply": dict.fromkeys((Status.PENDING, Status.ON_HOLD, Status.SOLVED), Status.OPEN),
    "resume": dict.fromkeys(Status, Status.OPEN),
    "solve": dict.fromkeys(Status, Status.SOLVED),
}


def ticket_that_is(status: Status, assignee: str | None = "bo") -> Ticket:
    ticket = Ticket.open("tkt_1", QUESTION, Act("ann", OPENED), LEVELS)
    ticket.facts.clear()
    ticket.history.clear()
    ticket.status, ticket.assignee = status, assignee
    if status is Status.SOLVED:
        ticket.solved_at, ticket.reopen_until = OPENED, OPENED + REOPEN_WINDOW
    return ticket


class ATicket(unittest.TestCase):
    def test_takes_each_action_in_the_states_that_allow_it_and_no_other(self) -> None:
        self.assertEqual(ACTIONS.keys(), ALLOWED.keys())
        for status in Status:
            for name, act in ACTIONS.items():
                with self.subTest(status=status, action=name):
                    ticket = ticket_that_is(status)
                    before = deepcopy(vars(ticket))
                    if status in ALLOWED[name]:
                        act(ticket)
                        expected = AFTERWARDS.get(name, {}).get(status, status)
                        self.assertEqual((ticket.status, ticket.updated_at), (expected, LATER))
                    else:
                        with self.assertRaises(RuleBroken) as refused:
                            act(ticket)
                        self.assertEqual(refused.exception.code, "illegal_transition")
                        told = refused.exception.extra
                        self.assertEqual(told["status_now"], status.value)
                        self.assertEqual(told["allowed_from"], sorted(state.value for state in ALLOWED[name]))
                        self.assertNotIn(name, told["allowed_actions"])
                        self.assertEqual(vars(ticket), before)

    def test_takes_notes_in_every_state(self) -> None:
        for status in Status:
            ticket = ticket_that_is(status)
            ticket.add(NOTE, LEVELS)
            self.assertEqual((ticket.status, ticket.facts, ticket.updated_at), (status, [], LATER))

    def test_without_an_assignee_cannot_be_solved(self) -> None:
        for status in UNSOLVED:
            ticket = ticket_that_is(status, assignee=None)
            with self.assertRaises(RuleBroken) as refused:
                ticket.solve([HOUR], ACT, LEVELS)
            self.assertEqual((refused.exception.code, ticket.facts, ticket.status), ("unassigned", [], status))

    def test_tells_its_billable_time_alone_when_it_is_solved(self) -> None:
        ticket = ticket_that_is(Status.OPEN)
        ticket.solve([HOUR, replace(HOUR, id="tme_2", billable=False)], ACT, LEVELS)

        (fact,) = ticket.facts
        self.assertEqual((fact.type, fact.occurred_at), ("TicketSolved", LATER))
        entries = [{"time_entry_id": "tme_1", "minutes": 60, "rate_code": "a"}]
        self.assertEqual(fact.data["time_entries"], entries)
        self.assertEqual(fact.data["opened_at"], "2026-11-23T17:00:00.000Z")
        self.assertEqual(fact.data["solved_at"], "2026-11-23T18:00:00.000Z")

    def test_tells_queue_and_priority_of_that_moment(self) -> None:
        ticket = ticket_that_is(Status.NEW)
        ticket.change({"queue": "other", "priority": Priority.LOW}, ACT)
        ticket.assign("cy", ACT)

        for fact in ticket.facts:
            self.assertEqual((fact.data["queue"], fact.data["priority"]), ("other", "low"))
        self.assertEqual([fact.type for fact in ticket.facts], ["TicketReclassified", "TicketAssigned"])

    def test_has_one_first_response(self) -> None:
        ticket = ticket_that_is(Status.NEW)
        for message in (NOTE, REPLY, ANSWER, replace(ANSWER, written_at=LATER + timedelta(hours=1))):
            ticket.add(message, LEVELS)

        self.assertEqual([fact.type for fact in ticket.facts], ["FirstResponseSent"])
        self.assertEqual(ticket.first_responded_at, LATER)

    def test_takes_so_many_time_entries_and_no_more(self) -> None:
        ticket = ticket_that_is(Status.OPEN)
        for _ in range(MOST_TIME_ENTRIES):
            ticket.log(HOUR)

        with self.assertRaises(RuleBroken) as refused:
            ticket.log(HOUR)
        self.assertEqual(refused.exception.code, "too_many_time_entries")

    def test_can_be_reopened_until_the_window_is_over_and_not_a_millisecond_longer(self) -> None:
        last = OPENED + REOPEN_WINDOW
        ticket_that_is(Status.SOLVED).reopen(Act("bo", last), LEVELS)
        with self.assertRaises(RuleBroken) as refused:
            ticket_that_is(Status.SOLVED).reopen(Act("bo", last + timedelta(milliseconds=1)), LEVELS)
        self.assertEqual(refused.exception.code, "reopen_window_over")

    def test_is_closed_by_time_when_the_window_is_over_and_no_earlier(self) -> None:
        ticket = ticket_that_is(Status.SOLVED)
        last = OPENED + REOPEN_WINDOW
        self.assertEqual(ticket.wakes_at, last)

        ticket.wake(Act("clock", last))
        self.assertEqual((ticket.status, ticket.facts), (Status.SOLVED, []))
        ticket.wake(Act("clock", last + timedelta(seconds=1)))
        (fact,) = ticket.facts
        self.assertEqual(
            (ticket.status, fact.type, fact.data["reason"]), (Status.CLOSED, "TicketClosed", "reopen_window_over")
        )
        self.assertIsNone(ticket.wakes_at)

    def test_merges_with_tickets_of_its_customer_only(self) -> None:
        stranger = ticket_that_is(Status.OPEN)
        stranger.customer_id = "cus_2"
        with self.assertRaises(RuleBroken) as refused:
            ticket_that_is(Status.OPEN).merge_into(stranger, ACT)
        self.assertEqual(refused.exception.code, "other_customer")

    def test_takes_over_what_a_merged_one_had_absorbed_up_to_a_limit(self) -> None:
        heir, other = ticket_that_is(Status.OPEN), ticket_that_is(Status.OPEN)
        other.absorbed, other.time_entry_count = ["tkt_8", "tkt_9"], 7
        other.merge_into(heir, ACT)
        self.assertEqual((heir.absorbed, heir.time_entry_count), (["tkt_1", "tkt_8", "tkt_9"], 7))
        self.assertEqual((other.merged_into, other.facts[0].data["merged_into"]), ("tkt_1", "tkt_1"))

        for field, value in (("absorbed", ["x"] * MOST_ABSORBED), ("time_entry_count", MOST_TIME_ENTRIES + 1)):
            other = ticket_that_is(Status.OPEN)
            setattr(other, field, value)
            with self.assertRaises(RuleBroken) as refused:
                other.merge_into(ticket_that_is(Status.OPEN), ACT)
            self.assertEqual(refused.exception.code, "too_large_to_merge")

    def test_remembers_who_changed_what_and_from_what_to_what(self) -> None:
        ticket = ticket_that_is(Status.OPEN)
        ticket.change({"queue": "other", "priority": Priority.HIGH, "tags": []}, ACT)

        (line,) = ticket.history
        self.assertEqual((line.action, line.by, line.at), ("changed", "bo", LATER))
        changes = {"queue": {"from": "hardware", "to": "other"}, "tags": {"from": ["fire"], "to": []}}
        self.assertEqual(line.changes, changes)
