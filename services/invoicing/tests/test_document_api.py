"""Documents through the API: who gets which file, when none, and that none ever changes."""

import io
from typing import Any
from xml.etree import ElementTree

from backoffice_testing import Reply
from pypdf import PdfReader

from backoffice.ids import new_id
from invoicing.handlers import documents
from tests.company import ADDRESS, SELLER, CompanyTest, line


class DocumentTest(CompanyTest):
    def setUp(self) -> None:
        super().setUp()
        self.put("/seller", SELLER)
        self.account_id = self.register()

    def document(self, of: str, format: str | None = None, **call: Any) -> Reply:
        """The document of what an id names."""
        path = f"/{'invoices' if of.startswith('inv') else 'credit-notes'}/{of}/document"
        return self.call(documents.api, "GET", path, query={"format": format} if format else None, **call)

    def credit(self, invoice_id: str) -> str:
        reply = self.post("/credit-notes", {"invoice_id": invoice_id, "reason": "Sent back"})
        self.assertEqual(reply.status, 201, reply)
        return str(reply.body["id"])


class Files(DocumentTest):
    def test_of_an_invoice_are_pdf_and_ubl(self) -> None:
        invoice = self.issue(self.account_id)
        pdf, ubl = self.document(invoice["id"], "pdf"), self.document(invoice["id"], "ubl")
        self.assertEqual((pdf.status, pdf.headers["Content-Type"]), (200, "application/pdf"))
        self.assertIn("EUR 119.00", PdfReader(io.BytesIO(pdf.body)).pages[0].extract_text())
        self.assertEqual((ubl.status, ubl.headers["Content-Type"]), (200, "application/xml"))
        self.assertTrue(ElementTree.fromstring(ubl.body).tag.endswith("Invoice"))

    def test_of_a_credit_note_are_pdf_and_ubl(self) -> None:
        note = self.credit(self.issue(self.account_id)["id"])
        pdf, ubl = self.document(note, "pdf"), self.document(note, "ubl")
        self.assertIn("Credit note", PdfReader(io.BytesIO(pdf.body)).pages[0].extract_text())
        self.assertTrue(ElementTree.fromstring(ubl.body).tag.endswith("CreditNote"))

    def test_bear_the_number_as_their_name(self) -> None:
        invoice = self.issue(self.account_id)
        names = [self.document(invoice["id"], kind).headers["Content-Disposition"] for kind in ("pdf", "ubl")]
        self.assertEqual(names, [f'attachment; filename="INV-000001.{kind}"' for kind in ("pdf", "xml")])

    def test_have_a_name_that_every_disk_takes_whatever_the_series_writes(self) -> None:
        self.put("/series/ODD", {"prefix": 'Ä/"2026" '})
        draft = self.draft(self.account_id)
        self.post(f"/invoices/{draft['id']}/finalize", {"series": "ODD"})
        name = self.document(draft["id"]).headers["Content-Disposition"]
        self.assertEqual(name, 'attachment; filename="---2026-000001.pdf"')

    def test_are_pdf_unless_said_otherwise(self) -> None:
        self.assertEqual(self.document(self.issue(self.account_id)["id"]).headers["Content-Type"], "application/pdf")

    def test_are_for_accountants_and_operators(self) -> None:
        invoice_id = self.issue(self.account_id)["id"]
        self.assertEqual(self.document(invoice_id, groups="operators").status, 200)
        self.assertEqual(self.document(invoice_id, groups="agents").status, 403)

    def test_take_one_read(self) -> None:
        invoice_id = self.issue(self.account_id)["id"]
        self.calls.clear()
        self.document(invoice_id)
        self.assertEqual(self.calls, ["GetItem"])


class ADocument(DocumentTest):
    def test_stays_as_it_was_issued_whatever_happens(self) -> None:
        invoice = self.issue(self.account_id)
        before = [self.document(invoice["id"], kind).body for kind in ("pdf", "ubl")]
        self.put("/seller", SELLER | {"name": "Neu GmbH"})
        self.patch(f"/accounts/{self.account_id}", {"address": ADDRESS | {"city": "Bonn"}}, version=2)
        self.pay(self.account_id, "20.00", "a", invoice_id=invoice["id"])
        self.credit(invoice["id"])
        self.assertEqual([self.document(invoice["id"], kind).body for kind in ("pdf", "ubl")], before)

    def test_is_not_sent_again_to_who_has_it(self) -> None:
        invoice_id = self.issue(self.account_id)["id"]
        tag = self.document(invoice_id).headers["ETag"]
        again = self.document(invoice_id, headers={"If-None-Match": f'"other", {tag}'})
        self.assertEqual((again.status, again.body, again.headers["ETag"]), (304, None, tag))
        self.assertEqual(self.document(invoice_id, headers={"If-None-Match": '"other"'}).status, 200)

    def test_names_where_peppol_finds_the_parties_and_whom_to_ask(self) -> None:
        contact = {"name": "Erika Muster", "phone": "+49 221 1234567", "email": "billing@example.com"}
        gln = {"scheme": "0088", "id": "4006381333931"}
        self.put("/seller", SELLER | {"contact": contact, "electronic_address": gln})
        change = {"electronic_address": gln | {"id": "4000001000005"}}
        self.assertEqual(self.patch(f"/accounts/{self.account_id}", change, version=2).status, 200)
        issued = self.issue(self.account_id)
        self.assertEqual(issued["buyer"]["electronic_address"], change["electronic_address"])
        ubl = self.document(issued["id"], "ubl").body
        for part in ("4006381333931", "4000001000005", "Erika Muster", "billing@example.com"):
            self.assertIn(part, ubl)


class NoDocument(DocumentTest):
    def test_of_a_draft(self) -> None:
        refused = self.document(self.draft(self.account_id)["id"])
        self.assertEqual((refused.status, refused.body["code"]), (409, "not_issued"))

    def test_in_a_format_that_nobody_knows(self) -> None:
        refused = self.document(self.issue(self.account_id)["id"], "docx")
        self.assertEqual((refused.status, refused.body["errors"][0]["field"]), (422, "format"))

    def test_of_what_is_not_there(self) -> None:
        for of in (new_id("inv"), new_id("crn"), "inv_1"):
            self.assertEqual(self.document(of).status, 404)

    def test_that_the_standard_cannot_hold(self) -> None:
        invoice_id = self.issue(self.account_id, line(unit_price="100.000"), currency="KWD")["id"]
        refused = self.document(invoice_id, "ubl")
        self.assertEqual((refused.status, refused.body["errors"][0]["field"]), (422, "currency"))
        self.assertIn("EN 16931", refused.body["errors"][0]["message"])
        self.assertEqual(self.document(invoice_id, "pdf").status, 200)

    def test_with_letters_that_no_page_can_show(self) -> None:
        invoice_id = self.issue(self.account_id, line(description="שלום"))["id"]
        refused = self.document(invoice_id, "pdf")
        self.assertEqual((refused.status, refused.body["errors"][0]["field"]), (422, "lines.0.description"))
        self.assertEqual(self.document(invoice_id, "ubl").status, 200)


class Addresses(DocumentTest):
    def test_of_a_scheme_that_nobody_knows_are_refused(self) -> None:
        unknown = {"electronic_address": {"scheme": "0000", "id": "1"}}
        refused = self.patch(f"/accounts/{self.account_id}", unknown, version=2)
        self.assertEqual((refused.status, refused.body["errors"][0]["field"]), (422, "electronic_address.scheme"))
        self.assertEqual(self.put("/seller", SELLER | unknown).status, 422)
