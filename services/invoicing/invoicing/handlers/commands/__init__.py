"""Writes of the invoicing API, by what they are about."""

from invoicing.handlers.commands import credit_notes, disputes, invoices, payments, setup
from invoicing.handlers.commands.routes import api

__all__ = ["api", "credit_notes", "disputes", "handler", "invoices", "payments", "setup"]

handler = api.handler
