"""Customers: the people and companies that tickets belong to."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from customer_support.domain.history import Act, Remembering


@dataclass(kw_only=True)
class Customer(Remembering):
    """A customer; ``email`` is kept as it was given and is unique in its normal form.

    Of one who was erased nothing is left but the id, the times and ``erasure_id``.
    """

    name: str
    email: str
    locale: str
    time_zone: str
    created_at: datetime
    company: str | None = None
    erasure_id: str | None = None

    @classmethod
    def register(cls, id: str, details: dict[str, Any], act: Act) -> "Customer":
        """A new customer. ``details``: name, email, company or None, locale, time_zone."""
        customer = cls(id=id, **details, created_at=act.at, updated_at=act.at)
        customer.remember("registered", act)
        customer._tell("CustomerRegistered", act.at)
        return customer

    def change(self, details: dict[str, Any], act: Act) -> None:
        """Take over the details that were sent; the others stay."""
        self.remember("changed", act, **details)
        self._tell("CustomerUpdated", act.at)

    def erase(self, erasure_id: str, act: Act) -> None:
        """Forget who it was; the other contexts are asked to by the erasure."""
        self.remember("erased", act, refers_to=erasure_id)
        self.name = self.email = self.locale = self.time_zone = ""
        self.company, self.erasure_id = None, erasure_id

    def _tell(self, fact: str, at: datetime) -> None:
        # Invoices need the buyer's name and e-mail, so this is the one fact that carries personal data.
        data = {
            "customer_id": self.id,
            "name": self.name,
            "email": self.email,
            "company": self.company,
            "locale": self.locale,
            "time_zone": self.time_zone,
        }
        self.record(fact, data, at)


def normal_email(email: str) -> str:
    """The form under which an address is unique: no mailbox provider in use tells capitals apart.

    Not case folding: it would make one of ``strasse@`` and ``straße@``, which are two mailboxes.
    """
    return email.lower()


def sender_mark(email: str) -> str:
    """By which an address is recognized without being kept."""
    return hashlib.sha256(normal_email(email).encode(errors="replace")).hexdigest()
