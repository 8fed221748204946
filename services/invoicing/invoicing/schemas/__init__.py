"""What comes in and goes out over HTTP. Nested parts are loaded as values of the domain; answers are dumped from it."""

from invoicing.schemas.accounts import Account, AccountBalance, AccountChange, Statement, StatementFilter
from invoicing.schemas.credit_notes import CreditNote, CreditNoteFilter, NewCreditNote
from invoicing.schemas.documents import DocumentChoice, Format
from invoicing.schemas.invoices import (
    Dispute,
    DisputeFilter,
    Draft,
    Finalization,
    Invoice,
    InvoiceChange,
    InvoiceFilter,
    NewDispute,
    NewInvoice,
    Preview,
    Settlement,
    content_of,
)
from invoicing.schemas.parts import POLICY_ID, RATE_CODE, SERIES_ID, Seller
from invoicing.schemas.payments import NewAllocation, NewPayment, NewRefund, Payment, PaymentFilter, Reversal
from invoicing.schemas.setup import DunningPolicy, Rate, Series, SeriesAudit

__all__ = [
    "POLICY_ID",
    "RATE_CODE",
    "SERIES_ID",
    "Account",
    "AccountBalance",
    "AccountChange",
    "CreditNote",
    "CreditNoteFilter",
    "Dispute",
    "DisputeFilter",
    "DocumentChoice",
    "Draft",
    "DunningPolicy",
    "Finalization",
    "Format",
    "Invoice",
    "InvoiceChange",
    "InvoiceFilter",
    "NewAllocation",
    "NewCreditNote",
    "NewDispute",
    "NewInvoice",
    "NewPayment",
    "NewRefund",
    "Payment",
    "PaymentFilter",
    "Preview",
    "Rate",
    "Reversal",
    "Seller",
    "Series",
    "SeriesAudit",
    "Settlement",
    "Statement",
    "StatementFilter",
    "content_of",
]
