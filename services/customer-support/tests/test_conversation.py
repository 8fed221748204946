from typing import Any

from tests.help_desk import HOUR, HelpDesk


class WritingAMessage(HelpDesk):
    def setUp(self) -> None:
        super().setUp()
        self.path = f"/tickets/{self.ticket()['id']}"

    def test_answers_the_message_and_who_has_entered_it(self) -> None:
        reply = self.post(f"{self.path}/messages", {"body": "Use water."})

        self.assertEqual(reply.status, 201)
        self.assertEqual(reply.headers["Location"], f"{self.path}/messages/{reply.body['id']}")
        self.assertEqual((reply.body["visibility"], reply.body["author"]), ("public", "agent"))
        self.assertEqual(reply.body["written_by"], "user-1@example.com")

    def test_continues_the_conversation_that_the_question_began(self) -> None:
        for body in ["Use water.", "Which water?"]:
            self.done(self.post(f"{self.path}/messages", {"body": body}))

        messages = self.get(f"{self.path}/messages").body["items"]
        self.assertEqual([message["body"] for message in messages], ["It burns.", "Use water.", "Which water?"])
        self.assertEqual([message["author"] for message in messages], ["customer", "agent", "agent"])
        self.assertEqual({message["visibility"] for message in messages}, {"public"})

    def test_by_an_agent_is_the_first_response_once(self) -> None:
        for _ in range(2):
            self.done(self.post(f"{self.path}/messages", {"body": "Use water."}))

        ticket = self.get(self.path).body
        self.assertEqual(ticket["status"], "open")
        (event,) = self.events("FirstResponseSent")
        self.assertEqual(event["data"]["responded_at"], ticket["first_responded_at"])
        self.assertEqual(event["data"]["opened_at"], ticket["opened_at"])

    def test_that_is_internal_or_a_customers_is_never_the_first_response(self) -> None:
        self.done(self.post(f"{self.path}/messages", {"body": "No idea.", "visibility": "internal"}))
        self.done(self.post(f"{self.path}/messages", {"body": "Hurry!", "author": "customer"}))

        ticket = self.get(self.path).body
        self.assertEqual((ticket["status"], ticket["first_responded_at"]), ("new", None))
        self.assertEqual(self.events("FirstResponseSent"), [])

    def test_by_an_agent_on_a_solved_ticket_can_only_be_a_note(self) -> None:
        path = self.solved()

        self.assert_problem(self.post(f"{path}/messages", {"body": "Well"}), 409, "illegal_transition")
        self.done(self.post(f"{path}/messages", {"body": "Call again", "visibility": "internal"}))
        self.assertEqual(self.get(path).body["status"], "solved")

    def test_of_two_agents_at_once_never_gives_two_first_responses(self) -> None:
        self.meanwhile("TransactWriteItems", lambda: self.done(self.post(f"{self.path}/messages", {"body": "First"})))

        self.assert_problem(self.post(f"{self.path}/messages", {"body": "Second"}, key="k"), 412, "stale_version")
        self.done(self.post(f"{self.path}/messages", {"body": "Second"}, key="k"))
        self.assertEqual(len(self.events("FirstResponseSent")), 1)
        self.assertEqual(len(self.get(f"{self.path}/messages").body["items"]), 3)

    def test_is_done_once_for_one_idempotency_key_even_after_the_ticket_was_solved(self) -> None:
        path = self.assigned()
        first = self.post(f"{path}/messages", {"body": "Use water."}, key="key-1")
        self.done(self.post(f"{path}/solve"))

        again = self.assert_changes_nothing(lambda: self.post(f"{path}/messages", {"body": "Use water."}, key="key-1"))
        self.assertEqual((again.status, again.body), (201, first.body))

    def test_refuses_a_version_that_is_gone(self) -> None:
        path = self.assigned()

        stale = self.post(f"{path}/messages", {"body": "Use water."}, headers={"If-Match": '"1"'})
        self.assert_problem(stale, 412, "stale_version")

    def test_names_every_field_at_fault(self) -> None:
        bad = {"body": "", "visibility": "secret", "author": "nobody", "subject": "Hello"}
        self.assert_problem(self.post(f"{self.path}/messages", bad), 422, "validation_failed", *bad)

        note = {"body": "Hello", "author": "customer", "visibility": "internal"}
        self.assert_problem(self.post(f"{self.path}/messages", note), 422, "validation_failed", "visibility")


class EnteringTime(HelpDesk):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.assigned()

    def test_answers_the_entry_and_who_has_worked(self) -> None:
        reply = self.post(f"{self.path}/time-entries", {**HOUR, "note": "On the phone"})

        self.assertEqual(reply.status, 201)
        self.assertEqual(reply.headers["Location"], f"{self.path}/time-entries/{reply.body['id']}")
        self.assertEqual((reply.body["billable"], reply.body["invoice_id"]), (True, None))
        self.assertEqual(reply.body["worked_by"], "user-1@example.com")
        self.assertEqual(self.get(f"{self.path}/time-entries").body["items"], [reply.body])

    def test_names_every_field_at_fault(self) -> None:
        bad = {"minutes": -5, "rate_code": "a b", "billable": "yes", "note": 5, "price": "1.00"}

        reply = self.assert_changes_nothing(lambda: self.post(f"{self.path}/time-entries", bad))
        self.assert_problem(reply, 422, "validation_failed", *bad)

    def test_takes_whole_minutes_of_a_day_at_most(self) -> None:
        for minutes in [0, -1, 1441, 1.5, 1.0, "60", True, None, 10**400]:
            reply = self.post(f"{self.path}/time-entries", {**HOUR, "minutes": minutes})
            self.assert_problem(reply, 422, "validation_failed", "minutes")
        for minutes in [1, 1440]:
            self.done(self.post(f"{self.path}/time-entries", {**HOUR, "minutes": minutes}))

    def test_takes_true_and_false_and_no_number_for_them(self) -> None:
        wrong: list[Any] = [1, 0, 1.0, None, []]
        for billable in wrong:
            reply = self.post(f"{self.path}/time-entries", {**HOUR, "billable": billable})
            self.assert_problem(reply, 422, "validation_failed", "billable")

    def test_on_a_solved_ticket_is_refused(self) -> None:
        path = self.solved()

        reply = self.assert_changes_nothing(lambda: self.post(f"{path}/time-entries", HOUR))
        self.assert_problem(reply, 409, "illegal_transition")

    def test_is_done_once_for_one_idempotency_key(self) -> None:
        first = self.post(f"{self.path}/time-entries", HOUR, key="key-1")

        again = self.assert_changes_nothing(lambda: self.post(f"{self.path}/time-entries", HOUR, key="key-1"))
        self.assertEqual(again.body, first.body)
        self.assertEqual(len(self.get(f"{self.path}/time-entries").body["items"]), 1)

    def test_refuses_a_version_that_is_gone(self) -> None:
        stale = self.post(f"{self.path}/time-entries", HOUR, headers={"If-Match": '"1"'})
        self.assert_problem(stale, 412, "stale_version")
