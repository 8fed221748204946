"""Money that came in, and which invoices it pays."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from backoffice.clock import rfc3339
from backoffice.domain import Aggregate, FieldError, Invalid, RuleBroken
from invoicing.domain.invoice import Invoice
from invoicing.domain.money import ZERO, is_payable, rounded, written


@dataclass(frozen=True)
class Allocation:
    """The share of a payment that pays an invoice."""

    invoice_id: str
    amount: Decimal


@dataclass(kw_only=True)
class Payment(Aggregate):
    """An amount received from an account, known to the outside under ``external_ref``.

    What no invoice takes stays on the payment as ``unapplied``.
    """

    account_id: str
    amount: Decimal
    currency: str
    external_ref: str
    received_on: date
    recorded_at: datetime
    invoice_id: str | None = None
    allocations: tuple[Allocation, ...] = ()

    @classmethod
    def received(cls, id: str, details: dict[str, Any], at: datetime) -> "Payment":
        """A payment that came in, on the day of ``at`` unless ``details`` tell another one.

        ``details``: account_id, amount, currency, external_ref, received_on or None, invoice_id or None.
        Raises Invalid for an amount that nobody can pay, or a day that has not come yet anywhere on earth.
        """
        payment = cls(id=id, **details | {"received_on": details["received_on"] or at.date()}, recorded_at=at)
        payment._check()
        return payment

    @property
    def allocated(self) -> Decimal:
        """The part that pays invoices."""
        return rounded(sum((share.amount for share in self.allocations), ZERO), self.currency)

    @property
    def unapplied(self) -> Decimal:
        """The part that pays no invoice yet; never below zero."""
        return rounded(self.amount - self.allocated, self.currency)

    def pay(self, invoice: Invoice) -> None:
        """Pay as much of the invoice as remains, or as there is.

        Raises Invalid for an invoice of another account or currency, RuleBroken ``not_payable`` for one nobody owes.
        """
        faults = []
        if invoice.account_id != self.account_id:
            faults.append(FieldError("invoice_id", "Is an invoice to another account."))
        if invoice.currency != self.currency:
            faults.append(FieldError("amount.currency", f"The invoice is in {invoice.currency}."))
        if faults:
            raise Invalid(faults)
        share = min(self.unapplied, invoice.remaining)
        invoice.receive(share, self.recorded_at)
        if share:
            self.allocations = (*self.allocations, Allocation(invoice.id, share))

    def tell(self) -> None:
        """Record that the payment has come in and what it pays."""
        data = {
            "payment_id": self.id,
            "account_id": self.account_id,
            "currency": self.currency,
            "amount": written(self.amount, self.currency),
            "received_on": self.received_on.isoformat(),
            "recorded_at": rfc3339(self.recorded_at),
            "external_ref": self.external_ref,
            "allocations": [
                {"invoice_id": share.invoice_id, "amount": written(share.amount, self.currency)}
                for share in self.allocations
            ],
        }
        self.record("PaymentRecorded", data, self.recorded_at)

    def must_repeat(self, details: dict[str, Any]) -> None:
        """Raise RuleBroken ``external_ref_taken`` unless ``details`` (as of ``received``) tell of this same payment."""
        told = {name: value for name, value in details.items() if not (name == "received_on" and value is None)}
        if any(getattr(self, name) != value for name, value in told.items()):
            raise RuleBroken(
                "external_ref_taken",
                f"Another payment was recorded under {self.external_ref!r}.",
                payment_id=self.id,
            )

    def _check(self) -> None:
        faults = []
        if self.amount <= 0 or not is_payable(self.amount, self.currency):
            faults.append(FieldError("amount.amount", f"Must be more than zero and payable in {self.currency}."))
        if self.received_on > self.recorded_at.date() + timedelta(days=1):
            faults.append(FieldError("received_on", "Must not be in the future."))
        if faults:
            raise Invalid(faults)
