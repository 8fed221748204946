"""From a solved ticket to the draft line, however the messages come."""

import json
import random
from functools import partial
from typing import Any

from backoffice_testing import envelope

from backoffice.ids import new_id
from invoicing.domain.rates import OtherCurrency, UnknownRate
from invoicing.handlers import inbox
from tests.company import RATE, SELLER, CompanyTest, customer_fact, ticket_solved, time_entry
from tests.races import meanwhile


class BillingTest(CompanyTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("/rates/consulting", RATE)
        self.account_id = self.register()

    def invoices(self, account_id: str | None = None, **query: str) -> list[Any]:
        items: list[Any] = self.get("/invoices", account_id=account_id or self.account_id, **query).body["items"]
        return items

    def billed(self) -> list[str]:
        """The time entries that all invoices charge for."""
        invoices = self.get("/invoices", limit="100").body["items"]
        return sorted(line["time_entry_id"] for invoice in invoices for line in invoice["lines"])


class ASolvedTicket(BillingTest):
    def test_becomes_a_draft_with_a_line_for_each_entry(self) -> None:
        ticket = ticket_solved(self.account_id, time_entry(90), time_entry(20))
        self.assertEqual(self.deliver_to_inbox(ticket), [])
        (invoice,) = self.invoices()
        self.assertEqual((invoice["state"], invoice["origin"], invoice["currency"]), ("draft", "billable_time", "EUR"))
        figures = [(one["quantity"], one["unit"], one["net"], one["ticket_id"]) for one in invoice["lines"]]
        id = ticket["aggregate_id"]
        self.assertEqual(figures, [("1.5", "HUR", "180.00", id), ("20", "MIN", "40.00", id)])
        self.assertEqual(invoice["totals"]["tax_inclusive"], "261.80")
        self.assertEqual([event["type"] for event in self.events()].count("InvoiceDrafted"), 1)
        billed = self.events("TimeEntryBilled")
        self.assertEqual({event["data"]["net"] for event in billed}, {"180.00", "40.00"})
        self.assertEqual({event["causation_id"] for event in billed}, {ticket["event_id"]})
        self.assertEqual({event["correlation_id"] for event in billed}, {"correlation-1"})

    def test_without_billable_time_changes_nothing(self) -> None:
        self.assertEqual(self.deliver_to_inbox(ticket_solved(self.account_id)), [])
        self.assertEqual(self.invoices(), [])

    def test_adds_to_the_open_draft(self) -> None:
        for _ in range(2):
            self.deliver_to_inbox(ticket_solved(self.account_id, time_entry(60)))
        self.assertEqual([len(one["lines"]) for one in self.invoices()], [2])

    def test_in_a_second_currency_fails_until_the_account_has_a_price_in_its_own(self) -> None:
        self.put("/rates/dollars", RATE | {"currency": "USD"})
        dollars = ticket_solved(self.account_id, time_entry(60, "dollars"))
        self.assertEqual(self.deliver_to_inbox(ticket_solved(self.account_id, time_entry(60)), dollars), [1])
        self.assertEqual(self.get(f"/accounts/{self.account_id}").body["billing_currency"], "EUR")
        with self.assertRaisesRegex(OtherCurrency, f"PUT /accounts/{self.account_id}/rates/dollars, then redrive"):
            inbox.inbox.take(json.dumps(dollars))
        self.put(f"/accounts/{self.account_id}/rates/dollars", RATE | {"unit_price": "110.00"})
        self.assertEqual(self.deliver_to_inbox(dollars), [])
        (invoice,) = self.invoices()
        self.assertEqual([one["net"] for one in invoice["lines"]], ["120.00", "110.00"])

    def test_is_priced_by_the_accounts_own_rate_before_the_general_one(self) -> None:
        own = f"/accounts/{self.account_id}/rates/consulting"
        self.assertEqual(self.get(own).status, 404)
        made = self.put(own, RATE | {"unit_price": "90.00", "step_minutes": 15})
        self.assertEqual((made.status, self.get(own).body), (200, made.body))
        self.assertEqual(self.put(own, RATE, **{"If-Match": '"7"'}).status, 412)
        self.deliver_to_inbox(ticket_solved(self.account_id, time_entry(20)))
        other = self.register()
        self.deliver_to_inbox(ticket_solved(other, time_entry(20)))
        (mine,), (theirs,) = self.invoices(), self.invoices(other)
        self.assertEqual((mine["totals"]["lines"], theirs["totals"]["lines"]), ("45.00", "40.00"))
        self.assertEqual(self.put(f"/accounts/{new_id('cus')}/rates/consulting", RATE).status, 404)

    def test_begins_a_new_draft_once_the_last_is_finalized(self) -> None:
        self.put("/seller", SELLER)
        self.deliver_to_inbox(ticket_solved(self.account_id, time_entry()))
        (first,) = self.invoices()
        self.assertEqual(self.post(f"/invoices/{first['id']}/finalize").status, 200)
        self.deliver_to_inbox(
            ticket_solved(self.account_id, time_entry()), ticket_solved(self.account_id, time_entry())
        )
        (draft,) = self.invoices(state="draft")
        self.assertEqual((len(draft["lines"]), len(self.invoices(state="open")[0]["lines"])), (2, 1))

    def test_of_a_customer_not_heard_of_yet_waits_on_a_placeholder_account(self) -> None:
        early = new_id("cus")
        self.deliver_to_inbox(ticket_solved(early, time_entry()))
        self.assertIsNone(self.get(f"/accounts/{early}").body["name"])
        self.deliver_to_inbox(envelope("CustomerRegistered", early, customer_fact(early)))
        self.assertEqual(self.get(f"/accounts/{early}").body["name"], "Ann Smith")
        self.assertEqual(len(self.invoices(early)[0]["lines"]), 1)

    def test_with_more_entries_than_a_transaction_holds_is_billed_whole(self) -> None:
        ticket = ticket_solved(self.account_id, *(time_entry(6) for _ in range(45)))
        self.assertEqual(self.deliver_to_inbox(ticket, ticket), [])
        (invoice,) = self.invoices()
        self.assertEqual((len(invoice["lines"]), invoice["totals"]["lines"]), (45, "540.00"))

    def test_lines_keep_their_price_when_the_rate_changes(self) -> None:
        self.deliver_to_inbox(ticket_solved(self.account_id, time_entry(60)))
        self.put("/rates/consulting", RATE | {"unit_price": "200.00"})
        self.deliver_to_inbox(ticket_solved(self.account_id, time_entry(60)))
        self.assertEqual([line["net"] for line in self.invoices()[0]["lines"]], ["120.00", "200.00"])


class UnluckyMessages(BillingTest):
    def test_delivered_five_times_in_any_order_leave_each_entry_billed_once(self) -> None:
        entries = [time_entry(15 * n) for n in range(1, 5)]
        reopened = [ticket_solved(self.account_id, *entries[:n]) for n in range(1, 5)]
        messages = reopened * 5
        random.Random(7).shuffle(messages)
        for begin in range(0, len(messages), 5):
            self.assertEqual(self.deliver_to_inbox(*messages[begin : begin + 5]), [])
        self.assertEqual(self.billed(), sorted(entry["time_entry_id"] for entry in entries))
        (invoice,) = self.invoices()
        self.assertEqual(invoice["totals"]["lines"], "300.00")
        self.assertEqual(len(self.events("TimeEntryBilled")), 4)

    def test_with_an_unknown_rate_fail_alone_and_succeed_once_it_is_there(self) -> None:
        early = ticket_solved(self.account_id, time_entry(60), time_entry(60, "unheard"))
        fine = ticket_solved(self.account_id, time_entry(30))
        self.assertEqual(self.deliver_to_inbox(early, fine), [0])
        with self.assertRaisesRegex(UnknownRate, "PUT /rates/unheard, then redrive"):
            inbox.inbox.take(json.dumps(early))
        self.assertEqual(len(self.billed()), 1)
        self.put("/rates/unheard", RATE)
        self.assertEqual(self.deliver_to_inbox(early), [])
        self.assertEqual(len(self.billed()), 3)

    def test_that_make_no_sense_fail_and_the_others_go_on(self) -> None:
        nonsense = envelope("TicketSolved", "tkt_1", {"customer_id": self.account_id})
        negative = ticket_solved(self.account_id, time_entry(-5))
        unknown = envelope("SomethingElse", self.account_id, {})
        fine = ticket_solved(self.account_id, time_entry())
        failed = self.deliver_to_inbox("no json", nonsense, negative, unknown, fine)
        self.assertEqual((failed, len(self.billed())), ([0, 1, 2, 3], 1))

    def test_of_two_tickets_at_once_both_are_billed_on_one_draft(self) -> None:
        one, other = (ticket_solved(self.account_id, time_entry(60)) for _ in range(2))
        with meanwhile("billable", partial(self.deliver_to_inbox, other)):
            self.assertEqual(self.deliver_to_inbox(one), [])
        (invoice,) = self.invoices()
        self.assertEqual(len(invoice["lines"]), 2)

    def test_of_one_ticket_taken_twice_at_once_bill_it_once(self) -> None:
        ticket = ticket_solved(self.account_id, time_entry(60), time_entry(30))
        with meanwhile("billable", partial(self.deliver_to_inbox, ticket)):
            self.assertEqual(self.deliver_to_inbox(ticket), [])
        self.assertEqual((len(self.billed()), len(self.invoices())), (2, 1))

    def test_that_tell_of_one_entry_while_its_rate_changes_currency_bill_it_once(self) -> None:
        """Two drafts, two pointers: nothing but the time entry's own mark stands between them."""
        entry = time_entry(60)
        solved, again = ticket_solved(self.account_id, entry), ticket_solved(self.account_id, entry)

        def other_way() -> None:
            self.put("/rates/consulting", RATE | {"currency": "USD"})
            self.deliver_to_inbox(again)

        with meanwhile("billable", other_way):
            self.assertEqual(self.deliver_to_inbox(solved), [])
        self.assertEqual([one["currency"] for one in self.invoices()], ["USD"])

    def test_that_meet_a_finalization_never_reach_a_finalized_invoice(self) -> None:
        self.put("/seller", SELLER)
        self.deliver_to_inbox(ticket_solved(self.account_id, time_entry()))
        (first,) = self.invoices()
        late = ticket_solved(self.account_id, time_entry())
        with meanwhile("billable", partial(self.post, f"/invoices/{first['id']}/finalize")):
            self.assertEqual(self.deliver_to_inbox(late), [])
        (issued,), (draft,) = self.invoices(state="open"), self.invoices(state="draft")
        self.assertEqual((len(issued["lines"]), len(draft["lines"])), (1, 1))

    def test_that_come_between_reading_and_finalizing_are_on_the_invoice(self) -> None:
        self.put("/seller", SELLER)
        self.deliver_to_inbox(ticket_solved(self.account_id, time_entry()))
        (first,) = self.invoices()
        late = ticket_solved(self.account_id, time_entry())
        with meanwhile("finalizable", partial(self.deliver_to_inbox, late)):
            issued = self.post(f"/invoices/{first['id']}/finalize").body
        self.assertEqual((issued["state"], len(issued["lines"])), ("open", 2))
        self.assertEqual(self.invoices(state="draft"), [])
