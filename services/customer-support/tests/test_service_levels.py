from copy import deepcopy
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from backoffice.clock import parse_time, rfc3339
from backoffice.ids import new_id
from customer_support.handlers import clock
from customer_support.schemas.service_levels import WEEKDAYS
from tests.help_desk import CALENDAR, POLICY, WORKDAY, HelpDesk

MONDAY = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # 17:00 in Berlin; the office closes at 18:00
LATE = SimpleNamespace(function_name="clock", aws_request_id="request", get_remaining_time_in_millis=lambda: 30_000)
NO_TIME = SimpleNamespace(**{**vars(LATE), "get_remaining_time_in_millis": lambda: 0})
ALL_DAY = [{"start": "00:00", "end": "24:00"}]
ROUND_THE_CLOCK = {**CALENDAR, "week": dict.fromkeys(WEEKDAYS, ALL_DAY)}


class ServiceLevelsTest(HelpDesk):
    def setUp(self) -> None:
        super().setUp()
        self.at(MONDAY)
        self.service_levels()

    def at(self, time: datetime) -> None:
        """Let it be that time."""
        for name in ("backoffice.http.api.now", "customer_support.handlers.clock.now"):
            self._start(patch(name, lambda: time))

    def tick(self, time: datetime, context: Any = LATE) -> None:
        """Let the schedule run at that time."""
        self.at(time)
        with patch.object(clock.relay, "sweep"):
            clock.handler({}, context)

    def clocks(self, path: str) -> dict[str, dict[str, Any]]:
        return {one["metric"]: one for one in self.done(self.get(f"{path}/sla"))["clocks"]}

    def due(self, path: str, metric: str) -> datetime:
        return parse_time(self.clocks(path)[metric]["due_at"])

    def breaches(self) -> list[tuple[str, str]]:
        return [(event["data"]["metric"], event["data"]["due_at"]) for event in self.events("SlaBreached")]


class Promises(ServiceLevelsTest):
    def test_are_counted_in_working_time_of_the_calendars_zone(self) -> None:
        path = self.assigned()

        found = self.clocks(path)
        self.assertEqual(found["first_response"]["due_at"], rfc3339(MONDAY + timedelta(hours=1)))
        # An hour on Monday, three and four more on Tuesday.
        self.assertEqual(found["resolution"]["due_at"], "2026-11-24T16:00:00.000Z")
        self.assertEqual({one["state"] for one in found.values()}, {"running"})
        self.at(MONDAY + timedelta(hours=20))
        self.assertEqual(self.clocks(path)["resolution"]["elapsed_minutes"], 60 + 180)

    def test_are_those_of_the_priority_at_the_opening_whatever_becomes_of_it(self) -> None:
        path = self.assigned(priority="urgent")
        before = self.clocks(path)
        self.done(self.patch(path, {"priority": "normal"}))

        self.assertEqual(self.clocks(path), before)
        self.assertEqual(self.done(self.get(f"{path}/sla"))["priority"], "urgent")

    def test_are_those_of_the_queues_own_policy_if_it_has_one(self) -> None:
        own = {**POLICY, "targets": {"normal": {"first_response_minutes": 5}}}
        self.done(self.put("/sla-policies/hardware", own))

        self.assertEqual(self.clocks(self.assigned(queue="hardware")).keys(), {"first_response"})
        self.assertEqual(len(self.clocks(self.assigned())), 2)

    def test_are_none_for_a_priority_without_targets(self) -> None:
        path = self.assigned(priority="low")
        self.assertEqual(self.done(self.get(f"{path}/sla"))["clocks"], [])
        self.tick(MONDAY + timedelta(days=30))
        self.assertEqual(self.breaches(), [])

    def test_of_a_resolution_pause_while_the_ticket_waits_and_those_of_a_first_response_never(self) -> None:
        path = self.assigned()
        before = self.clocks(path)
        self.done(self.post(f"{path}/hold"))
        paused = self.clocks(path)
        self.assertEqual((paused["resolution"]["state"], paused["resolution"]["due_at"]), ("paused", None))
        self.assertEqual(paused["first_response"], before["first_response"])

        self.at(MONDAY + timedelta(days=1))
        self.done(self.post(f"{path}/resume"))
        self.assertEqual(self.due(path, "resolution"), parse_time(before["resolution"]["due_at"]) + timedelta(days=1))

    def test_of_a_solved_ticket_are_met_and_run_on_when_it_is_reopened(self) -> None:
        path = self.assigned()
        self.done(self.post(f"{path}/messages", {"body": "Use water."}))
        self.done(self.post(f"{path}/solve"))
        self.assertEqual({one["state"] for one in self.clocks(path).values()}, {"met"})

        self.at(MONDAY + timedelta(days=1))
        self.done(self.post(f"{path}/messages", {"body": "No.", "author": "customer"}))
        self.assertEqual(self.clocks(path)["resolution"]["state"], "running")
        self.assertEqual(self.due(path, "resolution"), datetime(2026, 11, 25, 16, tzinfo=UTC))


class TheClock(ServiceLevelsTest):
    def test_tells_each_broken_promise_once_and_no_earlier_than_it_is_broken(self) -> None:
        path = self.assigned()
        due = self.due(path, "first_response")
        self.tick(due)
        self.assertEqual(self.breaches(), [])
        for minute in range(1, 4):
            self.tick(due + timedelta(minutes=minute))
        self.assertEqual(self.breaches(), [("first_response", rfc3339(due))])
        self.assertEqual(self.clocks(path)["first_response"]["state"], "breached")

        self.tick(MONDAY + timedelta(days=3))
        self.assertEqual([metric for metric, _ in self.breaches()], ["first_response", "resolution"])
        self.assertEqual(self.actions(path)[-2:], ["breached", "breached"])

    def test_leaves_what_was_met_in_time_alone(self) -> None:
        path = self.assigned()
        self.done(self.post(f"{path}/messages", {"body": "Use water."}))
        self.done(self.post(f"{path}/solve"))

        self.tick(MONDAY + timedelta(days=3))
        self.assertEqual(self.breaches(), [])

    def test_need_not_have_run_for_a_late_answer_to_be_told(self) -> None:
        path = self.assigned()
        due = self.due(path, "first_response")
        self.at(due + timedelta(milliseconds=1))
        self.done(self.post(f"{path}/messages", {"body": "Use water."}))
        self.tick(due + timedelta(minutes=1))

        self.assertEqual(self.breaches(), [("first_response", rfc3339(due))])

    def test_need_not_have_run_for_a_late_hold_to_be_told(self) -> None:
        path = self.assigned()
        due = self.due(path, "resolution")
        self.at(due + timedelta(seconds=1))
        self.done(self.post(f"{path}/hold"))

        self.assertIn(("resolution", rfc3339(due)), self.breaches())

    def test_reads_what_is_due_and_nothing_else(self) -> None:
        for _ in range(5):
            self.assigned()
        self.tick(MONDAY + timedelta(minutes=1))
        self.calls.clear()
        self.tick(MONDAY + timedelta(minutes=2))
        self.assertEqual(self.calls, ["Query"] * 6)

    def test_closes_a_solved_ticket_when_its_reopen_window_is_over(self) -> None:
        path = self.solved()
        self.tick(MONDAY + timedelta(days=7))
        self.assertEqual(self.get(path).body["status"], "solved")
        self.tick(MONDAY + timedelta(days=7, minutes=1))
        self.tick(MONDAY + timedelta(days=7, minutes=2))

        self.assertEqual(self.get(path).body["status"], "closed")
        (event,) = self.events("TicketClosed")
        self.assertEqual(event["data"]["reason"], "reopen_window_over")

    def test_leaves_a_ticket_that_is_being_changed_for_its_next_run(self) -> None:
        path = self.assigned()
        due = self.due(path, "first_response")
        note = {"body": "Hm.", "visibility": "internal"}
        self.meanwhile("TransactWriteItems", lambda: self.done(self.post(f"{path}/messages", note)))
        self.tick(due + timedelta(minutes=1))
        self.assertEqual(self.breaches(), [])
        self.tick(due + timedelta(minutes=2))
        self.assertEqual(len(self.breaches()), 1)

    def test_does_the_rest_of_its_work_when_a_part_of_it_fails(self) -> None:
        path = self.assigned()
        self.at(self.due(path, "first_response") + timedelta(minutes=1))
        with patch.object(clock.relay, "sweep", side_effect=OSError("no network")), self.assertRaises(OSError):
            clock.handler({}, LATE)
        self.assertEqual(len(self.breaches()), 1)


class ChangedCalendars(ServiceLevelsTest):
    def test_move_open_clocks_and_never_a_first_response_that_was_sent(self) -> None:
        answered, waiting, unanswered, solved = (self.assigned() for _ in range(4))
        self.done(self.post(f"{answered}/messages", {"body": "Use water."}))
        self.done(self.post(f"{waiting}/hold"))
        self.done(self.post(f"{solved}/solve"))
        before = {path: self.clocks(path) for path in (answered, waiting, solved)}

        self.done(self.put("/calendars/office", ROUND_THE_CLOCK))
        self.tick(MONDAY + timedelta(seconds=20))
        self.assertEqual(self.due(answered, "resolution"), MONDAY + timedelta(hours=8))
        self.assertEqual(self.due(unanswered, "resolution"), MONDAY + timedelta(hours=8))
        self.assertEqual(self.clocks(answered)["first_response"], before[answered]["first_response"])
        self.assertEqual(self.clocks(waiting)["resolution"]["due_at"], None)
        self.assertEqual(self.clocks(solved), before[solved])

    def test_leave_a_promise_that_is_broken_broken(self) -> None:
        path = self.assigned()
        self.tick(MONDAY + timedelta(hours=2))
        self.done(self.put("/calendars/office", {**CALENDAR, "holidays": ["2026-11-23"]}))
        self.tick(MONDAY + timedelta(hours=2, minutes=1))

        self.assertEqual(self.clocks(path)["first_response"]["state"], "breached")
        self.assertEqual(self.due(path, "resolution"), datetime(2026, 11, 24, 17, tzinfo=UTC))
        self.tick(MONDAY + timedelta(days=9))
        self.assertEqual([metric for metric, _ in self.breaches()], ["first_response", "resolution"])

    def test_of_policies_count_too_for_the_priority_that_was_promised(self) -> None:
        path = self.assigned()
        self.done(self.post(f"{path}/messages", {"body": "Use water."}))
        policy = deepcopy(POLICY)
        policy["targets"]["normal"] = {"first_response_minutes": 1, "resolution_minutes": 30}
        self.done(self.put("/sla-policies/default", policy))
        self.tick(MONDAY + timedelta(minutes=1))

        self.assertEqual(self.due(path, "resolution"), MONDAY + timedelta(minutes=30))
        self.assertEqual(self.clocks(path)["first_response"]["target_minutes"], 60)
        self.assertEqual(self.breaches(), [])

    def test_wait_for_those_who_have_read_the_old_one(self) -> None:
        path = self.assigned()
        self.done(self.put("/calendars/office", ROUND_THE_CLOCK))
        before = self.clocks(path)
        self.tick(MONDAY + timedelta(seconds=10))
        self.assertEqual(self.clocks(path)["resolution"]["due_at"], before["resolution"]["due_at"])

    def test_go_on_at_the_next_run_where_there_was_no_time(self) -> None:
        path = self.assigned()
        self.done(self.put("/calendars/office", ROUND_THE_CLOCK))
        self.tick(MONDAY + timedelta(seconds=20), NO_TIME)
        self.tick(MONDAY + timedelta(seconds=80))
        self.assertEqual(self.due(path, "resolution"), MONDAY + timedelta(hours=8))
        self.calls.clear()
        self.tick(MONDAY + timedelta(seconds=140))
        self.assertEqual(self.calls, ["Query"] * 6, "what is done is forgotten")

    def test_reach_a_ticket_that_is_changed_at_that_moment(self) -> None:
        path = self.assigned()
        self.done(self.put("/calendars/office", ROUND_THE_CLOCK))
        note = {"body": "Hm.", "visibility": "internal"}
        self.meanwhile("TransactWriteItems", lambda: self.done(self.post(f"{path}/messages", note)))
        self.tick(MONDAY + timedelta(seconds=20))
        self.assertEqual(self.due(path, "resolution"), MONDAY + timedelta(hours=8))


class SettingUp(ServiceLevelsTest):
    def test_a_calendar_answers_it_with_its_days_in_order(self) -> None:
        holidays = ["2026-12-26", "2026-12-25"]
        shuffled = {**CALENDAR, "week": {"monday": WORKDAY[::-1]}, "holidays": holidays}
        calendar = self.done(self.put("/calendars/shifts", shuffled))

        self.assertEqual(calendar["week"]["monday"], WORKDAY)
        self.assertEqual((calendar["week"]["sunday"], calendar["holidays"]), ([], ["2026-12-25", "2026-12-26"]))
        reply = self.get("/calendars/shifts")
        self.assertEqual((reply.body, reply.headers["ETag"]), (calendar, '"1"'))

    def test_a_calendar_refuses_hours_that_make_no_sense_and_names_them(self) -> None:
        def refused(field: str, **change: Any) -> None:
            self.assert_problem(self.put("/calendars/x", {**CALENDAR, **change}), 422, "validation_failed", field)

        for interval in ({"start": "18:00", "end": "09:00"}, {"start": "09:00", "end": "09:00"}):
            refused("week.monday.0.end", week={"monday": [interval]})
        for wrong in ("9:00", "24:01", "25:00", "09:60", None, 9):
            refused("week.monday.0.start", week={"monday": [{"start": wrong, "end": "24:00"}]})
        overlap = [{"start": "09:00", "end": "12:00"}, {"start": "11:00", "end": "13:00"}]
        refused("week.friday", week={"friday": overlap})
        refused("week", week={})
        refused("week.someday", week={"someday": []})
        refused("time_zone", time_zone="Mars/Olympus")
        refused("holidays.0", holidays=["2026-02-30"])

    def test_a_policy_needs_a_calendar_that_there_is(self) -> None:
        wrong = {**POLICY, "calendar_id": "nowhere"}
        self.assert_problem(self.put("/sla-policies/default", wrong), 422, "validation_failed", "calendar_id")
        for minutes in (0, -1, "60", 1.5):
            wrong = {**POLICY, "targets": {"low": {"resolution_minutes": minutes}}}
            field = "targets.low.resolution_minutes"
            self.assert_problem(self.put("/sla-policies/default", wrong), 422, "validation_failed", field)
        refused = self.put("/sla-policies/default", {**POLICY, "targets": {"asap": {}}})
        self.assert_problem(refused, 422, "validation_failed", "targets.asap")

    def test_answers_a_policy_as_it_was_set(self) -> None:
        policy = self.done(self.put("/sla-policies/hardware", POLICY))
        self.assertEqual(policy["targets"]["urgent"], POLICY["targets"]["urgent"])
        self.assertEqual(self.get("/sla-policies/hardware").body, policy)

    def test_of_two_at_once_one_wins(self) -> None:
        self.assert_problem(self.put("/calendars/office", CALENDAR, '"7"'), 412, "stale_version")
        self.done(self.put("/calendars/office", CALENDAR, '"1"'))
        self.meanwhile("TransactWriteItems", lambda: self.done(self.put("/calendars/other", CALENDAR)))
        self.assert_problem(self.put("/calendars/office", CALENDAR, '"2"'), 412, "stale_version")

    def test_what_is_not_there_is_a_404(self) -> None:
        self.assert_problem(self.get("/calendars/nowhere"), 404, "calendar_not_found")
        self.assert_problem(self.get("/sla-policies/nowhere"), 404, "policy_not_found")
        self.assert_problem(self.put("/calendars/No Name", CALENDAR), 404, "calendar_not_found")
        self.assert_problem(self.get(f"/tickets/{new_id('tkt')}/sla"), 404, "ticket_not_found")
