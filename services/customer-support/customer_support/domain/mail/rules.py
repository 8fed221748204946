"""Which mails belong to which ticket, and which were written by no human."""

import re
from collections.abc import Iterable, Iterator
from email.message import EmailMessage

# What a function of 512 MB can hold a few times over; SES takes 40 MB.
LARGEST_MAIL = 25 * 1024 * 1024

_TICKET = re.compile(r"tkt_[0-7][0-9A-HJKMNP-TV-Z]{25}", re.IGNORECASE)
_BULK = {"auto_reply", "bulk", "junk", "list"}
_MACHINES = re.compile(r"^(mailer-daemon|postmaster)(\+[^@]*)?@", re.IGNORECASE)


def ticket_ids_in(*texts: str) -> Iterator[str]:
    """The ticket ids in reply addresses (``support+tkt_..@``), subjects (``[tkt_..]``) and references.

    Mail programs change capitals in addresses.
    """
    for text in texts:
        for found in _TICKET.findall(text):
            yield "tkt_" + found[4:].upper()


def plain_address(address: str) -> str:
    """An address without what is after its plus sign, in small letters."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def why_automatic(message: EmailMessage, sender: str | None, own_addresses: Iterable[str]) -> str | None:
    """By which sign a mail was written by a machine; None for one that a human wrote.

    Source: https://www.rfc-editor.org/rfc/rfc3834 (section 2 and 5), and what mail programs sent before it.
    """

    def said(name: str) -> str:
        return str(message.get(name, "")).strip().lower()

    if sender and plain_address(sender) in {plain_address(own) for own in own_addresses}:
        return "own_address"
    if said("X-Loop"):
        return "x_loop"
    if said("Auto-Submitted") not in ("", "no"):
        return "auto_submitted"
    if said("Precedence") in _BULK:
        return "precedence"
    if said("Return-Path") == "<>":
        return "null_return_path"
    if said("List-Id") or said("X-Autoreply") or said("X-Autorespond"):
        return "list_or_autoreply"
    if message.get_content_type() == "multipart/report" or (sender and _MACHINES.match(sender)):
        return "delivery_report"
    return None
