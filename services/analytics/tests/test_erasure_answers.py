from backoffice_testing import ServiceTest, envelope

from analytics.handlers import inbox
from backoffice.ids import new_id


class AnErasure(ServiceTest):
    def asked(self) -> dict:
        self.customer_id, self.erasure_id = new_id("cus"), new_id("era")
        data = {"customer_id": self.customer_id, "erasure_id": self.erasure_id, "asked_at": "2026-11-25T09:00:00.000Z"}
        return envelope("EraseCustomer", self.erasure_id, data) | {"reply_to": "test-customer-support-inbox"}

    def test_is_answered_once_to_each_command_with_nothing_that_was_here(self) -> None:
        command = self.asked()
        self.assertEqual(self.deliver(inbox.inbox, command, command), [])
        (answer,) = self.events("ErasureAnsweredByAnalytics")
        about = {"customer_id": self.customer_id, "erasure_id": self.erasure_id}
        self.assertEqual(answer["data"], about | {"erased": [], "kept": []})
        self.assertEqual((answer["causation_id"], answer["aggregate_id"]), (command["event_id"], self.customer_id))

    def test_that_is_asked_for_again_is_answered_again(self) -> None:
        command = self.asked()
        again = command | {"event_id": new_id("evt")}
        self.assertEqual(self.deliver(inbox.inbox, command, again), [])
        self.assertEqual(len(self.events("ErasureAnsweredByAnalytics")), 2)

    def test_needs_to_know_where_to_answer(self) -> None:
        command = self.asked()
        del command["reply_to"]
        self.assertEqual(self.deliver(inbox.inbox, command), [0])
