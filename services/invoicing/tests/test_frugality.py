"""What an API call costs: one read, or at most one read and one transaction."""

from typing import Any

from tests.company import ADDRESS, RATE, SELLER, CompanyTest, line, ticket_solved, time_entry

READS = {"GetItem", "Query", "BatchGetItem"}


class CallsToDynamoDb(CompanyTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("/seller", SELLER)
        self.put("/rates/consulting", RATE)
        self.account_id = self.register()

    def counted(self, action: Any, *arguments: Any, **more: Any) -> tuple[int, int]:
        """How many reads and how many writes it took."""
        self.calls.clear()
        reply = action(*arguments, **more)
        assert reply.status < 300, reply
        reads = [call for call in self.calls if call in READS]
        return len(reads), len(self.calls) - len(reads)

    def test_a_read_is_one_call(self) -> None:
        invoice_id = self.issue(self.account_id)["id"]
        payment_id = self.pay(self.account_id, "1.00", "a").body["id"]
        note_id = self.credit(invoice_id)["id"]
        self.put("/dunning-policies/default", {"step_days": [7]})
        for path in (
            "/seller",
            "/rates/consulting",
            "/series/INV",
            "/accounts",
            f"/accounts/{self.account_id}",
            f"/accounts/{self.account_id}/balance",
            "/invoices",
            f"/invoices/{invoice_id}",
            "/payments",
            f"/payments/{payment_id}",
            "/credit-notes",
            f"/credit-notes/{note_id}",
            "/dunning-policies/default",
        ):
            self.assertEqual(self.counted(self.get, path), (1, 0), path)
        for query in ({"state": "open"}, {"account_id": self.account_id}):
            self.assertEqual(self.counted(self.get, "/invoices", **query), (1, 0), query)

    def test_a_write_is_at_most_one_read_and_one_transaction(self) -> None:
        body = {"account_id": self.account_id, "currency": "EUR", "lines": [line()]}
        self.assertEqual(self.counted(self.put, "/seller", SELLER), (1, 1))
        self.assertEqual(self.counted(self.put, "/rates/consulting", RATE), (1, 1))
        self.assertEqual(self.counted(self.put, "/series/SHOP", {"prefix": "SHOP-"}), (0, 1))
        account = f"/accounts/{self.account_id}"
        self.assertEqual(self.counted(self.patch, account, {"address": ADDRESS}, version=2), (1, 1))
        self.assertEqual(self.counted(self.post, "/invoices", body), (1, 1))
        invoice = f"/invoices/{self.draft(self.account_id)['id']}"
        self.assertEqual(self.counted(self.patch, invoice, {"lines": [line()]}, version=1), (1, 1))
        self.assertEqual(self.counted(self.post, f"{invoice}/finalize"), (1, 1))
        pays = {"invoice_id": invoice.removeprefix("/invoices/")}
        self.assertEqual(self.counted(self.pay, self.account_id, "1.00", "a", **pays), (1, 1))

    def test_what_becomes_of_an_invoice_costs_a_read_and_a_transaction_too(self) -> None:
        void, given_up, credited = (self.issue(self.account_id)["id"] for _ in range(3))
        self.assertEqual(self.counted(self.post, f"/invoices/{void}/void"), (1, 1))
        self.assertEqual(self.counted(self.post, f"/invoices/{given_up}/mark-uncollectible"), (1, 1))
        self.assertEqual(self.counted(self.post, f"/invoices/{credited}/disputes", {"reason": "x"}), (1, 1))
        credit = {"invoice_id": credited, "all": True, "reason": "x"}
        self.assertEqual(self.counted(self.post, "/credit-notes", credit), (1, 1))

    def test_money_that_moves_costs_a_second_read_only_where_other_documents_are_found_by_the_first(self) -> None:
        invoice_id = self.issue(self.account_id)["id"]
        payment = f"/payments/{self.pay(self.account_id, '150.00', 'a').body['id']}"
        some = {"invoice_id": invoice_id, "amount": {"amount": "9.00", "currency": "EUR"}}
        back = {"amount": {"amount": "1.00", "currency": "EUR"}, "external_ref": "back"}
        self.assertEqual(self.counted(self.post, f"{payment}/allocations", some), (1, 1))
        self.assertEqual(self.counted(self.post, f"{payment}/refunds", back), (1, 1))
        credit = {"invoice_id": invoice_id, "all": True, "reason": "x"}
        self.assertEqual(self.counted(self.post, "/credit-notes", credit), (2, 1))
        other = self.issue(self.account_id)["id"]
        bounced = self.pay(self.account_id, "9.00", "b", invoice_id=other).body["id"]
        self.assertEqual(self.counted(self.post, f"/payments/{bounced}/reverse", {}), (2, 1))

    def test_finalizing_takes_a_second_look_only_if_the_account_has_changed_since_the_draft(self) -> None:
        invoice = f"/invoices/{self.draft(self.account_id)['id']}"
        self.patch(f"/accounts/{self.account_id}", {"vat_id": "DE1"}, version=2)
        self.assertEqual(self.counted(self.post, f"{invoice}/finalize"), (2, 2))

    def test_a_solved_ticket_is_two_reads_and_one_transaction(self) -> None:
        ticket = ticket_solved(self.account_id, time_entry(), time_entry())
        self.calls.clear()
        self.deliver_to_inbox(ticket)
        self.assertEqual(self.calls, ["Query", "BatchGetItem", "TransactWriteItems"])
