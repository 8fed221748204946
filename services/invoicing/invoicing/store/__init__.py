"""Invoicing in DynamoDB: transactions and lists. The shape of the table is told in ``keys``."""

from invoicing.store.billing import Billable, BillingStore
from invoicing.store.credit_notes import CreditNoteStore
from invoicing.store.disputes import Credited, DisputeStore, Overdue
from invoicing.store.dunning import DunningStore, Reminder
from invoicing.store.erasures import ErasureStore
from invoicing.store.invoices import Finalizable, InvoiceStore
from invoicing.store.payments import Payable, PaymentStore
from invoicing.store.setup import SetupStore

__all__ = ["Billable", "Credited", "Finalizable", "Overdue", "Payable", "Reminder", "Store"]


class Store(
    SetupStore, InvoiceStore, PaymentStore, CreditNoteStore, DunningStore, DisputeStore, BillingStore, ErasureStore
):
    """What invoicing knows. Reads are one call; a write is one transaction, after one read where that is enough."""
