import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from backoffice_testing import Reply, envelope

from backoffice.clock import now
from backoffice.ids import new_id
from invoicing import erasing
from invoicing.domain.retention import law_of
from invoicing.handlers import clock, documents, inbox
from invoicing.store import Store
from tests.company import RATE, SELLER, CompanyTest, customer_fact, line, ticket_solved, time_entry

ADA = {"name": "Adalberta Quintessenz", "email": "ada@quintessenz.example", "company": None}
HOME = {"street": "Quintessenzgasse 1", "city": "Wien", "postal_code": "1010", "country": "AT"}
TRACES = ("adalberta", "quintessenz", "geheimnis")
"""What tells of Ada: her names and what was written about her."""


def tells(text: str) -> bool:
    return any(trace in text.lower() for trace in TRACES)


class Erasing(CompanyTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("/seller", SELLER)
        self.put("/rates/consulting", RATE)

    def ada(self) -> str:
        """The account of Ada."""
        account_id = new_id("cus")
        self.deliver_to_inbox(envelope("CustomerRegistered", account_id, customer_fact(account_id, **ADA)))
        self.patch(f"/accounts/{account_id}", {"address": HOME}, version=1)
        return account_id

    def erase(self, account_id: str) -> dict[str, Any]:
        """Customer support's command."""
        data = {"customer_id": account_id, "erasure_id": new_id("era"), "asked_at": "2026-11-25T09:00:00.000Z"}
        command = envelope("EraseCustomer", data["erasure_id"], data) | {"reply_to": "test-customer-support-inbox"}
        self.assertEqual(self.deliver_to_inbox(command), [])
        return command

    def messages(self, type: str) -> list[dict[str, Any]]:
        """Take the messages of a type out of the outbox, as the relay does."""
        found = self.events(type)
        gone = {message["event_id"] for message in found}
        items = self.table.client.scan(TableName=self.table.name)["Items"]
        self.table.delete_all((item["pk"]["S"], item["sk"]["S"]) for item in items if item["sk"]["S"] in gone)
        return found

    def work(self) -> int:
        """Deliver the commands to ourselves until there is none; answers how many there were."""
        for number in range(100):
            commands = self.messages("ForgetAccount")
            if not commands:
                return number
            self.assertEqual(self.deliver_to_inbox(*commands), [])
        raise AssertionError("it never ends")

    def answer(self) -> dict[str, Any]:
        """The newest answer to customer support."""
        answers = self.events("ErasureAnsweredByInvoicing")
        return dict(max(answers, key=lambda answer: answer["aggregate_version"])["data"])

    def traces(self) -> list[str]:
        """Where something tells of Ada: items of the table but messages on their way, lines of the log."""
        items = self.table.client.scan(TableName=self.table.name)["Items"]
        items = [item for item in items if not item["pk"]["S"].startswith("OUTBOX#")]
        found = [item["pk"]["S"].partition("#")[0] for item in items if tells(json.dumps(item))]
        return sorted({*found, *(str(line) for line in self.logs() if tells(json.dumps(line)))})

    def at(self, moment: datetime) -> Any:
        return patch.object(inbox, "now", return_value=moment)


class AnAccountWithoutInvoices(Erasing):
    def test_is_erased_at_once_and_leaves_nothing_that_tells_of_the_person(self) -> None:
        ada, beside = self.ada(), self.register()
        self.draft(ada, line(description="Geheimnis"), note="For Adalberta")
        before = self.get(f"/accounts/{beside}").body
        self.assertNotEqual(self.traces(), [])
        command = self.erase(ada)
        self.work()

        self.assertEqual(self.traces(), [])
        self.assertEqual(self.get(f"/accounts/{beside}").body, before)
        self.assertEqual(self.answer()["erased"], [{"what": "account", "count": 1}, {"what": "drafts", "count": 1}])
        self.assertEqual(self.answer()["kept"], [])
        self.assertEqual(self.answer()["erasure_id"], command["data"]["erasure_id"])
        account = self.get(f"/accounts/{ada}").body
        self.assertEqual((account["name"], account["address"]), (None, None))
        self.assertIsNotNone(account["erased_at"])

    def test_never_comes_back_whatever_comes_late_or_again(self) -> None:
        ada = self.ada()
        self.erase(ada)
        late = [
            envelope(type, ada, customer_fact(ada, **ADA), version=version)
            for type, version in (("CustomerRegistered", 1), ("CustomerUpdated", 2), ("CustomerUpdated", 99))
        ]
        self.assertEqual(self.deliver_to_inbox(*late, *late), [])
        self.work()
        self.assertEqual(self.deliver_to_inbox(*late), [])
        self.assertEqual(self.traces(), [])

    def test_that_was_never_heard_of_stays_unknown_when_it_is_told_of_too_late(self) -> None:
        ada = new_id("cus")
        self.erase(ada)
        self.assertEqual(self.deliver_to_inbox(envelope("CustomerRegistered", ada, customer_fact(ada, **ADA))), [])
        self.work()
        self.assertEqual((self.traces(), self.answer()["erased"]), ([], [{"what": "account", "count": 1}]))

    def test_does_not_come_back_by_an_event_that_is_taken_in_the_same_moment(self) -> None:
        ada = self.ada()
        update = envelope("CustomerUpdated", ada, customer_fact(ada, **ADA | {"name": "Quintessenz"}), version=2)
        self.meanwhile("TransactWriteItems", lambda: self.erase(ada))
        self.assertEqual(self.deliver_to_inbox(update), [])
        self.work()
        self.assertEqual(self.traces(), [])

    def test_takes_no_new_draft_and_no_change(self) -> None:
        ada = self.ada()
        draft = self.draft(ada)
        self.erase(ada)
        self.work()
        version = self.get(f"/accounts/{ada}").headers["ETag"].strip('"')
        for reply in (
            self.post("/invoices", {"account_id": ada, "currency": "EUR", "lines": [line()]}),
            self.post(f"/invoices/{draft['id']}/finalize"),
            self.call_patch(f"/invoices/{draft['id']}", {"note": "Adalberta"}),
            self.patch(f"/accounts/{ada}", {"vat_id": "ATU1"}, version=version),
            self.put(f"/accounts/{ada}/rates/consulting", RATE),
        ):
            self.assertEqual((reply.status, reply.body["code"]), (409, "account_erased"), reply.body)

    def call_patch(self, path: str, body: Any) -> Reply:
        return self.patch(path, body, version=self.get(path).headers["ETag"].strip('"'))

    def test_takes_no_draft_that_is_written_in_the_same_moment(self) -> None:
        ada = self.ada()
        self.meanwhile("TransactWriteItems", lambda: self.erase(ada))
        reply = self.post("/invoices", {"account_id": ada, "currency": "EUR", "lines": [line()]})
        self.assertEqual((reply.status, reply.body["code"]), (409, "account_erased"), reply.body)
        self.work()
        self.assertEqual(self.traces(), [])

    def test_is_not_named_by_an_invoice_that_is_issued_in_the_same_moment(self) -> None:
        ada = self.ada()
        draft = self.draft(ada)
        self.meanwhile("TransactWriteItems", lambda: self.erase(ada))
        reply = self.post(f"/invoices/{draft['id']}/finalize")
        self.assertEqual((reply.status, reply.body["code"]), (409, "account_erased"), reply.body)

    def test_has_its_late_time_on_a_draft_that_names_nobody(self) -> None:
        ada = self.ada()
        self.meanwhile("TransactWriteItems", lambda: self.erase(ada))
        self.assertEqual(self.deliver_to_inbox(ticket_solved(ada, time_entry())), [])
        self.work()
        self.assertEqual(self.traces(), [])
        self.assertEqual(len(self.events("TimeEntryBilled")), 1)


class AnAccountWithInvoices(Erasing):
    def invoiced(self) -> tuple[str, str]:
        """Ada's account, with an invoice of 2026 that is paid and credited in part, and a draft; and the invoice."""
        ada = self.ada()
        invoice = self.issue(ada, line(description="Geheimnis"))
        self.pay(ada, "10.00", "geheimnis-1", invoice_id=invoice["id"])
        self.credit(invoice["id"], {"line_id": "1", "amount": "20.00"}, reason="Geheimnis")
        self.draft(ada, line(description="Another geheimnis"))
        return ada, invoice["id"]

    def document(self, invoice_id: str) -> Reply:
        return self.call(documents.api, "GET", f"/invoices/{invoice_id}/document", query={"format": "ubl"})

    def test_keeps_issued_documents_as_they_are_and_says_by_which_law_until_when(self) -> None:
        ada, invoice = self.invoiced()
        before = self.get(f"/invoices/{invoice}").body
        document = self.document(invoice)
        self.erase(ada)
        self.work()

        law = {"legal_basis": "§ 147 AO, § 14b UStG", "until": f"{now().year + 8}-12-31", "count": 1}
        kept = [{"what": what, **law} for what in ("credit_notes", "invoices", "payments")]
        self.assertEqual(sorted(self.answer()["kept"], key=lambda one: one["what"]), kept)
        self.assertEqual(self.answer()["erased"], [{"what": "account", "count": 1}, {"what": "drafts", "count": 1}])
        self.assertEqual(self.get(f"/invoices/{invoice}").body, before)
        self.assertEqual(self.document(invoice).body, document.body)
        self.assertEqual(self.traces(), ["ACCOUNT", "CREDIT_NOTE", "INVOICE", "PAYMENT", "PAYMENT_REF"])
        self.assertFalse(tells(json.dumps(self.get(f"/accounts/{ada}").body)))
        self.assertEqual(self.pay(ada, "1.00", "bank-2", invoice_id=invoice).status, 201)

    def test_is_erased_by_the_clock_once_the_law_has_let_go(self) -> None:
        ada, invoice = self.invoiced()
        self.erase(ada)
        self.work()
        last = datetime(now().year + 8, 12, 31, 12, tzinfo=UTC)
        with patch.object(clock, "now", return_value=last):
            clock.end_retentions()
        self.assertEqual(self.events("ForgetAccount"), [])
        with self.at(last + timedelta(days=1)), patch.object(clock, "now", return_value=last + timedelta(days=1)):
            clock.end_retentions()
            self.work()

        self.assertEqual(self.traces(), [])
        self.assertEqual(self.answer()["kept"], [])
        erased = {one["what"]: one["count"] for one in self.answer()["erased"]}
        self.assertEqual(erased, {"account": 1, "drafts": 1, "invoices": 1, "credit_notes": 1, "payments": 1})
        left = self.get(f"/invoices/{invoice}").body
        self.assertEqual(
            (left["number"], left["buyer"]["name"], left["totals"]["tax_inclusive"]), ("INV-000001", None, "119.00")
        )
        self.assertEqual((self.document(invoice).status, self.document(invoice).body["code"]), (410, "document_erased"))
        self.assertTrue(self.get("/series/INV/audit").body["is_complete"])
        with patch.object(clock, "now", return_value=last + timedelta(days=400)):
            clock.end_retentions()
        self.assertEqual(self.events("ForgetAccount"), [])

    def test_goes_year_by_year(self) -> None:
        ada = self.ada()
        for year in (2020, 2022):
            self.put(f"/series/Y{year}", {"prefix": f"Y{year}-"})
            body = {"series": f"Y{year}", "issue_date": f"{year}-03-01"}
            self.post(f"/invoices/{self.draft(ada)['id']}/finalize", body)
        self.erase(ada)
        self.work()
        self.assertEqual([(one["count"], one["until"]) for one in self.answer()["kept"]], [(2, "2030-12-31")])
        with (
            self.at(datetime(2029, 1, 1, tzinfo=UTC)),
            patch.object(clock, "now", return_value=datetime(2029, 1, 1, tzinfo=UTC)),
        ):
            clock.end_retentions()
            self.work()
        self.assertEqual([(one["count"], one["until"]) for one in self.answer()["kept"]], [(1, "2030-12-31")])
        self.assertIn({"what": "invoices", "count": 1}, self.answer()["erased"])

    def test_asks_itself_again_tomorrow_should_the_message_be_lost(self) -> None:
        ada, _ = self.invoiced()
        self.erase(ada)
        self.work()
        day = datetime(now().year + 9, 1, 1, tzinfo=UTC)
        for at, expected in ((day, 1), (day, 0), (day + timedelta(days=1), 1)):
            with patch.object(clock, "now", return_value=at):
                clock.end_retentions()
            lost = self.messages("ForgetAccount")
            self.assertEqual(len(lost), expected)

    def test_forgets_what_was_objected(self) -> None:
        ada, invoice = self.invoiced()
        dispute = self.post(f"/invoices/{invoice}/disputes", {"reason": "Adalberta's geheimnis"}).body
        self.erase(ada)
        self.work()
        self.assertEqual(self.get(f"/disputes/{dispute['id']}").body["reason"], "(erased)")
        self.assertIn({"what": "disputes", "count": 1}, self.answer()["erased"])


class TheCommand(Erasing):
    def test_is_answered_again_when_it_is_repeated(self) -> None:
        ada = self.ada()
        command = self.erase(ada)
        self.deliver_to_inbox(command, command | {"event_id": new_id("evt")})
        self.work()
        first = self.answer()
        self.deliver_to_inbox(command | {"event_id": new_id("evt")})
        answers = self.events("ErasureAnsweredByInvoicing")
        self.assertEqual([answer["data"] for answer in answers], [first] * len(answers))
        self.assertGreaterEqual(len(answers), 2)

    def test_goes_on_where_the_message_that_worked_on_it_was_lost(self) -> None:
        ada = self.ada()
        self.draft(ada)
        command = self.erase(ada)
        self.messages("ForgetAccount")
        self.deliver_to_inbox(command | {"event_id": new_id("evt")})
        self.work()
        self.assertEqual((self.traces(), self.answer()["erased"][1]["count"]), ([], 1))

    def test_is_carried_out_in_small_steps_although_workers_are_killed(self) -> None:
        class Killed(BaseException):
            pass

        ada = self.ada()
        for number in range(5):
            self.draft(ada, line(description=f"Geheimnis {number}"))
        self.erase(ada)
        calls = kills = 0
        while not (erasure := Store().account_erasure(ada)) or not erasure.is_done:
            calls += 1
            left = [calls % 5 + 1]

            def die(left: list[int] = left, **_: Any) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise Killed

            events = self.table.client.meta.events
            events.register("before-call.dynamodb", die)
            try:
                with patch.object(erasing, "_SECONDS", 0):
                    erasing.go_on(Store(), ada, now(), new_id("evt"))
            except Killed:
                kills += 1
            finally:
                events.unregister("before-call.dynamodb", die)
            self.assertLess(calls, 200)
        self.assertGreater(kills, 5)
        self.assertEqual(self.traces(), [])
        self.assertIn({"what": "drafts", "count": 5}, self.answer()["erased"])


class TheLaw(CompanyTest):
    def test_is_that_of_the_sellers_country_and_begins_with_the_end_of_the_year(self) -> None:
        day = datetime(2026, 1, 1, tzinfo=UTC).date()
        self.assertEqual(str(law_of("DE").keeps_until(day)), "2034-12-31")
        self.assertEqual(str(law_of("AT").keeps_until(day)), "2033-12-31")
        self.assertEqual(str(law_of("SE").keeps_until(day)), "2036-12-31")
        self.assertEqual(law_of(None), law_of("XX"))
