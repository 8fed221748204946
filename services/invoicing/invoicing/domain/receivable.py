"""What is owed on an invoice: received, given back, credited, written off or void."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from backoffice.clock import rfc3339
from backoffice.domain import RuleBroken
from invoicing.domain.issue import InvoiceIssue
from invoicing.domain.ledger import Booked, Entry, Kind
from invoicing.domain.money import ZERO, rounded, written
from invoicing.domain.totals import Totals

# A credit note or a reversal writes the invoice and each of its payments in one transaction.
MOST_PAYMENTS = 40


class State(StrEnum):
    """Where an invoice stands. ``overdue``, ``disputed`` and ``partially_paid`` are no states: they are derived."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


@dataclass(frozen=True)
class Share:
    """The part of a payment that pays the invoice."""

    payment_id: str
    amount: Decimal


@dataclass(frozen=True)
class Released:
    """What a credit sets free of payments, and which part of it had been ``written_off``."""

    freed: tuple[Share, ...]
    written_off: Decimal


@dataclass(kw_only=True)
class Receivable(Booked):
    """The money side of an invoice: ``paid + credited + remaining = totals.payable``, whatever happens to it.

    ``shares`` are what payments have paid of it, the oldest first.
    """

    currency: str
    totals: Totals
    paid: Decimal
    credited: Decimal
    state: State = State.DRAFT
    issue: InvoiceIssue | None = None
    shares: tuple[Share, ...] = ()

    @property
    def issued(self) -> InvoiceIssue:
        """What was fixed when it was finalized. Raises RuleBroken ``not_issued`` for a draft."""
        if self.issue is None:
            raise RuleBroken("not_issued", "The invoice is a draft: finalize it first.", state=self.state.value)
        return self.issue

    @property
    def remaining(self) -> Decimal:
        """What is still to be paid; never below zero once the invoice is finalized."""
        return rounded(self.totals.payable - self.paid - self.credited, self.currency)

    @property
    def partially_paid(self) -> bool:
        """Whether some, and not all, has been paid."""
        return self.paid > 0 and self.remaining > 0

    def overdue(self, today: date) -> bool:
        """Whether the due date has passed and something remains to be paid."""
        return self.state is State.OPEN and self.issued.due_date < today

    def must_be_payable(self) -> None:
        """Raise RuleBroken ``not_payable`` for a draft, which nobody owes yet, and for a void invoice."""
        if self.state in {State.DRAFT, State.VOID}:
            raise RuleBroken("not_payable", f"The invoice is {self.state}: nobody owes it.", state=self.state.value)

    def receive(self, payment_id: str, amount: Decimal, at: datetime) -> Decimal:
        """Count a payment's share; answers which part of it had been written off.

        The caller keeps ``amount`` within what remains.
        Raises RuleBroken ``not_payable`` in states that take no payment.
        """
        self.must_be_payable()
        if amount > self.remaining:
            raise RuleBroken("too_much", f"Only {self.remaining} {self.currency} remains to be paid.")
        if not amount:
            return ZERO
        if len(self.shares) == MOST_PAYMENTS:
            raise RuleBroken("too_many_payments", f"The invoice is paid by {MOST_PAYMENTS} payments already.")
        self.shares = (*self.shares, Share(payment_id, amount))
        self.paid = rounded(self.paid + amount, self.currency)
        written_off = self._recover(amount, at)
        self.settle(at)
        return written_off

    def give_back(self, payment_id: str, at: datetime) -> tuple[Decimal, Decimal]:
        """Undo what a payment has paid, since it was reversed: a paid invoice is open again.

        Answers how much that is, and which part of it is written off again.
        """
        amount = sum((share.amount for share in self.shares if share.payment_id == payment_id), ZERO)
        self.shares = tuple(share for share in self.shares if share.payment_id != payment_id)
        self.paid = rounded(self.paid - amount, self.currency)
        if self.state is State.PAID and self.remaining > 0:
            self.state = State.OPEN
        elif self.state is State.UNCOLLECTIBLE:
            self.book(Kind.WRITE_OFF, -amount, at)
            return amount, amount
        return amount, ZERO

    def take_off(self, amount: Decimal, at: datetime) -> Released:
        """Credit an amount: first what remains is less, then paid money is set free, the newest first."""
        covered = min(amount, self.remaining)
        freed = self._free(amount - covered)
        self.credited = rounded(self.credited + amount, self.currency)
        written_off = self._recover(covered, at)
        self.settle(at)
        return Released(tuple(freed), written_off)

    def void(self, at: datetime) -> None:
        """Nobody owes it any more; its number stays used.

        Raises RuleBroken ``illegal_transition``, ``not_voidable``.
        """
        self._must_be({State.OPEN, State.UNCOLLECTIBLE}, "void")
        if self.paid or self.credited:
            raise RuleBroken("not_voidable", "Part of it is paid or credited: credit the rest with a credit note.")
        written_off = self.remaining if self.state is State.UNCOLLECTIBLE else ZERO
        if not written_off:
            self.book(Kind.VOID, -self.remaining, at)
        self.state = State.VOID
        sums = {"tax_inclusive": self.totals.tax_inclusive, "amount": self.remaining, "written_off": written_off}
        told = {name: self._written(amount) for name, amount in sums.items()}
        self.tell("InvoiceVoided", at, due_date=self.issued.due_date.isoformat(), **told, voided_at=rfc3339(at))

    def mark_uncollectible(self, at: datetime) -> None:
        """Give up hope: what remains is written off. Raises RuleBroken ``illegal_transition``."""
        self._must_be({State.OPEN}, "uncollectible")
        self.state = State.UNCOLLECTIBLE
        self.book(Kind.WRITE_OFF, -self.remaining, at)
        about = {"due_date": self.issued.due_date.isoformat(), "amount": self._written(self.remaining)}
        self.tell("InvoiceMarkedUncollectible", at, **about, marked_at=rfc3339(at))

    def settle(self, at: datetime) -> None:
        """Notice that nothing remains to be paid."""
        if self.remaining > 0 or self.state not in {State.OPEN, State.UNCOLLECTIBLE}:
            return
        self.state = State.PAID
        owed = self._written(self.totals.tax_inclusive)
        self.tell("InvoicePaid", at, tax_inclusive=owed, paid_at=rfc3339(at))

    def book(self, kind: Kind, outstanding: Decimal, at: datetime) -> None:
        """Enter a change of what is owed into the account's book."""
        entry = Entry(kind=kind, document_id=self.id, reference=self.issued.number, at=at, outstanding=outstanding)
        self.entries.append(entry)

    def tell(self, type: str, at: datetime, **data: Any) -> None:
        """Record a fact about the issued invoice."""
        issue = self.issued
        about = {
            "invoice_id": self.id,
            "account_id": issue.buyer.account_id,
            "number": issue.number,
            "currency": self.currency,
        }
        self.record(type, about | data, at)

    def _recover(self, amount: Decimal, at: datetime) -> Decimal:
        """What was written off and is settled all the same has to be owed for a moment; answers how much that is."""
        if self.state is not State.UNCOLLECTIBLE or not amount:
            return ZERO
        self.book(Kind.RECOVERY, amount, at)
        return amount

    def _free(self, amount: Decimal) -> list[Share]:
        kept, freed = list(self.shares), []
        while amount > 0:
            last = kept.pop()
            part = min(amount, last.amount)
            freed.append(Share(last.payment_id, part))
            if last.amount > part:
                kept.append(Share(last.payment_id, last.amount - part))
            amount -= part
        self.shares = tuple(kept)
        self.paid = rounded(self.paid - sum((share.amount for share in freed), ZERO), self.currency)
        return freed

    def _must_be(self, states: set[State], target: str) -> None:
        if self.state not in states:
            allowed = sorted(state.value for state in states)
            raise RuleBroken(
                "illegal_transition",
                f"The invoice is {self.state}: it becomes {target} only from {' or '.join(allowed)}.",
                state=self.state.value,
                allowed_from=allowed,
            )

    def _written(self, amount: Decimal) -> str:
        return written(amount, self.currency)
