from backoffice.ids import new_id
from tests.help_desk import HelpDesk


class OpeningATicket(HelpDesk):
    def test_answers_the_ticket_with_location_and_etag(self) -> None:
        customer = self.customer()
        question = {
            "customer_id": customer["id"],
            "subject": "Printer on fire",
            "body": "It burns.\nPlease help.",
            "priority": "urgent",
            "queue": "hardware",
            "tags": ["printer", "fire"],
        }
        reply = self.post("/tickets", question)

        self.assertEqual((reply.status, reply.headers["ETag"]), (201, '"1"'))
        self.assertEqual(reply.headers["Location"], f"/tickets/{reply.body['id']}")
        self.assertEqual({name: reply.body[name] for name in question}, question)
        self.assertEqual((reply.body["status"], reply.body["assignee"]), ("new", None))
        self.assertEqual(self.get(reply.headers["Location"]).body, reply.body)

    def test_has_defaults_for_what_is_left_out(self) -> None:
        ticket = self.ticket()

        self.assertEqual((ticket["priority"], ticket["queue"], ticket["tags"]), ("normal", "general", []))

    def test_tells_the_others(self) -> None:
        ticket = self.ticket(priority="high", queue="hardware")

        (event,) = self.events("TicketOpened")
        self.assertEqual((event["aggregate_id"], event["aggregate_version"]), (ticket["id"], 1))
        expected = {name: ticket[name] for name in ("customer_id", "queue", "priority", "opened_at")}
        self.assertEqual(event["data"], {"ticket_id": ticket["id"], **expected})

    def test_refuses_a_customer_that_does_not_exist(self) -> None:
        question = {"customer_id": new_id("cus"), "subject": "Hello", "body": "Anybody there?"}

        reply = self.assert_changes_nothing(lambda: self.post("/tickets", question))
        self.assert_problem(reply, 422, "validation_failed", "customer_id")

    def test_names_every_field_at_fault(self) -> None:
        bad = {
            "customer_id": new_id("tkt"),
            "subject": "x" * 251,
            "body": "\ud800",
            "priority": "asap",
            "queue": "General\n",
            "tags": "printer",
            "colour": "red",
        }
        self.assert_problem(self.post("/tickets", bad), 422, "validation_failed", *bad)
        self.assert_problem(self.post("/tickets", {}), 422, "validation_failed", "customer_id", "subject", "body")

    def test_refuses_names_that_end_in_a_line_break(self) -> None:
        named = {"customer_id": self.customer()["id"], "subject": "Hello", "body": "Hello"}

        reply = self.post("/tickets", {**named, "queue": "general\n", "tags": ["fire", "fire\n"]})
        self.assert_problem(reply, 422, "validation_failed", "queue", "tags.1")

    def test_counts_a_tag_that_is_given_twice_once(self) -> None:
        self.assertEqual(self.ticket(tags=["fire", "printer", "fire"])["tags"], ["fire", "printer"])
        self.assertEqual(self.done(self.patch(self.assigned(), {"tags": ["a", "a"]}))["tags"], ["a"])

    def test_takes_the_longest_text_in_any_script_and_keeps_it_whole(self) -> None:
        text = "\N{FIRE}" * 20_000
        ticket = self.ticket(body=text, subject="\N{FIRE}" * 250)

        self.assertEqual(self.get(f"/tickets/{ticket['id']}").body["body"], text)
        self.assertEqual(self.get(f"/tickets/{ticket['id']}/messages").body["items"][0]["body"], text)

    def test_refuses_longer_texts_and_control_characters(self) -> None:
        asker = {"customer_id": self.customer()["id"], "subject": "Hello"}
        for body in ["x" * 20_001, "a\x00b", "a\x1b[31mb", "  \n "]:
            self.assert_problem(self.post("/tickets", {**asker, "body": body}), 422, "validation_failed", "body")

    def test_is_done_once_for_one_idempotency_key(self) -> None:
        question = {"customer_id": self.customer()["id"], "subject": "Hello", "body": "Hello"}
        first = self.post("/tickets", question, key="key-1")

        again = self.assert_changes_nothing(lambda: self.post("/tickets", question, key="key-1"))
        self.assertEqual((again.status, again.body), (201, first.body))
        self.assertEqual(len(self.events("TicketOpened")), 1)


class ChangingATicket(HelpDesk):
    def test_changes_what_is_named_and_keeps_the_rest(self) -> None:
        ticket = self.ticket(tags=["fire"])
        path = f"/tickets/{ticket['id']}"

        wish = {"subject": "Printer cold", "priority": "low", "queue": "archive"}
        reply = self.patch(path, wish, '"1"')
        self.assertEqual(reply.body, {**ticket, **wish, "updated_at": reply.body["updated_at"]})
        self.assertEqual(self.get(path).body, reply.body)
        self.assertEqual(self.get(path).headers["ETag"], '"2"')

    def test_needs_the_version_that_the_client_has_seen(self) -> None:
        path = self.assigned()

        self.assert_problem(self.patch(path, {"queue": "x"}, None), 428, "if_match_required")
        self.assert_problem(self.patch(path, {"queue": "x"}, '"1"'), 412, "stale_version")
        self.assert_problem(self.patch(path, {"queue": "x"}, "nonsense"), 412, "stale_version")
        self.assertEqual(self.patch(path, {"queue": "x"}, '"2"').headers["ETag"], '"3"')

    def test_cannot_touch_what_has_rules_of_its_own(self) -> None:
        wish = dict.fromkeys(("status", "assignee", "solved_at", "customer_id"), "x")
        self.assert_problem(self.patch(self.assigned(), wish), 422, "validation_failed", *wish)


class AssigningATicket(HelpDesk):
    def test_makes_an_agent_responsible_and_opens_a_new_ticket(self) -> None:
        ticket = self.ticket()

        reply = self.post(f"/tickets/{ticket['id']}/assign", {"assignee": "agent@example.com"})
        self.assertEqual((reply.status, reply.headers["ETag"]), (200, '"2"'))
        self.assertEqual((reply.body["assignee"], reply.body["status"]), ("agent@example.com", "open"))
        (event,) = self.events("TicketAssigned")
        self.assertEqual((event["data"]["assignee"], event["aggregate_version"]), ("agent@example.com", 2))

    def test_can_hand_a_ticket_over(self) -> None:
        path = self.assigned()

        self.assertEqual(self.done(self.post(f"{path}/assign", {"assignee": "bo"}))["assignee"], "bo")
        self.assertEqual(self.get("/tickets", {"assignee": "agent@example.com"}).body["items"], [])
        self.assertEqual(len(self.events("TicketAssigned")), 2)

    def test_refuses_a_version_that_is_gone(self) -> None:
        path = self.assigned()

        stale = self.post(f"{path}/assign", {"assignee": "bo"}, headers={"If-Match": '"1"'})
        self.assert_problem(stale, 412, "stale_version")

    def test_needs_a_user_name(self) -> None:
        path = f"/tickets/{self.ticket()['id']}/assign"
        for assignee in ["", "#1", "bo\n", None, 5, "x" * 129]:
            self.assert_problem(self.post(path, {"assignee": assignee}), 422, "validation_failed", "assignee")


class SolvingATicket(HelpDesk):
    def test_answers_the_solved_ticket_and_tells_the_billable_time(self) -> None:
        path = self.assigned()
        billable = [self.done(self.post(f"{path}/time-entries", {"minutes": m, "rate_code": "a"})) for m in (90, 20)]
        self.done(self.post(f"{path}/time-entries", {"minutes": 5, "rate_code": "a", "billable": False}))

        ticket = self.done(self.post(f"{path}/solve"))
        self.assertEqual(ticket["status"], "solved")
        self.assertEqual(self.get(path).body, ticket)
        (event,) = self.events("TicketSolved")
        self.assertEqual(event["data"]["solved_at"], ticket["solved_at"])
        told = [
            {"time_entry_id": entry["id"], "minutes": entry["minutes"], "rate_code": entry["rate_code"]}
            for entry in billable
        ]
        key = "time_entry_id"
        self.assertEqual(
            sorted(event["data"]["time_entries"], key=lambda entry: entry[key]),
            sorted(told, key=lambda entry: str(entry[key])),
        )

    def test_needs_somebody_responsible(self) -> None:
        path = f"/tickets/{self.ticket()['id']}"

        reply = self.assert_changes_nothing(lambda: self.post(f"{path}/solve"))
        self.assert_problem(reply, 409, "unassigned")

    def test_twice_is_refused_and_tells_what_is_allowed(self) -> None:
        path = self.solved()

        reply = self.assert_changes_nothing(lambda: self.post(f"{path}/solve"))
        self.assert_problem(reply, 409, "illegal_transition")
        self.assertEqual(reply.body["status_now"], "solved")
        self.assertEqual(reply.body["allowed_from"], ["new", "on_hold", "open", "pending"])

    def test_by_two_agents_at_once_is_done_by_one_and_told_once(self) -> None:
        path = self.assigned()
        self.meanwhile("TransactWriteItems", lambda: self.done(self.post(f"{path}/solve", sub="user-2")))

        self.assert_problem(self.post(f"{path}/solve"), 412, "stale_version")
        self.assertEqual(len(self.events("TicketSolved")), 1)

    def test_while_time_is_being_entered_never_loses_the_time(self) -> None:
        path = self.assigned()
        hour = {"minutes": 60, "rate_code": "a"}
        self.meanwhile("TransactWriteItems", lambda: self.done(self.post(f"{path}/time-entries", hour)))

        self.assert_problem(self.post(f"{path}/solve"), 412, "stale_version")
        self.done(self.post(f"{path}/solve"))
        (event,) = self.events("TicketSolved")
        self.assertEqual(len(event["data"]["time_entries"]), 1)

    def test_refuses_a_version_that_is_gone(self) -> None:
        path = self.assigned()

        self.assert_problem(self.post(f"{path}/solve", headers={"If-Match": '"1"'}), 412, "stale_version")
        self.done(self.post(f"{path}/solve", headers={"If-Match": '"2"'}))
