from typing import Any
from unittest.mock import patch

from backoffice.clock import now
from backoffice.ids import new_id
from customer_support import forgetting
from customer_support.handlers import inbox, indexer
from customer_support.store import Store
from tests.erasing import ADA, Erasing
from tests.letters import mail
from tests.test_intake import CONTEXT


class WhatIsErased(Erasing):
    def test_is_everything_that_tells_of_the_person_and_nothing_of_others(self) -> None:
        self.busy()
        beside = self.assigned(subject="Printer", body="It burns.", tags=["fire"])
        untouched = self.items(beside)
        ada = self.done(self.get("/customers", {"email": ADA["email"]}))["items"][0]["id"]
        self.assertGreater(len(self.traces()), 20)
        self.ask(ada)
        self.work()

        self.assertEqual(self.traces(), [])
        self.assertEqual(self.items(beside), untouched)
        self.assertEqual(self.walk("/tickets", 10, q="printer burns"), [])
        self.index()
        self.assertEqual(self.walk("/tickets", 10, q="printer burns"), [beside.removeprefix("/tickets/")])

    def test_leaves_ids_times_minutes_and_states_for_statistics(self) -> None:
        ada, (opened, solved, mailed) = self.busy()
        before = {path: self.done(self.get(path)) for path in (opened, solved)}
        times = self.done(self.get(f"{opened}/time-entries"))["items"]
        written = [one["written_at"] for one in self.done(self.get(f"{opened}/messages"))["items"]]
        self.ask(ada)
        self.work()

        after = {path: self.done(self.get(path)) for path in (opened, solved, mailed)}
        for path, ticket in before.items():
            for name in ("id", "customer_id", "queue", "priority", "opened_at", "first_responded_at", "solved_at"):
                self.assertEqual(after[path][name], ticket[name], name)
            self.assertEqual((after[path]["status"], after[path]["subject"]), ("closed", "(erased)"))
            self.assertIsNotNone(after[path]["erased_at"])
        self.assertEqual(after[solved]["satisfaction"]["score"], 4)
        self.assertEqual(
            self.done(self.get(f"{opened}/time-entries"))["items"], [one | {"note": None} for one in times]
        )
        messages = self.done(self.get(f"{opened}/messages"))["items"]
        self.assertEqual([one["written_at"] for one in messages], written)
        self.assertEqual({one["body"] for one in messages}, {"(erased)"})
        self.assertEqual(self.actions(opened)[-2:], ["changed", "erased"])
        closed = {event["data"]["reason"] for event in self.events("TicketClosed")}
        self.assertEqual(closed, {"customer_erased"})

    def test_is_not_brought_back_by_a_stream_that_comes_late(self) -> None:
        ada, _ = self.busy()
        late = self.stream()
        self.ask(ada)
        self.work()
        indexer.handler(late, CONTEXT)
        self.assertEqual(self.traces(), [])

    def test_are_answers_that_wait_for_repeated_requests(self) -> None:
        reply = self.post("/customers", ADA, key="key-1")
        self.ask(reply.body["id"])
        self.work()
        self.assertEqual(self.traces(), [])

    def test_are_mails_that_were_set_aside_and_those_on_anothers_ticket(self) -> None:
        ada = self.customer(**ADA)["id"]
        sender = f"Adalberta Quintessenz <{ADA['email']}>"
        self.receive(mail("Geheimnis: out of office", From=sender, Auto_Submitted="auto-replied"))
        bo = self.opened(mail("My words burn", From="Bo <bo@example.com>", Subject="Printer"))
        number = bo.removeprefix("/tickets/")
        self.receive(mail("Geheimnis burns, too", From=sender, Subject=f"Re: [{number}]"))
        self.index()
        self.ask(ada)
        self.work()

        self.assertEqual(self.traces(), [])
        bodies = [one["body"] for one in self.done(self.get(f"{bo}/messages"))["items"]]
        self.assertEqual(bodies, ["My words burn", "(erased)"])
        self.assertEqual(self.walk("/tickets", 10, q="burn printer"), [number])
        self.assertEqual(self.walk("/tickets", 10, q="burns"), [])
        self.assertEqual({one["key"][:8] for one in self.done(self.get("/mails"))["items"]}, {"", "inbound/"})

    def test_is_nothing_of_who_has_taken_over_an_address_that_was_given_up(self) -> None:
        ada = self.customer(**ADA)["id"]
        self.done(self.patch(f"/customers/{ada}", {"email": "new@quintessenz.example"}))
        heir = self.customer(name="Bo", email=ADA["email"])["id"]
        path = self.opened(mail("I am Bo", From=f"Bo <{ADA['email']}>"))
        self.ask(ada)
        self.work()
        self.assertEqual(self.done(self.get(path))["customer_id"], heir)
        self.assertEqual(self.done(self.get(f"{path}/messages"))["items"][0]["body"], "I am Bo")

    def test_is_forgotten_although_workers_are_killed_at_any_moment(self) -> None:
        class Killed(BaseException):
            pass

        ada, _ = self.busy()
        erasure = self.ask(ada)
        calls = kills = 0
        while not Store().forgetting(ada).is_done:
            calls += 1
            left = [calls % 13]

            def die(left: list[int] = left, **_: Any) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed

            events = self.table.client.meta.events
            events.register("before-call.dynamodb", die)
            try:
                with patch.object(forgetting, "_SECONDS", 0):
                    forgetting.go_on(Store(), ada, 1, now(), new_id("evt"))
            except Killed:
                kills += 1
            finally:
                events.unregister("before-call.dynamodb", die)
            self.assertLess(calls, 300)
        self.assertGreater(kills, 10)
        self.deliver(inbox.inbox, self.messages("ForgetCustomer")[-1])
        self.assertEqual(self.traces(), [])
        self.deliver(inbox.inbox, self.answer(erasure, "Analytics"), self.answer(erasure, "Invoicing"))
        counts = {one["what"]: one["count"] for one in self.read(erasure)["certificate"]["erased"]}
        self.assertEqual((counts["tickets"], counts["messages"], counts["files"]), (3, 5, 2))

    def test_is_forgotten_once_in_small_steps_however_many_messages_ask_for_it(self) -> None:
        ada, _ = self.busy()
        erasure = self.ask(ada)
        (command,) = self.messages("ForgetCustomer")
        with patch.object(forgetting, "_SECONDS", 0), patch.object(forgetting, "_AT_ONCE", 4):
            self.deliver(inbox.inbox, command, command)
            self.assertGreater(self.work(), 10)
        self.assertEqual(self.traces(), [])
        self.deliver(inbox.inbox, command, self.answer(erasure, "Analytics"), self.answer(erasure, "Invoicing"))
        counts = {one["what"]: one["count"] for one in self.read(erasure)["certificate"]["erased"]}
        self.assertEqual((counts["tickets"], counts["messages"], counts["files"]), (3, 5, 2))
        self.assertEqual(len(self.events("CustomerErased")), 1)
