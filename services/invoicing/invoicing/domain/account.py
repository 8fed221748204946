"""Whom we invoice: a customer of customer support, with what only invoicing needs to know."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from backoffice.domain import Aggregate, FieldError, RuleBroken
from invoicing.domain.electronic_address import ElectronicAddress
from invoicing.domain.terms import Terms

DEFAULT_DUNNING_POLICY = "default"


@dataclass(frozen=True)
class Address:
    """A postal address; ``country`` is ISO 3166-1 alpha-2. Not every country has postal codes."""

    street: str
    city: str
    country: str
    postal_code: str | None = None


@dataclass(frozen=True)
class Customer:
    """What customer support knows of a customer, as of one version of it."""

    version: int
    name: str
    email: str
    company: str | None
    locale: str
    time_zone: str


@dataclass(frozen=True)
class Buyer:
    """The account as an invoice names it, and the version of the account that says so.

    Of one that is ``erased`` only the id is left.
    """

    account_id: str
    account_version: int
    name: str | None
    company: str | None
    email: str | None
    address: Address | None
    vat_id: str | None
    terms: Terms
    dunning_policy: str = DEFAULT_DUNNING_POLICY
    electronic_address: ElectronicAddress | None = None
    erased: bool = False

    def forgotten(self) -> "Buyer":
        """The same without anything that tells who it was."""
        return replace(
            self, name=None, company=None, email=None, address=None, vat_id=None, electronic_address=None, erased=True
        )

    def must_not_be_erased(self) -> None:
        """Raise RuleBroken ``account_erased`` for one who was erased and buys nothing any more."""
        if self.erased:
            raise RuleBroken("account_erased", "The customer was erased: nothing is invoiced to them any more.")

    def missing(self, *, vat_id_needed: bool) -> list[FieldError]:
        """Name what the law wants on an invoice and this buyer lacks (directive 2006/112/EC, article 226)."""
        wanted = {"name": self.company or self.name, "address": self.address}
        if vat_id_needed:
            wanted["vat_id"] = self.vat_id
        return [FieldError(f"buyer.{name}", _HOW_TO_COMPLETE[name]) for name, value in wanted.items() if not value]


_HOW_TO_COMPLETE = {
    "name": "Missing: the customer has not been heard of from customer support yet.",
    "address": "Missing: complete the account with PATCH /accounts/{account_id}.",
    "vat_id": "Missing: a reverse charge or a supply within the EU names the buyer's VAT id; "
    "complete the account with PATCH /accounts/{account_id}.",
}


@dataclass(kw_only=True)
class Account(Aggregate):
    """The replica of a customer, under the customer's own id.

    Name, email and the like come from customer support, whose events may be late or out of order:
    ``customer_version`` says how much of them is known (0: nothing yet, the account is a placeholder).
    Address, VAT id, terms and the like are invoicing's own. After ``erased_at`` nobody learns anything of it any more.
    """

    customer_version: int = 0
    name: str | None = None
    email: str | None = None
    company: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    address: Address | None = None
    vat_id: str | None = None
    terms: Terms = Terms()
    dunning_policy: str = DEFAULT_DUNNING_POLICY
    electronic_address: ElectronicAddress | None = None
    billing_currency: str | None = None
    erased_at: datetime | None = None

    def learn(self, customer: Customer) -> bool:
        """Take over what customer support says, unless something newer is known already.

        Returns whether it was news; of an erased one there is none, so that late events bring nobody back.
        """
        if self.erased_at or customer.version <= self.customer_version:
            return False
        self.customer_version = customer.version
        self.name, self.email, self.company = customer.name, customer.email, customer.company
        self.locale, self.time_zone = customer.locale, customer.time_zone
        return True

    def change(self, details: dict[str, Any]) -> None:
        """Take over the details that were sent (address, vat_id, terms, ...); the others stay.

        Raises RuleBroken ``account_erased``.
        """
        self.as_buyer().must_not_be_erased()
        for name, value in details.items():
            setattr(self, name, value)

    def erase(self, at: datetime) -> None:
        """Forget who it was. The account stays, as what invoices and payments belong to."""
        self.erased_at = self.erased_at or at
        self.name = self.email = self.company = self.locale = self.time_zone = None
        self.address = self.vat_id = self.electronic_address = None

    def is_billed_in(self, currency: str) -> bool:
        """Whether its time may be charged in this currency; the first one that is asked for is the one."""
        self.billing_currency = self.billing_currency or currency
        return self.billing_currency == currency

    def as_buyer(self) -> Buyer:
        """The account as an invoice of today names it."""
        names = ("name", "company", "email", "address", "vat_id", "terms", "dunning_policy", "electronic_address")
        known = {name: getattr(self, name) for name in names}
        return Buyer(account_id=self.id, account_version=self.version, erased=self.erased_at is not None, **known)
