"""Reads of the invoicing API."""

import re

from backoffice.http import Answer, Api, NotFound, Request, ok
from backoffice.http.served import openapi_document
from invoicing import schemas
from invoicing.domain.account import Account
from invoicing.domain.invoice import Invoice, Origin
from invoicing.domain.statement import Period
from invoicing.store import Store

ACCOUNTANTS = "accountants"
ACCOUNT = {"account_id": "cus"}
INVOICE = {"invoice_id": "inv"}
PAYMENT = {"payment_id": "pay"}
CREDIT_NOTE = {"credit_note_id": "crn"}
DISPUTE = {"dispute_id": "dsp"}

api = Api()
handler = api.handler
api.get("/openapi.json", group=None)(openapi_document)


@api.get("/seller", group=ACCOUNTANTS, answer=schemas.Seller)
def get_seller(request: Request) -> Answer:
    """Who issues the invoices."""
    seller = Store().seller()
    if seller is None:
        raise NotFound("seller", "yet")
    return ok(seller.details, version=seller.version)


@api.get("/rates/{rate_code}", group=ACCOUNTANTS, answer=schemas.Rate)
def get_rate(request: Request) -> Answer:
    """What an hour of billable time costs under a rate code."""
    rate_code = request.path["rate_code"]
    rate = Store().rate(rate_code) if re.fullmatch(schemas.RATE_CODE, rate_code) else None
    if rate is None:
        raise NotFound("rate", rate_code)
    return ok(rate, version=rate.version)


@api.get("/series/{series_id}", group=ACCOUNTANTS, answer=schemas.Series)
def get_series(request: Request) -> Answer:
    """A run of invoice numbers, and which one comes next."""
    return ok(Store().series(_series_id(request)))


@api.get("/series/{series_id}/audit", group=ACCOUNTANTS, answer=schemas.SeriesAudit)
def audit_series(request: Request) -> Answer:
    """Proof that a series has no gap and no twin: every number is read."""
    return ok(Store().audit(_series_id(request)))


@api.get("/dunning-policies/{policy_id}", group=ACCOUNTANTS, answer=schemas.DunningPolicy)
def get_dunning_policy(request: Request) -> Answer:
    """When to remind of an overdue invoice."""
    policy_id = request.path["policy_id"]
    policy = Store().dunning_policy(policy_id) if re.fullmatch(schemas.POLICY_ID, policy_id) else None
    if policy is None:
        raise NotFound("dunning_policy", policy_id)
    return ok(policy, version=policy.version)


@api.get("/accounts", group=ACCOUNTANTS, answer=schemas.Account, many=True)
def list_accounts(request: Request) -> Answer:
    """All accounts, newest first."""
    return request.listing(*Store().accounts(request.page))


@api.get("/accounts/{account_id}", group=ACCOUNTANTS, answer=schemas.Account, ids=ACCOUNT)
def get_account(request: Request) -> Answer:
    """One account: a customer, with what invoicing adds."""
    account = Store().account(request.path["account_id"])
    return ok(account, version=account.version)


@api.get("/accounts/{account_id}/balance", group=ACCOUNTANTS, answer=schemas.AccountBalance, ids=ACCOUNT)
def get_balance(request: Request) -> Answer:
    """What an account owes, by currency, and how old its debts are."""
    return ok(Store().balance(request.path["account_id"]))


@api.get(
    "/accounts/{account_id}/statement",
    group=ACCOUNTANTS,
    query=schemas.StatementFilter,
    answer=schemas.Statement,
    ids=ACCOUNT,
)
def get_statement(request: Request) -> Answer:
    """What happened on an account in a period, in one currency, with the balance after each change."""
    asked = request.query
    period = Period(asked["from_"], asked["to"])
    return ok(Store().statement(request.path["account_id"], asked["currency"], period))


@api.get("/accounts/{account_id}/rates/{rate_code}", group=ACCOUNTANTS, answer=schemas.Rate, ids=ACCOUNT)
def get_account_rate(request: Request) -> Answer:
    """What an hour of billable time costs an account, if it has a rate of its own under that code."""
    rate_code = request.path["rate_code"]
    rate = Store().own_rate(request.path["account_id"], rate_code)
    if rate is None:
        raise NotFound("rate", rate_code)
    return ok(rate, version=rate.version)


@api.get("/invoices", group=ACCOUNTANTS, query=schemas.InvoiceFilter, answer=schemas.Invoice, many=True)
def list_invoices(request: Request) -> Answer:
    """Invoices of an account, a state, both or all: open ones of all accounts by due date, all others newest first."""
    return request.listing(*Store().invoices(**request.query, page=request.page))


@api.get("/invoices/{invoice_id}", group=ACCOUNTANTS, answer=schemas.Invoice, ids=INVOICE)
def get_invoice(request: Request) -> Answer:
    """One invoice."""
    invoice = Store().invoice(request.path["invoice_id"])
    return ok(invoice, version=invoice.version)


@api.post("/invoices/preview", group=ACCOUNTANTS, body=schemas.Draft, answer=schemas.Preview, read_only=True)
def preview_invoice(request: Request) -> Answer:
    """What an invoice would sum up to; nothing is written."""
    body = request.body
    account = Store().account(body["account_id"]) if body["account_id"] else Account(id="nobody")
    preview = Invoice.draft("preview", account.as_buyer(), body["currency"], Origin.MANUAL, request.at)
    preview.revise(schemas.content_of(body), body["terms"])
    return ok(preview)


@api.get("/payments", group=ACCOUNTANTS, query=schemas.PaymentFilter, answer=schemas.Payment, many=True)
def list_payments(request: Request) -> Answer:
    """Payments of one account or all, newest first."""
    return request.listing(*Store().payments(**request.query, page=request.page))


@api.get("/payments/{payment_id}", group=ACCOUNTANTS, answer=schemas.Payment, ids=PAYMENT)
def get_payment(request: Request) -> Answer:
    """One payment, and what it pays."""
    payment = Store().payment(request.path["payment_id"])
    return ok(payment, version=payment.version)


@api.get("/credit-notes", group=ACCOUNTANTS, query=schemas.CreditNoteFilter, answer=schemas.CreditNote, many=True)
def list_credit_notes(request: Request) -> Answer:
    """Credit notes of an account, of an invoice or all, newest first."""
    return request.listing(*Store().credit_notes(**request.query, page=request.page))


@api.get("/credit-notes/{credit_note_id}", group=ACCOUNTANTS, answer=schemas.CreditNote, ids=CREDIT_NOTE)
def get_credit_note(request: Request) -> Answer:
    """One credit note."""
    note = Store().credit_note(request.path["credit_note_id"])
    return ok(note, version=note.version)


@api.get("/disputes", group=ACCOUNTANTS, query=schemas.DisputeFilter, answer=schemas.Dispute, many=True)
def list_disputes(request: Request) -> Answer:
    """Disputes of a state or all, newest first: those that are ``escalated`` wait for an accountant."""
    return request.listing(*Store().disputes(request.query["state"], request.page))


@api.get("/disputes/{dispute_id}", group=ACCOUNTANTS, answer=schemas.Dispute, ids=DISPUTE)
def get_dispute(request: Request) -> Answer:
    """One dispute, and how it ended."""
    dispute = Store().dispute(request.path["dispute_id"])
    return ok(dispute, version=dispute.version)


def _series_id(request: Request) -> str:
    series_id = request.path["series_id"]
    if not re.fullmatch(schemas.SERIES_ID, series_id):
        raise NotFound("series", series_id)
    return series_id
