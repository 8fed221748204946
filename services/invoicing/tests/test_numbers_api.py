"""Series through the API: of invoices, of credit notes, and the proof that none has a gap."""

from invoicing.domain.auditing import UsedNumber, audit
from tests.company import SELLER, CompanyTest
from tests.test_numbering import MONDAY


class SeriesTest(CompanyTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("/seller", SELLER)
        self.account_id = self.register()


class CreditNotesCountApart(SeriesTest):
    def test_in_a_series_that_is_there_from_the_start(self) -> None:
        invoices = [self.issue(self.account_id) for _ in range(2)]
        numbers = [self.credit(one["id"])["number"] for one in invoices]
        self.assertEqual(numbers, ["CRN-000001", "CRN-000002"])
        self.assertEqual(self.get("/series/CRN").body["documents"], "credit_notes")
        self.assertEqual(self.get("/series/INV").body["next_number"], 3)

    def test_or_in_one_of_their_own(self) -> None:
        self.put("/series/BACK", {"prefix": "BACK-", "documents": "credit_notes", "digits": 3})
        note = self.credit(self.issue(self.account_id)["id"], series="BACK")
        self.assertEqual((note["number"], note["series"]), ("BACK-001", "BACK"))

    def test_never_among_invoices_nor_invoices_among_them(self) -> None:
        draft, issued = self.draft(self.account_id), self.issue(self.account_id)
        mixed = [
            self.post(f"/invoices/{draft['id']}/finalize", {"series": "CRN"}),
            self.post("/credit-notes", {"invoice_id": issued["id"], "reason": "x", "series": "INV"}),
        ]
        for reply in mixed:
            self.assertEqual((reply.status, reply.body["errors"][0]["field"]), (422, "series"))
        for series_id, body in (("CRN", {"prefix": "CRN-"}), ("OTHER", {"prefix": "CRN-"})):
            self.assertEqual(self.put(f"/series/{series_id}", body).status, 422)


class Audits(SeriesTest):
    def test_prove_a_series_by_every_number(self) -> None:
        for _ in range(3):
            self.issue(self.account_id)
        expected = {
            "series_id": "INV",
            "last_number": 3,
            "numbers": 3,
            "is_complete": True,
            "gaps": [],
            "twins": [],
            "misdated": [],
        }
        self.assertEqual(self.get("/series/INV/audit").body, expected)

    def test_of_an_unused_series_is_complete_and_of_an_unknown_one_not_found(self) -> None:
        self.assertEqual(self.get("/series/CRN/audit").body["numbers"], 0)
        self.assertEqual(self.get("/series/NONE/audit").status, 404)
        self.assertEqual(self.get("/series/no*name/audit").status, 404)

    def test_find_a_number_that_was_lost(self) -> None:
        for _ in range(3):
            self.issue(self.account_id)
        self.table.delete_all([("SERIES#INV", "NUMBER#000000000002")])
        found = self.get("/series/INV/audit").body
        self.assertEqual((found["is_complete"], found["gaps"], found["numbers"]), (False, [2], 2))

    def test_find_lost_ends_twins_and_dates_that_go_back(self) -> None:
        later = MONDAY.replace(day=24)
        used = [UsedNumber(1, "inv_a", later), UsedNumber(2, "inv_b", MONDAY), UsedNumber(3, "inv_a", later)]
        found = audit("INV", 5, used)
        self.assertEqual(found.gaps, [4, 5])
        self.assertEqual([(twin.document_id, twin.numbers) for twin in found.twins], [("inv_a", [1, 3])])
        self.assertEqual([(one.number, one.before) for one in found.misdated], [(2, later)])

    def test_a_number_that_is_given_during_the_audit_is_no_fault(self) -> None:
        self.assertTrue(audit("INV", 1, [UsedNumber(1, "a", MONDAY), UsedNumber(2, "b", MONDAY)]).is_complete)
