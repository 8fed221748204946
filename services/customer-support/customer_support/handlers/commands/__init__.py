"""Writes of the customer support API."""

from customer_support.handlers.commands import conversations, customers, erasures, service_levels, tickets
from customer_support.handlers.commands.routes import api

__all__ = ["api", "conversations", "customers", "erasures", "handler", "service_levels", "tickets"]

handler = api.handler
