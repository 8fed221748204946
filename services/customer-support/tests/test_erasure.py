import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch

from backoffice_testing import envelope

from backoffice.clock import now
from backoffice.ids import new_id
from customer_support.domain.erasure import Answer, Erasure
from customer_support.handlers import clock, inbox
from tests.erasing import ADA, INVOICE, Erasing, tells
from tests.help_desk import HOUR
from tests.letters import mail


class AnErasure(Erasing):
    def test_asks_every_context_once_and_says_where_to_see_how_far_it_is(self) -> None:
        ada = self.customer(**ADA)["id"]
        reply = self.post(f"/customers/{ada}/erasure", key="key-1")

        self.assertEqual((reply.status, reply.headers["Location"]), (202, f"/erasures/{reply.body['id']}"))
        self.assertEqual(self.read(reply.body), reply.body)
        self.assertEqual((reply.body["state"], reply.body["certificate"]), ("running", None))
        self.assertEqual({part["state"] for part in reply.body["contexts"]}, {"waiting"})
        asked = [(message["type"], message["reply_to"]) for message in self.events("EraseCustomer")]
        self.assertEqual(asked, [("EraseCustomer", "test-test-inbox")] * 2)
        again = self.assert_changes_nothing(lambda: self.post(f"/customers/{ada}/erasure", key="key-1"))
        self.assertEqual(again.body, reply.body)

    def test_is_for_agents_and_needs_an_idempotency_key(self) -> None:
        path = f"/customers/{self.customer()['id']}/erasure"
        self.assert_problem(self.post(path, groups="operators"), 403, "forbidden")
        self.assert_problem(self.post(path, key=""), 400, "idempotency_key_required")
        self.assert_problem(self.post(f"/customers/{new_id('cus')}/erasure"), 404, "customer_not_found")
        self.assert_problem(self.get(f"/erasures/{new_id('era')}"), 404, "erasure_not_found")

    def test_is_certified_once_everybody_has_answered(self) -> None:
        ada, tickets = self.busy()
        erasure = self.ask(ada)
        self.work()
        self.deliver(inbox.inbox, self.answer(erasure, "Analytics"))
        self.assertEqual(self.read(erasure)["state"], "running")
        self.assertEqual(self.events("CustomerErased"), [])
        account = {"what": "account", "count": 1}
        self.deliver(inbox.inbox, self.answer(erasure, "Invoicing", erased=[account], kept=[INVOICE]))

        done = self.read(erasure)
        self.assertEqual(done["state"], "completed")
        certificate = done["certificate"]
        self.assertEqual(certificate["kept"], [INVOICE | {"context": "invoicing"}])
        erased = {(one["context"], one["what"]): one["count"] for one in certificate["erased"]}
        ours = {"customer": 1, "tickets": len(tickets), "messages": 5, "files": 2, "time_entries": 1}
        self.assertEqual(
            erased, {("invoicing", "account"): 1} | {("customer-support", what): n for what, n in ours.items()}
        )
        self.assertFalse(tells(json.dumps(done)))
        (event,) = self.events("CustomerErased")
        self.assertEqual((event["data"]["customer_id"], event["data"]["erasure_id"]), (ada, erasure["id"]))
        self.assertFalse(tells(json.dumps(event)))
        self.assertEqual(self.walk("/erasures", 10, state="completed"), [erasure["id"]])
        self.assertEqual(self.walk("/erasures", 10, state="running"), [])

    def test_is_not_moved_by_answers_that_come_twice_or_late_or_out_of_order(self) -> None:
        erasure = self.ask(self.customer()["id"])
        self.work()
        newer = self.answer(erasure, "Invoicing", version=3, erased=[{"what": "invoices", "count": 1}])
        older = self.answer(erasure, "Invoicing", version=2, kept=[INVOICE])
        for answer in (
            newer,
            newer,
            older,
            self.answer(erasure, "Analytics"),
            self.answer(erasure, "Analytics"),
            older,
        ):
            self.assertEqual(self.deliver(inbox.inbox, answer), [])

        certificate = self.read(erasure)["certificate"]
        self.assertEqual(certificate["kept"], [])
        self.assertEqual(len(self.events("CustomerErased")), 1)

    def test_tells_when_what_was_kept_is_gone_as_well(self) -> None:
        erasure = self.ask(self.customer()["id"])
        self.work()
        self.deliver(inbox.inbox, self.answer(erasure, "Analytics"), self.answer(erasure, "Invoicing", kept=[INVOICE]))
        issued_at = self.read(erasure)["certificate"]["issued_at"]
        later = self.answer(erasure, "Invoicing", version=2, erased=[{"what": "invoices", "count": 1}])
        self.deliver(inbox.inbox, later)

        certificate = self.read(erasure)["certificate"]
        self.assertEqual((certificate["kept"], certificate["issued_at"]), ([], issued_at))
        self.assertEqual(len(self.events("CustomerErased")), 1)

    def test_fails_an_answer_to_an_erasure_that_there_is_not(self) -> None:
        stray = {"id": new_id("era"), "customer_id": new_id("cus")}
        self.assertEqual(self.deliver(inbox.inbox, self.answer(stray, "Analytics")), [0])

    def test_takes_answers_that_come_at_once(self) -> None:
        erasure = self.ask(self.customer()["id"])
        self.work()
        other = self.answer(erasure, "Analytics")
        self.meanwhile("TransactWriteItems", lambda: self.deliver(inbox.inbox, other))
        self.assertEqual(self.deliver(inbox.inbox, self.answer(erasure, "Invoicing")), [])
        self.assertEqual(self.read(erasure)["state"], "completed")

    def test_is_due_within_a_month_whatever_its_length(self) -> None:
        for asked, due in [("2027-01-31T10:00:00.000Z", "2027-02-28"), ("2026-12-05T10:00:00.000Z", "2027-01-05")]:
            with patch("backoffice.http.api.now", return_value=datetime.fromisoformat(asked)):
                erasure = self.ask(self.customer()["id"])
            self.assertTrue(erasure["due_at"].startswith(due), erasure["due_at"])


class AskingAgain(Erasing):
    def pass_time(self, minutes: float) -> None:
        with patch.object(clock, "now", lambda: now() + timedelta(minutes=minutes)):
            clock.conduct_erasures(lambda: True)

    def test_goes_on_with_growing_pauses_until_there_is_an_answer(self) -> None:
        begun = now()
        erasure, asked = Erasure.begun("era_1", "cus_1", "agent", begun), []
        for context in ("customer-support", "analytics"):
            erasure.take(context, Answer(version=1, at=begun), begun)
        while erasure.wakes_at and erasure.wakes_at < begun + timedelta(days=2):
            at, erasure.facts = erasure.wakes_at, []
            erasure.wake(at)
            asked += [at for fact in erasure.facts if fact.type == "EraseCustomer"]
        minutes = [(later - earlier) // timedelta(minutes=1) for earlier, later in pairwise([begun, *asked])]
        self.assertEqual(minutes[:9], [1, 2, 4, 8, 16, 32, 64, 128, 256])
        self.assertEqual(set(minutes[9:]), {360})

    def test_sends_the_command_again_under_another_id(self) -> None:
        self.ask(self.customer()["id"])
        first = self.messages("EraseCustomer")
        self.pass_time(1.1)
        again = self.messages("EraseCustomer")
        self.assertEqual([one["data"] for one in again], [one["data"] for one in first])
        self.assertEqual(len({one["event_id"] for one in first + again}), 4)

    def test_shows_who_is_late_and_ends_once_that_one_answers(self) -> None:
        erasure = self.ask(self.customer()["id"])
        self.work()
        self.deliver(inbox.inbox, self.answer(erasure, "Analytics"))
        with patch("backoffice.http.api.now", lambda: now() + timedelta(minutes=6)):
            states = {part["context"]: part["state"] for part in self.read(erasure)["contexts"]}
        self.assertEqual(states, {"customer-support": "answered", "invoicing": "late", "analytics": "answered"})
        self.pass_time(6)
        self.assertIn(["invoicing"], [line.get("contexts") for line in self.logs()])
        self.deliver(inbox.inbox, self.answer(erasure, "Invoicing"))
        self.messages("EraseCustomer")
        self.pass_time(10)
        self.pass_time(600)
        self.assertEqual((self.read(erasure)["state"], self.events("EraseCustomer")), ("completed", []))

    def test_looks_a_second_time_for_what_lists_did_not_show(self) -> None:
        ada, (first, *_) = self.busy()
        shown: list[Any] = [first.removeprefix("/tickets/"), None]
        with (
            patch("customer_support.store.Store.next_ticket_of", lambda *_: shown.pop(0)),
            patch("customer_support.store.Store.forget_receipts", lambda *_: 0),
        ):
            erasure = self.ask(ada)
            self.work()
        self.assertNotEqual(self.traces(), [])
        self.pass_time(3)
        self.work()
        self.assertEqual(self.traces(), [])
        self.deliver(inbox.inbox, self.answer(erasure, "Analytics"), self.answer(erasure, "Invoicing"))
        certificate = self.read(erasure)["certificate"]
        counts = {one["what"]: one["count"] for one in certificate["erased"]}
        self.assertEqual((counts["tickets"], counts["messages"], counts["files"]), (3, 5, 2))
        self.deliver(inbox.inbox, self.answer(erasure, "Invoicing", version=9))
        self.assertEqual(self.read(erasure)["certificate"], certificate)
        self.pass_time(600)
        self.assertEqual(self.events("ForgetCustomer"), [])


class AnErasedCustomer(Erasing):
    def test_is_gone_for_all_who_ask(self) -> None:
        ada, (opened, solved, mailed) = self.busy()
        erasure = self.ask(ada)
        for reply in (
            self.get(f"/customers/{ada}"),
            self.get(f"/customers/{ada}/export"),
            self.patch(f"/customers/{ada}", {"name": "Ada"}),
            self.post(f"/customers/{ada}/erasure"),
        ):
            self.assert_problem(reply, 410, "customer_erased")
            self.assertEqual(reply.body["erasure_id"], erasure["id"])
        question = {"customer_id": ada, "subject": "Again", "body": "Again"}
        self.assert_problem(self.post("/tickets", question), 409, "customer_erased")
        (file, *_) = self.done(self.get(f"{mailed}/messages"))["items"][0]["attachments"]
        self.work()
        self.assert_problem(self.get(f"{mailed}/attachments/{file['id']}"), 410, "attachment_erased")
        for path, body in (
            (f"{opened}/messages", {"body": "Note", "visibility": "internal"}),
            (f"{opened}/messages", {"body": "More", "author": "customer"}),
            (f"{opened}/assign", {"assignee": "bo"}),
            (f"{opened}/time-entries", HOUR),
        ):
            self.assert_problem(self.post(path, body), 409, "customer_erased")
        self.assert_problem(self.put(f"{solved}/satisfaction", {"score": 1}), 409, "customer_erased")
        self.assertNotIn(ada, self.walk("/customers", 10))
        self.assertEqual(self.walk("/customers", 10, name="adalberta"), [])
        self.assertEqual(self.walk("/customers", 10, company="quint"), [])

    def test_does_not_come_back_by_a_change_that_was_under_way(self) -> None:
        ada = self.customer(**ADA)["id"]
        self.meanwhile("TransactWriteItems", lambda: self.ask(ada))
        self.assert_problem(self.patch(f"/customers/{ada}", {"name": "Adalberta"}), 412, "stale_version")
        self.work()
        self.assertEqual(self.traces(), [])

    def test_keeps_a_ticket_from_being_opened_in_the_same_moment(self) -> None:
        ada = self.customer(**ADA)["id"]
        self.meanwhile("TransactWriteItems", lambda: self.ask(ada))
        question = {"customer_id": ada, "subject": "Again", "body": "Again"}
        self.assert_problem(self.post("/tickets", question), 409, "customer_erased")

    def test_who_writes_again_is_a_new_customer_with_a_new_ticket(self) -> None:
        ada, (_, _, mailed) = self.busy()
        self.ask(ada)
        self.work()
        number = mailed.removeprefix("/tickets/")
        path = self.opened(mail("It is me", From=f"Adalberta <{ADA['email']}>", Subject=f"Re: [{number}]"))
        anew = self.done(self.get(path))["customer_id"]
        self.assertNotEqual(anew, ada)
        with patch.object(clock, "now", lambda: now() + timedelta(minutes=3)):
            clock.conduct_erasures(lambda: True)
        self.work()
        self.assertEqual(self.done(self.get(f"{path}/messages"))["items"][0]["body"], "It is me")

    def test_who_writes_in_the_same_moment_is_a_new_customer(self) -> None:
        ada = self.customer(**ADA)["id"]
        self.meanwhile("TransactWriteItems", lambda: self.ask(ada))
        path = self.opened(mail("It is me", From=f"Adalberta <{ADA['email']}>"))
        self.assertNotEqual(self.done(self.get(path))["customer_id"], ada)

    def test_has_time_entries_that_are_billed_all_the_same(self) -> None:
        ada, (opened, *_) = self.busy()
        (entry,) = self.done(self.get(f"{opened}/time-entries"))["items"]
        self.ask(ada)
        self.work()
        billed = {"time_entry_id": entry["id"], "ticket_id": entry["ticket_id"], "invoice_id": new_id("inv")}
        self.assertEqual(self.deliver(inbox.inbox, envelope("TimeEntryBilled", billed["invoice_id"], billed)), [])

    def test_leaves_nothing_in_the_log_not_even_when_something_fails(self) -> None:
        ada, _ = self.busy()
        erasure = self.ask(ada)
        bad = self.answer(erasure, "Invoicing") | {"data": {"erased": ADA["name"], "kept": ADA["email"]}}
        with patch("customer_support.store.Store.forget_parts", side_effect=OSError("no answer")):
            self.assertEqual(self.deliver(inbox.inbox, *self.events("ForgetCustomer"), bad), [0, 1])
        self.assertEqual([line for line in self.logs() if tells(json.dumps(line))], [])
