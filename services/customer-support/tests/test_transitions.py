from typing import Any

from backoffice_testing import envelope

from backoffice.ids import new_id
from customer_support.handlers import inbox
from tests.help_desk import HOUR, HelpDesk

REPLY = {"body": "It burns again.", "author": "customer"}


class WaitingTickets(HelpDesk):
    def test_wait_for_a_third_party_or_for_the_customer(self) -> None:
        for body, status in ((None, "on_hold"), ({"waiting_for": "customer"}, "pending")):
            self.assertEqual(self.done(self.post(f"{self.assigned()}/hold", body))["status"], status)
        self.assert_problem(
            self.post(f"{self.assigned()}/hold", {"waiting_for": "Godot"}), 422, "validation_failed", "waiting_for"
        )

    def test_are_resumed_by_an_agent_or_by_the_customers_reply_and_not_by_a_note_or_an_answer(self) -> None:
        for waiting_for in ("customer", "third_party"):
            path = self.assigned()
            waits = self.done(self.post(f"{path}/hold", {"waiting_for": waiting_for}))["status"]
            self.done(self.post(f"{path}/messages", {"body": "Any news?"}))
            self.done(self.post(f"{path}/messages", {"body": "No news.", "visibility": "internal"}))
            self.assertEqual(self.get(path).body["status"], waits)
            self.done(self.post(f"{path}/messages", REPLY))
            self.assertEqual(self.get(path).body["status"], "open")
            self.done(self.post(f"{path}/hold"))
            self.assertEqual(self.done(self.post(f"{path}/resume"))["status"], "open")


class SolvedTickets(HelpDesk):
    def test_are_reopened_by_the_customers_reply(self) -> None:
        path = self.solved()
        self.assertIsNotNone(self.get(path).body["reopen_until"])
        message = self.done(self.post(f"{path}/messages", REPLY))

        ticket = self.get(path).body
        self.assertEqual((ticket["status"], ticket["solved_at"], ticket["reopen_until"]), ("open", None, None))
        self.assertEqual(ticket["reopen_count"], 1)
        self.assertEqual(message["ticket_id"], ticket["id"])
        (event,) = self.events("TicketReopened")
        self.assertEqual(event["data"]["reopened_by"], "customer")
        self.assertEqual(self.actions(path), ["opened", "assigned", "solved", "reopened", "replied"])

    def test_are_reopened_by_an_agent_and_tell_all_time_again_when_they_are_solved_once_more(self) -> None:
        path = self.assigned()
        self.done(self.post(f"{path}/time-entries", HOUR))
        self.done(self.post(f"{path}/solve"))
        self.assertEqual(self.done(self.post(f"{path}/reopen"))["status"], "open")
        self.done(self.post(f"{path}/time-entries", HOUR))
        self.done(self.post(f"{path}/solve"))

        told = [len(event["data"]["time_entries"]) for event in self.events("TicketSolved")]
        self.assertEqual(told, [1, 2])
        self.assertEqual([event["data"]["reopened_by"] for event in self.events("TicketReopened")], ["agent"])

    def test_of_two_agents_at_once_are_closed_by_one(self) -> None:
        path = self.solved()
        self.meanwhile("TransactWriteItems", lambda: self.done(self.post(f"{path}/close", sub="user-2")))

        self.assert_problem(self.post(f"{path}/close"), 412, "stale_version")
        (event,) = self.events("TicketClosed")
        self.assertEqual((event["data"]["reason"], event["data"]["merged_into"]), ("by_agent", None))

    def test_take_the_customers_satisfaction_and_the_last_word_counts(self) -> None:
        path = self.solved()
        self.done(self.put(f"{path}/satisfaction", {"score": 2, "comment": "Took long."}))
        rated = self.done(self.put(f"{path}/satisfaction", {"score": 5}))["satisfaction"]

        self.assertEqual((rated["score"], rated["comment"]), (5, None))
        self.assertEqual([event["data"]["score"] for event in self.events("SatisfactionRecorded")], [2, 5])
        self.assertNotIn("Took long", str(self.events()))

    def test_alone_take_satisfaction_and_from_1_to_5_alone(self) -> None:
        refused = self.put(f"{self.assigned()}/satisfaction", {"score": 5})
        self.assert_problem(refused, 409, "illegal_transition")
        for score in (0, 6, 4.5, "5", None, True):
            reply = self.put(f"{self.solved()}/satisfaction", {"score": score})
            self.assert_problem(reply, 422, "validation_failed", "score")


class ClosedTickets(HelpDesk):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.assigned(priority="high", queue="hardware", tags=["fire"])
        self.done(self.post(f"{self.path}/solve"))
        self.done(self.post(f"{self.path}/close"))

    def test_are_followed_up_by_what_the_customer_says_next(self) -> None:
        reply = self.post(f"{self.path}/messages", REPLY)
        message, closed = self.done(reply), self.get(self.path).body
        follow_up = self.get(f"/tickets/{message['ticket_id']}").body

        self.assertEqual(reply.headers["Location"], f"/tickets/{follow_up['id']}/messages/{message['id']}")
        self.assertEqual((closed["status"], closed["followed_by"]), ("closed", follow_up["id"]))
        self.assertEqual((follow_up["follow_up_of"], follow_up["status"]), (closed["id"], "new"))
        for name in ("customer_id", "subject", "priority", "queue", "tags"):
            self.assertEqual(follow_up[name], closed[name])
        self.assertEqual(follow_up["body"], REPLY["body"])
        self.assertEqual(self.walk(f"/tickets/{follow_up['id']}/messages", 10), [message["id"]])

    def test_have_one_follow_up_however_often_the_customer_replies(self) -> None:
        self.meanwhile("TransactWriteItems", lambda: self.done(self.post(f"{self.path}/messages", REPLY, sub="user-2")))

        self.assert_problem(self.post(f"{self.path}/messages", REPLY, key="k"), 412, "stale_version")
        second = self.done(self.post(f"{self.path}/messages", REPLY, key="k"))
        self.assertEqual(second["ticket_id"], self.get(self.path).body["followed_by"])
        self.assertEqual(len(self.walk(f"/tickets/{second['ticket_id']}/messages", 10)), 2)
        self.assertEqual(len(self.walk("/tickets", 10)), 2)

    def test_take_nothing_else_but_notes(self) -> None:
        for action, body in (("assign", {"assignee": "bo"}), ("solve", None), ("messages", {"body": "Hello"})):
            reply = self.post(f"{self.path}/{action}", body)
            self.assert_problem(reply, 409, "illegal_transition")
            self.assertEqual((reply.body["status_now"], reply.body["allowed_actions"]), ("closed", ["rate"]))
        self.done(self.post(f"{self.path}/messages", {"body": "Hello", "visibility": "internal"}))


class MergedTickets(HelpDesk):
    def setUp(self) -> None:
        super().setUp()
        self.customer_id = self.customer()["id"]
        self.twin, self.heir = (self.assigned(customer_id=self.customer_id) for _ in range(2))
        for path in (self.heir, self.twin, self.heir):
            self.done(self.post(f"{path}/messages", {"body": f"About {path}"}))
            self.done(self.post(f"{path}/time-entries", HOUR))

    def merge(self, **how: Any) -> Any:
        return self.post(f"{self.twin}/merge", {"into": self.heir.removeprefix("/tickets/")}, **how)

    def test_are_closed_and_point_to_their_heir(self) -> None:
        twin = self.done(self.merge())
        heir = self.get(self.heir).body

        self.assertEqual((twin["status"], twin["merged_into"], heir["absorbed"]), ("closed", heir["id"], [twin["id"]]))
        self.assertEqual(self.get(self.twin).body, twin)
        (event,) = self.events("TicketClosed")
        self.assertEqual((event["data"]["reason"], event["data"]["merged_into"]), ("merged", heir["id"]))
        self.assertEqual((self.actions(self.twin)[-1], self.actions(self.heir)[-1]), ("merged", "absorbed"))

    def test_show_their_conversation_and_time_at_the_heir_in_order_whatever_the_page_size(self) -> None:
        expected = {
            part: sorted(self.walk(f"{self.heir}/{part}", 10) + self.walk(f"{self.twin}/{part}", 10))
            for part in ("messages", "time-entries")
        }
        kept = self.walk(f"{self.twin}/messages", 10)
        self.done(self.merge())

        for part, ids in expected.items():
            for limit in (1, 2, 3, 100):
                self.assertEqual(self.walk(f"{self.heir}/{part}", limit), ids)
        self.assertEqual(self.walk(f"{self.twin}/messages", 10), kept)

    def test_have_their_time_told_when_the_heir_is_solved_and_shown_as_billed(self) -> None:
        self.done(self.merge())
        self.done(self.post(f"{self.heir}/solve"))
        (event,) = self.events("TicketSolved")
        entries = [entry["time_entry_id"] for entry in event["data"]["time_entries"]]
        self.assertEqual(sorted(entries), self.walk(f"{self.heir}/time-entries", 10))

        invoice, heir = new_id("inv"), self.heir.removeprefix("/tickets/")
        for entry in entries:
            data = {"time_entry_id": entry, "ticket_id": heir, "invoice_id": invoice}
            self.assertEqual(self.deliver(inbox.inbox, envelope("TimeEntryBilled", invoice, data)), [])
        shown = self.get(f"{self.heir}/time-entries").body["items"]
        self.assertEqual([entry["invoice_id"] for entry in shown], [invoice] * 3)

        unknown = {"time_entry_id": new_id("tme"), "ticket_id": heir, "invoice_id": invoice}
        self.assertEqual(self.deliver(inbox.inbox, envelope("TimeEntryBilled", invoice, unknown)), [0])

    def test_pass_the_customers_replies_on_to_the_heir(self) -> None:
        self.done(self.merge())

        reply = self.done(self.post(f"{self.twin}/messages", REPLY))
        self.assertEqual(reply["ticket_id"], self.heir.removeprefix("/tickets/"))

    def test_are_refused_where_it_makes_no_sense(self) -> None:
        stranger = self.ticket()["id"]
        cases = [
            ({"into": self.twin.removeprefix("/tickets/")}, 422, "validation_failed", ["into"]),
            ({"into": new_id("tkt")}, 422, "validation_failed", ["into"]),
            ({"into": stranger}, 409, "other_customer", []),
            ({}, 422, "validation_failed", ["into"]),
        ]
        for body, status, code, fields in cases:
            reply = self.assert_changes_nothing(lambda body=body: self.post(f"{self.twin}/merge", body))
            self.assert_problem(reply, status, code, *fields)

    def test_of_two_at_once_are_merged_once(self) -> None:
        self.meanwhile("TransactWriteItems", lambda: self.done(self.post(f"{self.heir}/messages", {"body": "First"})))

        self.assert_problem(self.merge(key="k"), 412, "stale_version")
        self.done(self.merge(key="k"))
        self.assertEqual(len(self.events("TicketClosed")), 1)


class Histories(HelpDesk):
    def test_tell_who_did_what_and_when(self) -> None:
        path = self.assigned()
        self.done(self.patch(path, {"priority": "urgent", "tags": ["fire"]}, sub="user-2"))
        entry = self.done(self.post(f"{path}/time-entries", HOUR))
        note = self.done(self.post(f"{path}/messages", {"body": "Hm.", "visibility": "internal"}))

        lines = self.get(f"{path}/history").body["items"]
        self.assertEqual([line["action"] for line in lines], ["opened", "assigned", "changed", "time_entered", "noted"])
        self.assertEqual(lines[2]["by"], "user-2@example.com")
        changes = {"priority": {"from": "normal", "to": "urgent"}, "tags": {"from": [], "to": ["fire"]}}
        self.assertEqual(lines[2]["changes"], changes)
        self.assertEqual([line["refers_to"] for line in lines[3:]], [entry["id"], note["id"]])
        self.assertEqual(lines[3]["at"], entry["entered_at"])

    def test_of_customers_tell_what_was_changed_from_what_to_what(self) -> None:
        path = f"/customers/{self.customer(name='Ann Smith')['id']}"
        self.done(self.patch(path, {"name": "Ann Miller"}))

        lines = self.get(f"{path}/history").body["items"]
        self.assertEqual([line["action"] for line in lines], ["registered", "changed"])
        self.assertEqual(lines[1]["changes"], {"name": {"from": "Ann Smith", "to": "Ann Miller"}})

    def test_hold_nothing_of_what_was_refused(self) -> None:
        path = self.solved()
        before = self.actions(path)
        self.post(f"{path}/solve")
        self.assertEqual(self.actions(path), before)
