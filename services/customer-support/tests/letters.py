"""Mails for tests."""

from email.message import EmailMessage
from itertools import count
from typing import Any

OWN = ["support@example.com"]
_numbers = count()


def mail(body: str = "It burns.", **headers: Any) -> EmailMessage:
    """A mail of Ann's; a header that is None is left out, ``_`` in a name stands for ``-``."""
    message = EmailMessage()
    usual = {
        "From": "Ann Smith <ann@example.com>",
        "To": "Support <support@example.com>",
        "Subject": "Printer on fire",
        "Message-ID": f"<{next(_numbers)}@example.com>",
        "Date": "Mon, 23 Nov 2026 17:00:00 +0000",
    }
    for name, value in {**usual, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        if value is not None:
            message[name] = value
    message.set_content(body)
    return message
