"""What comes in and goes out of customer support."""

from customer_support.schemas.customers import Customer, CustomerChanges, CustomerFilter, NewCustomer
from customer_support.schemas.erasures import Erasure, ErasureFilter, erasure_at
from customer_support.schemas.events import ErasureAnswer, ForgetCustomer, TimeEntryBilled
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
    "ExportPosition",
    "ForgetCustomer",
    "HistoryEntry",
    "Hold",
    "MailFilter",
    "Merger",
    "Message",
    "NewCustomer",
    "NewMessage",
    "NewTicket",
    "NewTimeEntry",
    "Policy",
    "Rating",
    "ReceivedMail",
    "ServiceLevel",
    "Ticket",
    "TicketChanges",
    "TicketFilter",
    "TimeEntry",
    "TimeEntryBilled",
    "erasure_at",
]
