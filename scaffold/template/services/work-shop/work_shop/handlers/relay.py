"""Carries the events of the work shop from the outbox to its topic."""

from backoffice.messages.relay import handler

__all__ = ["handler"]
