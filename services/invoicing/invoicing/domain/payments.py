"""Money that came in, which invoices it pays, and how it goes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from backoffice.clock import rfc3339
from backoffice.domain import FieldError, Invalid, RuleBroken
from invoicing.domain.allocations import Allocation, Intent, Order, Settlement, allocations_told
from invoicing.domain.days import future_faults
from invoicing.domain.invoice import Invoice
from invoicing.domain.ledger import Booked, Entry, Kind
from invoicing.domain.lines import ERASED
from invoicing.domain.money import ZERO, amount_faults, rounded, written
from invoicing.domain.refunds import Refund


class PaymentState(StrEnum):
    """A payment stands until its bank takes it back."""

    RECORDED = "recorded"
    REVERSED = "reversed"


@dataclass(kw_only=True)
class Payment(Booked):
    """An amount received from an account, known to the outside under ``external_ref``.

    What no invoice takes stays on the payment as ``unapplied``. ``invoice_id`` or ``meant_for`` is what it was
    recorded for.
    """

    account_id: str
    amount: Decimal
    currency: str
    external_ref: str
    received_on: date
    recorded_at: datetime
    invoice_id: str | None = None
    meant_for: tuple[Intent, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    refunds: tuple[Refund, ...] = ()
    state: PaymentState = PaymentState.RECORDED
    reversed_at: datetime | None = None
    reversal_reason: str | None = None

    @classmethod
    def received(cls, id: str, details: dict[str, Any], at: datetime) -> "Payment":
        """A payment that came in, on the day of ``at`` unless ``details`` tell another one.

        ``details``: account_id, amount, currency, external_ref, received_on or None, invoice_id or None,
        meant_for.
        Raises Invalid for an amount that nobody can pay, or a day that has not come yet anywhere on earth.
        """
        payment = cls(id=id, **details | {"received_on": details["received_on"] or at.date()}, recorded_at=at)
        faults = amount_faults(payment.amount, payment.currency)
        faults += future_faults("received_on", payment.received_on, at)
        if faults:
            raise Invalid(faults)
        return payment

    @property
    def allocated(self) -> Decimal:
        """The part that pays invoices."""
        return rounded(sum((share.amount for share in self.allocations), ZERO), self.currency)

    @property
    def refunded(self) -> Decimal:
        """The part that was sent back."""
        return rounded(sum((refund.amount for refund in self.refunds), ZERO), self.currency)

    @property
    def unapplied(self) -> Decimal:
        """The part that pays no invoice yet; never below zero."""
        if self.state is PaymentState.REVERSED:
            return rounded(ZERO, self.currency)
        return rounded(self.amount - self.allocated - self.refunded, self.currency)

    def record_receipt(self, orders: Sequence[Order]) -> None:
        """Pay the invoices that it came in for, and tell.

        Raises Invalid for an invoice of another account or currency, RuleBroken ``not_payable`` for one nobody owes.
        """
        settled = [self._apply(invoice, intent, self.recorded_at) for invoice, intent in orders]
        self._book(Kind.PAYMENT, self.recorded_at, outstanding=-self.allocated, unapplied=self.unapplied)
        data = {
            **self._about(),
            "received_on": self.received_on.isoformat(),
            "recorded_at": rfc3339(self.recorded_at),
            "external_ref": self.external_ref,
        }
        self.record("PaymentRecorded", data | allocations_told(settled), self.recorded_at)

    def allocate(self, orders: Sequence[Order], at: datetime) -> None:
        """Let it pay invoices with what is unapplied.

        Raises as ``record_receipt`` does; RuleBroken ``reversed`` or ``nothing_unapplied``, Invalid for more than there
        is.
        """
        self._must_stand()
        if not self.unapplied:
            raise RuleBroken("nothing_unapplied", "Nothing of the payment is unapplied.")
        settled = [self._apply(invoice, intent, at) for invoice, intent in orders]
        share = sum((one.amount for one in settled), ZERO)
        self._book(Kind.ALLOCATION, at, outstanding=-share, unapplied=-share)
        self.record("PaymentAllocated", {**self._about(), "allocated_at": rfc3339(at)} | allocations_told(settled), at)

    def release(self, invoice_id: str, amount: Decimal) -> None:
        """Get back a part of what it has paid of an invoice, since that was credited; newest shares first."""
        kept = list(self.allocations)
        for index in range(len(kept) - 1, -1, -1):
            share = kept[index]
            if share.invoice_id == invoice_id and amount > 0:
                part = min(amount, share.amount)
                amount -= part
                kept[index] = Allocation(invoice_id, rounded(share.amount - part, self.currency))
        self.allocations = tuple(share for share in kept if share.amount)

    def reverse(self, invoices: Sequence[Invoice], reason: str | None, at: datetime) -> None:
        """The bank took it back: what it has paid is owed again.

        ``invoices`` are all those that it pays. Raises RuleBroken ``reversed``, ``refunded``.
        """
        self._must_stand()
        if self.refunds:
            raise RuleBroken("refunded", "Part of the payment was refunded: it cannot be reversed as a whole.")
        self._book(Kind.REVERSAL, at, outstanding=self.allocated, unapplied=-self.unapplied)
        owed_again = [Settlement(invoice, *invoice.give_back(self.id, at)) for invoice in invoices]
        data = {**self._about(), "external_ref": self.external_ref, "reason": reason, "reversed_at": rfc3339(at)}
        self.record("PaymentReversed", data | allocations_told(owed_again), at)
        self.state, self.reversed_at, self.reversal_reason = PaymentState.REVERSED, at, reason
        self.allocations = ()

    def refund(self, refund: Refund) -> None:
        """Send back a part of what is unapplied. Raises RuleBroken ``reversed``, Invalid for more than there is."""
        self._must_stand()
        if faults := refund.faults(self.currency, self.unapplied):
            raise Invalid(faults)
        self.refunds = (*self.refunds, refund)
        self.entries.append(refund.entry())
        self.record("PaymentRefunded", self._about() | refund.told(self.currency), refund.recorded_at)

    def forget(self) -> None:
        """Forget what was written on it by hand, once no law keeps it; amounts and days stay."""
        self.external_ref, self.reversal_reason = ERASED, None
        self.refunds = tuple(refund.forgotten() for refund in self.refunds)

    def must_repeat(self, details: dict[str, Any]) -> None:
        """Raise RuleBroken ``external_ref_taken`` unless ``details`` (as of ``received``) tell of this same payment."""
        told = {name: value for name, value in details.items() if not (name == "received_on" and value is None)}
        if any(getattr(self, name) != value for name, value in told.items()):
            raise RuleBroken(
                "external_ref_taken",
                f"Another payment was recorded under {self.external_ref!r}.",
                payment_id=self.id,
            )

    def must_have_refunded(self, refund: Refund, earlier: tuple[str, Refund]) -> None:
        """Raise RuleBroken ``external_ref_taken`` unless ``earlier`` (a payment's id, its refund) is the same."""
        payment_id, standing = earlier
        if (payment_id, standing.amount) != (self.id, refund.amount):
            raise RuleBroken(
                "external_ref_taken",
                f"Another refund was recorded under {standing.external_ref!r}.",
                payment_id=payment_id,
                refund_id=standing.id,
            )

    def _apply(self, invoice: Invoice, intent: Intent, at: datetime) -> Settlement:
        """Pay an invoice; answers what of it."""
        invoice.must_be_payable()
        if faults := self._faults(invoice, intent):
            raise Invalid(faults)
        share = min(self.unapplied, invoice.remaining) if intent.amount is None else intent.amount
        written_off = invoice.receive(self.id, share, at)
        if share:
            self.allocations = (*self.allocations, Allocation(invoice.id, share))
        return Settlement(invoice, share, written_off)

    def _faults(self, invoice: Invoice, intent: Intent) -> list[FieldError]:
        prefix, amount = f"{intent.field}." if intent.field else "", intent.amount
        faults = []
        if invoice.account_id != self.account_id:
            faults.append(FieldError(f"{prefix}invoice_id", "Is an invoice to another account."))
        if invoice.currency != self.currency:
            faults.append(FieldError(f"{prefix}amount.currency", f"The invoice is in {invoice.currency}."))
        elif intent.currency not in {None, self.currency}:
            faults.append(FieldError(f"{prefix}amount.currency", f"The payment is in {self.currency}."))
        elif amount is not None:
            most = min(self.unapplied, invoice.remaining)
            faults += amount_faults(amount, self.currency, prefix)
            if amount > most:
                faults.append(FieldError(f"{prefix}amount.amount", f"At most {most} {self.currency} can be allocated."))
        return faults

    def _must_stand(self) -> None:
        if self.state is PaymentState.REVERSED:
            raise RuleBroken("reversed", "The payment was reversed.", state=self.state.value)

    def _book(self, kind: Kind, at: datetime, *, outstanding: Decimal = ZERO, unapplied: Decimal = ZERO) -> None:
        entry = Entry(
            kind=kind,
            document_id=self.id,
            reference=self.external_ref,
            at=at,
            outstanding=outstanding,
            unapplied=unapplied,
        )
        self.entries.append(entry)

    def _about(self) -> dict[str, Any]:
        return {
            "payment_id": self.id,
            "account_id": self.account_id,
            "currency": self.currency,
            "amount": written(self.amount, self.currency),
        }
