"""Writes of the analytics API."""

from analytics.handlers.commands import drop_sources, rebuilds, web_events
from analytics.handlers.commands.routes import api

__all__ = ["api", "drop_sources", "handler", "rebuilds", "web_events"]

handler = api.handler
