import random
from typing import Any

from backoffice_testing import envelope

from backoffice.ids import new_id
from customer_support.handlers import inbox
from tests.help_desk import HOUR, HelpDesk


class TimeEntryBilled(HelpDesk):
    def setUp(self) -> None:
        super().setUp()
        self.path = self.assigned()
        self.entries = [self.done(self.post(f"{self.path}/time-entries", HOUR))["id"] for _ in range(3)]

    def billed(self, entry: str, invoice: str, **more: Any) -> dict[str, Any]:
        data = {"time_entry_id": entry, "ticket_id": self.path.removeprefix("/tickets/"), "invoice_id": invoice}
        return envelope("TimeEntryBilled", invoice, {**data, "charged_minutes": 60, **more}, schema_version=2)

    def billed_long_ago(self, entry: str, invoice: str) -> dict[str, Any]:
        """The same in version 1, which did not tell what is charged."""
        message = self.billed(entry, invoice, minutes=45)
        del message["data"]["charged_minutes"]
        return {**message, "schema_version": 1}

    def invoices(self) -> dict[str, str | None]:
        entries = self.get(f"{self.path}/time-entries").body["items"]
        return {entry["id"]: entry["invoice_id"] for entry in entries}

    def test_shows_on_which_invoice_the_time_stands(self) -> None:
        invoice = new_id("inv")

        self.assertEqual(self.deliver(inbox.inbox, self.billed(self.entries[0], invoice)), [])
        self.assertEqual(self.invoices(), {self.entries[0]: invoice, self.entries[1]: None, self.entries[2]: None})

    def test_tells_how_much_of_it_is_charged(self) -> None:
        self.deliver(inbox.inbox, self.billed(self.entries[0], new_id("inv"), charged_minutes=75))

        entries = self.get(f"{self.path}/time-entries").body["items"]
        charged = {entry["id"]: entry["charged_minutes"] for entry in entries}
        self.assertEqual(charged, {self.entries[0]: 75, self.entries[1]: None, self.entries[2]: None})

    def test_in_version_1_is_still_understood_beside_version_2(self) -> None:
        old, new = new_id("inv"), new_id("inv")
        messages = self.billed_long_ago(self.entries[0], old), self.billed(self.entries[1], new)

        self.assertEqual(self.deliver(inbox.inbox, *messages), [])
        entries = self.get(f"{self.path}/time-entries").body["items"]
        told = {entry["id"]: (entry["invoice_id"], entry["charged_minutes"]) for entry in entries}
        billed = {self.entries[0]: (old, None), self.entries[1]: (new, 60), self.entries[2]: (None, None)}
        self.assertEqual(told, billed)

    def test_in_a_version_that_is_not_understood_fails_alone_with_the_reason(self) -> None:
        future = {**self.billed(self.entries[0], new_id("inv")), "schema_version": 3}

        self.assertEqual(self.deliver(inbox.inbox, future, self.billed(self.entries[1], new_id("inv"))), [0])
        (failure,) = [line["exception"] for line in self.logs() if line["message"] == "message failed"]
        self.assertIn("UnknownMessage: no consumer for TimeEntryBilled v3; understood: v1, v2", failure)

    def test_five_times_in_any_order_leaves_what_once_in_order_leaves(self) -> None:
        billed = {entry: new_id("inv") for entry in self.entries}
        messages = [self.billed(*one) for one in billed.items()] * 5
        random.Random(7).shuffle(messages)

        for message in messages:
            self.assertEqual(self.deliver(inbox.inbox, message), [])
        self.assertEqual(self.invoices(), billed)
        known = [line for line in self.logs() if line["message"] == "event had been taken before"]
        self.assertEqual(len(known), len(messages) - len(billed))

    def test_again_under_another_event_id_changes_nothing(self) -> None:
        invoice = new_id("inv")
        for _ in range(2):
            self.assertEqual(self.deliver(inbox.inbox, self.billed(self.entries[0], invoice)), [])

        self.assertEqual(self.invoices()[self.entries[0]], invoice)

    def test_on_a_second_invoice_is_refused_for_people_to_look_at(self) -> None:
        first, second = self.billed(self.entries[0], new_id("inv")), self.billed(self.entries[0], new_id("inv"))

        self.assertEqual(self.deliver(inbox.inbox, first, second), [1])
        self.assertEqual(self.invoices()[self.entries[0]], first["data"]["invoice_id"])

    def test_of_an_unknown_entry_fails_alone_and_leaves_no_trace(self) -> None:
        invoice = new_id("inv")
        unknown = self.billed(new_id("tme"), invoice)
        elsewhere = self.billed(self.entries[1], invoice, ticket_id=new_id("tkt"))

        failed = self.deliver(inbox.inbox, unknown, self.billed(self.entries[0], invoice), elsewhere)
        self.assertEqual(failed, [0, 2])
        self.assertEqual(self.invoices(), {self.entries[0]: invoice, self.entries[1]: None, self.entries[2]: None})
        self.assertEqual(self.deliver(inbox.inbox, unknown), [0], "it must not count as taken")

    def test_may_gain_fields_but_not_lose_them(self) -> None:
        good = self.billed(self.entries[0], new_id("inv"), currency="EUR", mood="sunny")
        bad = {**good, "data": {"ticket_id": good["data"]["ticket_id"]}}

        self.assertEqual(self.deliver(inbox.inbox, bad, good), [0])

    def test_beside_messages_that_nobody_understands_is_taken(self) -> None:
        strange = envelope("PigsFlew", new_id("pig"), {})
        good = self.billed(self.entries[0], new_id("inv"))

        self.assertEqual(self.deliver(inbox.inbox, strange, "no json", "{}", good), [0, 1, 2])
        self.assertIsNotNone(self.invoices()[self.entries[0]])

    def test_does_not_touch_the_version_that_agents_work_with(self) -> None:
        version = self.get(self.path).headers["ETag"]
        self.deliver(inbox.inbox, self.billed(self.entries[0], new_id("inv")))

        self.assertEqual(self.get(self.path).headers["ETag"], version)
        self.done(self.patch(self.path, {"queue": "hardware"}, version))

    def test_costs_one_transaction(self) -> None:
        self.calls.clear()
        self.deliver(inbox.inbox, self.billed(self.entries[0], new_id("inv")))

        self.assertEqual(self.calls, ["TransactWriteItems"])
