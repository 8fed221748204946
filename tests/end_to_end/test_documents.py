"""Documents of what was issued, through the deployed API: bytes that a reader opens, for those who may read them."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from local.client import Client
from local.demo.apis import Apis
from tests.end_to_end.conftest import Played
from tests.end_to_end.problems import assert_problem

UBL = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


@pytest.fixture(scope="module")
def invoice(day: Played) -> dict[str, Any]:
    """An invoice that the day has issued."""
    return dict(day.done.invoices[0])


def test_a_pdf_comes_as_bytes_and_tells_what_is_to_be_paid(services: Apis, invoice: dict[str, Any]) -> None:
    reply = services.invoicing.get(f"/invoices/{invoice['id']}/document", format="pdf")
    assert reply.headers["Content-Type"] == "application/pdf"
    assert reply.headers["Content-Disposition"] == f'attachment; filename="{invoice["number"]}.pdf"'
    text = " ".join(PdfReader(io.BytesIO(reply.body)).pages[-1].extract_text().split())
    assert f"{invoice['currency']} {Decimal(invoice['totals']['payable']):,f}" in text
    assert f"Payment reference {invoice['number']}" in text


def test_a_ubl_document_is_the_invoice_again(services: Apis, invoice: dict[str, Any]) -> None:
    reply = services.invoicing.get(f"/invoices/{invoice['id']}/document", format="ubl")
    assert reply.headers["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(reply.body)
    assert root.tag.endswith("}Invoice")
    assert root.findtext(f"{UBL}ID") == invoice["number"]
    assert [one.text for one in root.iter(f"{UBL}PayableAmount")] == [invoice["totals"]["payable"]]
    assert len([one for one in root if one.tag.endswith("}InvoiceLine")]) == len(invoice["lines"])


def test_a_credit_note_has_documents_too(services: Apis, day: Played) -> None:
    invoice = day.done.invoices[-1]
    note = services.invoicing.post("/credit-notes", {"invoice_id": invoice["id"], "reason": "Paid twice"}).body
    path = f"/credit-notes/{note['id']}/document"
    root = ElementTree.fromstring(services.invoicing.get(path, format="ubl").body)
    assert root.tag.endswith("}CreditNote")
    (page,) = PdfReader(io.BytesIO(services.invoicing.get(path, format="pdf").body)).pages
    assert note["number"] in page.extract_text()


def test_who_has_a_document_is_not_sent_it_again(services: Apis, invoice: dict[str, Any]) -> None:
    path = f"/invoices/{invoice['id']}/document"
    first = services.invoicing.get(path)
    again = services.invoicing.send("GET", path, headers={"If-None-Match": first.etag})
    assert (again.status, again.body, again.etag) == (304, None, first.etag)


def test_browsers_and_programs_get_the_same_bytes(services: Apis, invoice: dict[str, Any]) -> None:
    accepted = ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/pdf", "application/json"]
    path = f"/invoices/{invoice['id']}/document"
    replies = [services.invoicing.send("GET", path, headers={"Accept": accept}) for accept in accepted]
    assert {reply.body[:5] for reply in replies} == {b"%PDF-"}
    assert len({reply.etag for reply in replies}) == 1


def test_operators_read_documents_and_agents_do_not(
    as_user: Callable[[str, str], Client], invoice: dict[str, Any]
) -> None:
    path = f"/invoices/{invoice['id']}/document"
    assert as_user("invoicing", "operator").send("GET", path).status == 200
    assert_problem(as_user("invoicing", "agent").send("GET", path), 403, "forbidden")


def test_a_draft_or_an_unknown_format_is_a_problem(services: Apis, invoice: dict[str, Any]) -> None:
    draft = services.invoicing.post("/invoices", {"account_id": invoice["account_id"], "currency": "EUR"}).body
    refused = services.invoicing.send("GET", f"/invoices/{draft['id']}/document")
    assert_problem(refused, 409, "not_issued")
    unknown = services.invoicing.send("GET", f"/invoices/{invoice['id']}/document", query={"format": "docx"})
    assert_problem(unknown, 422, "validation_failed")
    assert unknown.body["errors"][0]["field"] == "format"
