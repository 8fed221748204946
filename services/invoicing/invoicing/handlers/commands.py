"""Writes of the invoicing API."""

import re
from dataclasses import replace

from backoffice.domain import Invalid
from backoffice.http import Answer, Api, Request, created, nothing, ok
from backoffice.ids import new_id
from invoicing import schemas
from invoicing.contention import LookAgain, until_won
from invoicing.domain.invoice import Invoice, Origin
from invoicing.domain.lines import Content
from invoicing.domain.numbering import Series
from invoicing.domain.payments import Payment
from invoicing.domain.rates import Rate
from invoicing.domain.seller import SELLER_ID, Seller, SellerDetails
from invoicing.store import Store

ACCOUNTANTS = "accountants"
ACCOUNT = {"account_id": "cus"}
INVOICE = {"invoice_id": "inv"}

api = Api()
handler = api.handler


@api.put("/seller", group=ACCOUNTANTS, body=schemas.Seller, answer=schemas.Seller)
def put_seller(request: Request) -> Answer:
    """Say who issues the invoices; those that are finalized keep the seller they had."""
    store = Store()
    version = _version_of(store.seller(), request)
    seller = Seller(id=SELLER_ID, version=version, details=SellerDetails(**request.body))
    store.save_seller(seller)
    return ok(seller.details, version=seller.next_version)


@api.put("/rates/{rate_code}", group=ACCOUNTANTS, body=schemas.Rate, answer=schemas.Rate)
def put_rate(request: Request) -> Answer:
    """Price an hour of billable time; lines that were priced before stay as they are."""
    rate_code = _named(request.path["rate_code"], "rate_code", schemas.RATE_CODE)
    store = Store()
    rate = Rate(id=rate_code, version=_version_of(store.rate(rate_code), request), **request.body)
    rate.check()
    store.save_rate(rate)
    return ok(rate, version=rate.next_version)


@api.put("/series/{series_id}", group=ACCOUNTANTS, body=schemas.Series, answer=schemas.Series)
def put_series(request: Request) -> Answer:
    """Set up a run of invoice numbers, once and for all."""
    series = Series(id=_named(request.path["series_id"], "series_id", schemas.SERIES_ID), **request.body)
    series.check()
    standing = Store().add_series(series)
    standing.must_equal(series)
    return ok(standing)


@api.patch("/accounts/{account_id}", group=ACCOUNTANTS, body=schemas.AccountChange, answer=schemas.Account, ids=ACCOUNT)
def change_account(request: Request) -> Answer:
    """Complete an account: address, VAT id, payment terms."""
    store = Store()
    account = store.account(request.path["account_id"])
    request.require_version(account.version)
    account.change(request.body)
    store.save_account(account)
    return ok(account, version=account.next_version)


@api.post("/invoices", group=ACCOUNTANTS, body=schemas.NewInvoice, answer=schemas.Invoice, status=201, idempotent=True)
def draft_invoice(request: Request) -> Answer:
    """Draft an invoice by hand."""
    body, store = request.body, Store()
    buyer = store.account(body["account_id"]).as_buyer()
    invoice = Invoice.draft(new_id("inv"), buyer, body["currency"], Origin.MANUAL, request.at)
    invoice.revise(Content(tuple(body["lines"]), tuple(body["document_allowances"])), body["terms"])
    answer = created(invoice, f"/invoices/{invoice.id}", version=invoice.next_version)
    store.add_draft(invoice, request.receipt(answer))
    return answer


@api.patch("/invoices/{invoice_id}", group=ACCOUNTANTS, body=schemas.InvoiceChange, answer=schemas.Invoice, ids=INVOICE)
def change_invoice(request: Request) -> Answer:
    """Change a draft's lines, allowances or terms."""
    store = Store()
    invoice = store.invoice(request.path["invoice_id"])
    request.require_version(invoice.version)
    parts = {name: tuple(part) for name, part in request.body.items() if name != "terms"}
    invoice.revise(replace(invoice.content, **parts), request.body.get("terms", invoice.terms))
    store.save_draft(invoice)
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

    return until_won(attempt, "stale", "counter", "buyer")


@api.post("/payments", group=ACCOUNTANTS, body=schemas.NewPayment, answer=schemas.Payment, status=201, idempotent=True)
def record_payment(request: Request) -> Answer:
    """Record money that came in; it pays the invoice that it names, and stays on the account beyond that."""
    details = request.body | request.body["amount"]
    store = Store()

    def attempt() -> Answer:
        met = store.payable(details["external_ref"], details["account_id"], details["invoice_id"])
        if met.earlier:
            met.earlier.must_repeat(details)
            return _recorded(met.earlier, met.earlier.version)
        payment = Payment.received(new_id("pay"), details, request.at)
        if met.invoice:
            payment.pay(met.invoice)
        payment.tell()
        answer = _recorded(payment, payment.next_version)
        store.add_payment(payment, met.invoice, request.receipt(answer))
        return answer

    return until_won(attempt, "stale", "external_ref")


def _recorded(payment: Payment, version: int) -> Answer:
    return created(payment, f"/payments/{payment.id}", version=version)


def _version_of(standing: Seller | Rate | None, request: Request) -> int:
    version = standing.version if standing else 0
    request.require_version(version)
    return version


def _named(name: str, field: str, pattern: str) -> str:
    if not re.fullmatch(pattern, name):
        raise Invalid.one(field, f"Must match {pattern}.")
    return name
