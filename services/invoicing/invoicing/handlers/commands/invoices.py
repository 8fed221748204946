"""Invoices from draft to the end of their life."""

from collections.abc import Callable
from datetime import datetime

from backoffice.contention import LookAgain, retry_on_conflict, until_won
from backoffice.domain import Invalid
from backoffice.http import Answer, Request, created, nothing, ok
from backoffice.ids import new_id
from invoicing import schemas
from invoicing.domain.invoice import Invoice, Origin
from invoicing.handlers.commands.routes import ACCOUNTANTS, INVOICE, api
from invoicing.store import Store


@api.post("/invoices", group=ACCOUNTANTS, body=schemas.NewInvoice, answer=schemas.Invoice, status=201, idempotent=True)
def draft_invoice(request: Request) -> Answer:
    """Draft an invoice by hand."""
    body, store = request.body, Store()
    buyer = store.account(body["account_id"]).as_buyer()
    invoice = Invoice.draft(new_id("inv"), buyer, body["currency"], Origin.MANUAL, request.at)
    invoice.revise(schemas.content_of(body), body["terms"])
    answer = created(invoice, f"/invoices/{invoice.id}", version=invoice.next_version)
    store.save_invoice(invoice, request.receipt(answer))
    return answer


@api.patch("/invoices/{invoice_id}", group=ACCOUNTANTS, body=schemas.InvoiceChange, answer=schemas.Invoice, ids=INVOICE)
def change_invoice(request: Request) -> Answer:
    """Change a draft's lines, allowances, references or terms."""
    store = Store()
    invoice = store.invoice(request.path["invoice_id"])
    request.require_version(invoice.version)
    invoice.revise(schemas.content_of(request.body, invoice.content), request.body.get("terms", invoice.terms))
    store.save_invoice(invoice)
    return ok(invoice, version=invoice.next_version)


@api.delete("/invoices/{invoice_id}", group=ACCOUNTANTS, status=204, ids=INVOICE)
def delete_invoice(request: Request) -> Answer:
    """Delete a draft that holds no billable time."""
    store = Store()
    invoice = store.invoice(request.path["invoice_id"])
    request.require_version(invoice.version)
    invoice.must_be_deletable()
    store.delete_draft(invoice)
    return nothing()


@api.post(
    "/invoices/{invoice_id}/finalize",
    group=ACCOUNTANTS,
    body=schemas.Finalization,
    answer=schemas.Invoice,
    idempotent=True,
    ids=INVOICE,
)
def finalize_invoice(request: Request) -> Answer:
    """Issue a draft under the next number of its series; its content stands from then on."""
    invoice_id, series_id, issue_date = request.path["invoice_id"], request.body["series"], request.body["issue_date"]
    store = Store()
    account_id: str | None = None

    def attempt() -> Answer:
        nonlocal account_id
        found = store.finalizable(invoice_id, series_id, account_id)
        invoice, buyer_is_current = found.invoice, account_id is not None
        request.require_version(invoice.version)
        account_id = invoice.account_id
        try:
            invoice.finalize(found.seller, found.series, issue_date, request.at)
        except Invalid:
            if buyer_is_current:
                raise
            # What the draft lacks its account may have got since: look again before refusing.
            raise LookAgain from None
        answer = ok(invoice, version=invoice.next_version)
        store.save_finalized(invoice, found.series, request.receipt(answer))
        return answer

    return until_won(attempt, "counter", "buyer")


@api.post("/invoices/{invoice_id}/void", group=ACCOUNTANTS, answer=schemas.Invoice, idempotent=True, ids=INVOICE)
def void_invoice(request: Request) -> Answer:
    """Make an issued invoice void, of which nothing is paid yet; its number stays used."""
    return _changed(request, Invoice.void)


@api.post(
    "/invoices/{invoice_id}/mark-uncollectible",
    group=ACCOUNTANTS,
    answer=schemas.Invoice,
    idempotent=True,
    ids=INVOICE,
)
def mark_invoice_uncollectible(request: Request) -> Answer:
    """Write off what remains of an open invoice; it may still be paid, or made void."""
    return _changed(request, Invoice.mark_uncollectible)


@retry_on_conflict()
def _changed(request: Request, change: Callable[[Invoice, datetime], None]) -> Answer:
    store = Store()
    invoice = store.invoice(request.path["invoice_id"])
    request.require_version(invoice.version)
    change(invoice, request.at)
    answer = ok(invoice, version=invoice.next_version)
    store.save_invoice(invoice, request.receipt(answer))
    return answer
