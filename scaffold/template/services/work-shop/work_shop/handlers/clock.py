"""What time itself causes: so far, events are published that the stream has missed."""

from backoffice.messages.relay import sweep as handler

__all__ = ["handler"]
