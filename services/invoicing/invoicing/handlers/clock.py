"""What time itself causes: events that the stream has missed are published."""

from backoffice.messages.relay import sweep as handler

__all__ = ["handler"]
