"""Writes of the customer support API."""

from customer_support.handlers.commands import conversations, customers, service_levels, tickets
from customer_support.handlers.commands.routes import api

__all__ = ["api", "conversations", "customers", "handler", "service_levels", "tickets"]

handler = api.handler
