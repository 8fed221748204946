"""Documents of what was issued. A function of its own: only it carries what makes PDFs."""

import re

from backoffice.http import Answer, Api, File, Request, unchanging_file
from invoicing import schemas
from invoicing.documents import ubl
from invoicing.documents.document import Document, of_credit_note, of_invoice
from invoicing.store import Store

ACCOUNTANTS = "accountants"
INVOICE = {"invoice_id": "inv"}
CREDIT_NOTE = {"credit_note_id": "crn"}
FILES = ("application/pdf", "application/xml")

api = Api()
handler = api.handler


@api.get("/invoices/{invoice_id}/document", group=ACCOUNTANTS, query=schemas.DocumentChoice, files=FILES, ids=INVOICE)
def get_invoice_document(request: Request) -> Answer:
    """An issued invoice as PDF or UBL, as it was when it was issued; a draft is no document yet (409)."""
    return _file(request, of_invoice(Store().invoice(request.path["invoice_id"])))


@api.get(
    "/credit-notes/{credit_note_id}/document",
    group=ACCOUNTANTS,
    query=schemas.DocumentChoice,
    files=FILES,
    ids=CREDIT_NOTE,
)
def get_credit_note_document(request: Request) -> Answer:
    """A credit note as PDF or UBL."""
    return _file(request, of_credit_note(Store().credit_note(request.path["credit_note_id"])))


def _file(request: Request, document: Document) -> Answer:
    name = re.sub(r"[^A-Za-z0-9._-]", "-", document.number)
    if request.query["format"] is schemas.Format.UBL:
        return unchanging_file(File(ubl.render(document).decode(), "application/xml"), f"{name}.xml")
    # What sets pages takes 100 ms to load, and UBL does without.
    from invoicing.documents import pdf

    return unchanging_file(File(pdf.render(document), "application/pdf"), f"{name}.pdf")
