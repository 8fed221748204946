"""What comes in and goes out of customer support."""

from customer_support.schemas.customers import Customer, CustomerChanges, CustomerFilter, NewCustomer
from customer_support.schemas.erasures import Erasure, ErasureFilter, erasure_at
from customer_support.schemas.events import (
    DisputeSettled,
    DunningStepReached,
    ErasureAnswer,
    ForgetCustomer,
    InvoiceDisputed,
    InvoiceEnded,
    NothingToErase,
    OpenDisputeTicket,
    TimeEntryBilled,
    TimeEntryBilledV1,
)
from customer_support.schemas.exports import CustomerExport, ExportPosition
from customer_support.schemas.mails import MailFilter, ReceivedMail
from customer_support.schemas.parts import SLUG, HistoryEntry
from customer_support.schemas.service_levels import Calendar, Policy, ServiceLevel
from customer_support.schemas.tickets import (
    Assignment,
    Hold,
    Merger,
    Message,
    NewMessage,
    NewTicket,
    NewTimeEntry,
    Rating,
    Solution,
    Ticket,
    TicketChanges,
    TicketFilter,
    TimeEntry,
)

__all__ = [
    "SLUG",
    "Assignment",
    "Calendar",
    "Customer",
    "CustomerChanges",
    "CustomerExport",
    "CustomerFilter",
    "Erasure",
    "ErasureAnswer",
    "ErasureFilter",
    "DisputeSettled",
    "DunningStepReached",
    "ExportPosition",
    "ForgetCustomer",
    "HistoryEntry",
    "Hold",
    "InvoiceDisputed",
    "InvoiceEnded",
    "MailFilter",
    "Merger",
    "Message",
    "NewCustomer",
    "NewMessage",
    "NewTicket",
    "NewTimeEntry",
    "NothingToErase",
    "OpenDisputeTicket",
    "Policy",
    "Rating",
    "ReceivedMail",
    "ServiceLevel",
    "Solution",
    "Ticket",
    "TicketChanges",
    "TicketFilter",
    "TimeEntry",
    "TimeEntryBilled",
    "TimeEntryBilledV1",
    "erasure_at",
]
