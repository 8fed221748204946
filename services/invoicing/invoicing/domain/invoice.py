"""The invoice: drafted, changed at will, finalized under a number, then paid. Once finalized its content stands."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from backoffice.clock import rfc3339
from backoffice.domain import Aggregate, FieldError, Invalid, RuleBroken
from invoicing.domain.account import Buyer
from invoicing.domain.lines import Content, Line
from invoicing.domain.money import ZERO, rounded, written
from invoicing.domain.numbering import Series
from invoicing.domain.rates import Rate
from invoicing.domain.seller import Seller, SellerDetails
from invoicing.domain.terms import Terms
from invoicing.domain.time_billing import WorkedTime, line_for
from invoicing.domain.totals import Totals, total

MOST_LINES = 1000
_NAMES_THE_BUYERS_VAT_ID = {"AE", "K"}


class State(StrEnum):
    """Where an invoice stands. ``overdue`` and ``partially_paid`` are no states: they follow from dates and sums."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


class Origin(StrEnum):
    """What made the draft."""

    BILLABLE_TIME = "billable_time"
    MANUAL = "manual"


@dataclass(frozen=True)
class Issue:
    """What finalizing adds for good: the number and the dates, who sells to whom, and on which terms."""

    number: str
    series: str
    issue_date: date
    due_date: date
    issued_at: datetime
    seller: SellerDetails
    buyer: Buyer
    terms: Terms


@dataclass(kw_only=True)
class Invoice(Aggregate):
    """An invoice in one currency to one account.

    ``buyer`` is the account as it was last seen from here; finalizing demands that it is current. ``terms`` are those
    of this invoice alone (None: the account's). ``totals`` always follow from ``content``.
    """

    buyer: Buyer
    currency: str
    origin: Origin
    created_at: datetime
    content: Content
    totals: Totals
    paid: Decimal
    credited: Decimal
    terms: Terms | None = None
    state: State = State.DRAFT
    issue: Issue | None = None

    @classmethod
    def draft(cls, id: str, buyer: Buyer, currency: str, origin: Origin, at: datetime) -> "Invoice":
        """Begin an empty draft."""
        nothing, content = rounded(ZERO, currency), Content()
        invoice = cls(
            id=id,
            buyer=buyer,
            currency=currency,
            origin=origin,
            created_at=at,
            content=content,
            totals=total(content, currency),
            paid=nothing,
            credited=nothing,
        )
        data = {"invoice_id": id, "account_id": buyer.account_id, "currency": currency, "origin": origin.value}
        invoice.record("InvoiceDrafted", data, at)
        return invoice

    @property
    def account_id(self) -> str:
        """The account that is invoiced."""
        return self.buyer.account_id

    @property
    def remaining(self) -> Decimal:
        """What is still to be paid; never below zero once the invoice is finalized."""
        return rounded(self.totals.tax_inclusive - self.paid - self.credited, self.currency)

    @property
    def partially_paid(self) -> bool:
        """Whether some, and not all, has been paid."""
        return self.paid > 0 and self.remaining > 0

    def overdue(self, today: date) -> bool:
        """Whether the due date has passed and something remains to be paid."""
        return self.state is State.OPEN and self.issue is not None and self.issue.due_date < today

    def revise(self, content: Content, terms: Terms | None) -> None:
        """Give a draft other lines, allowances or terms.

        Lines of billable time may be reworded and repriced, yet each time entry stays on the draft exactly once.
        Raises RuleBroken ``not_a_draft`` or ``billable_time_lost``, Invalid for content that contradicts itself.
        """
        self._must_be_draft("changed")
        content = replace(content, lines=self._with_known_time_entries(content.lines))
        if sorted(content.time_entries) != sorted(self.content.time_entries):
            raise RuleBroken(
                "billable_time_lost",
                "Each time entry of the draft must stay on it exactly once; set a price of 0 to charge nothing for it.",
                time_entries=self._time_entry_ids(),
            )
        self._charge_for(content)
        self.terms = terms

    def bill_time(self, worked: WorkedTime, rate: Rate, at: datetime) -> None:
        """Charge for worked time. Raises RuleBroken ``already_billed`` for a time entry that is on the draft."""
        self._must_be_draft("changed")
        entry = worked.time_entry
        if self.content.charges_for(entry.time_entry_id):
            raise RuleBroken("already_billed", f"{entry.time_entry_id} is on this invoice already.")
        line = line_for(worked, rate)
        self._charge_for(Content((*self.content.lines, line), self.content.document_allowances))
        data = {
            "time_entry_id": entry.time_entry_id,
            "ticket_id": entry.ticket_id,
            "account_id": self.account_id,
            "invoice_id": self.id,
            "minutes": worked.minutes,
            "rate_code": worked.rate_code,
            "currency": self.currency,
            "net": written(line.net(self.currency), self.currency),
        }
        self.record("TimeEntryBilled", data, at)

    def must_be_deletable(self) -> None:
        """Raise RuleBroken unless the invoice may vanish: only a draft may, and never with time on it.

        Nobody would bill that time again: ``not_a_draft``, ``holds_billable_time``.
        """
        self._must_be_draft("deleted")
        if self.content.time_entries:
            raise RuleBroken(
                "holds_billable_time",
                "Deleting this draft would lose billable time; set its prices to 0 to charge nothing for it.",
                time_entries=self._time_entry_ids(),
            )

    def finalize(self, seller: Seller | None, series: Series, issue_date: date | None, at: datetime) -> None:
        """Issue the invoice: it gets the next number of the series, a due date, and stands from now on.

        Without ``issue_date`` it is today's (UTC), or that of the latest invoice in the series. Where the sum is zero,
        nothing remains to be paid: such an invoice is paid at once.
        Raises RuleBroken ``not_a_draft``, ``issue_date_out_of_order``, ``negative_total``; Invalid naming everything
        that the law wants and the invoice lacks.
        """
        self._must_be_draft("finalized")
        missing = [*self._missing(seller), *_date_faults(issue_date, at)]
        if missing or seller is None:
            raise Invalid(missing)
        if self.totals.tax_inclusive < 0:
            raise RuleBroken("negative_total", "The sum is negative: what we owe is told by a credit note.")
        day = issue_date or series.earliest(at.date())
        terms = self.terms or self.buyer.terms
        number = series.take(day)
        self.issue = Issue(number, series.id, day, terms.due_date(day), at, seller.details, self.buyer, terms)
        self.state = State.OPEN
        self._record_issue(self.issue)
        self._settle(at)

    def receive(self, amount: Decimal, at: datetime) -> None:
        """Count a payment's share. Raises RuleBroken ``not_payable`` in states that take no payment.

        The caller keeps ``amount`` within what remains.
        """
        self.must_be_payable()
        if amount > self.remaining:
            raise RuleBroken("too_much", f"Only {self.remaining} {self.currency} remains to be paid.")
        self.paid = rounded(self.paid + amount, self.currency)
        if amount:
            self._settle(at)

    def must_be_payable(self) -> None:
        """Raise RuleBroken ``not_payable`` for a draft, which nobody owes yet, and for a void invoice."""
        if self.state in {State.DRAFT, State.VOID}:
            raise RuleBroken("not_payable", f"The invoice is {self.state}: nobody owes it.", state=self.state.value)

    def _must_be_draft(self, participle: str) -> None:
        if self.state is not State.DRAFT:
            raise RuleBroken(
                "not_a_draft",
                f"The invoice is {self.state}: only a draft can be {participle}.",
                state=self.state.value,
            )

    def _with_known_time_entries(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        known = {entry.time_entry_id: entry for entry in self.content.time_entries}
        recognized, faults = [], []
        for index, line in enumerate(lines):
            entry = line.time_entry and known.get(line.time_entry.time_entry_id)
            if line.time_entry and not entry:
                faults.append(FieldError(f"lines.{index}.time_entry_id", "Is none that this draft charges for."))
            recognized.append(replace(line, time_entry=entry))
        if faults:
            raise Invalid(faults)
        return tuple(recognized)

    def _time_entry_ids(self) -> list[str]:
        return [entry.time_entry_id for entry in self.content.time_entries]

    def _charge_for(self, content: Content) -> None:
        self.totals = total(content, self.currency)
        self.content = content

    def _missing(self, seller: Seller | None) -> list[FieldError]:
        categories = {tax.category for tax in self.totals.taxes}
        missing = self.buyer.missing(vat_id_needed=bool(categories & _NAMES_THE_BUYERS_VAT_ID))
        if seller is None:
            missing.append(FieldError("seller", "Missing: say who issues the invoice with PUT /seller."))
        if not self.content.lines:
            missing.append(FieldError("lines", "Missing: an invoice has at least one line."))
        return missing

    def _record_issue(self, issue: Issue) -> None:
        names = ("tax_exclusive", "tax", "tax_inclusive")
        sums = {name: written(getattr(self.totals, name), self.currency) for name in names}
        data = {
            "invoice_id": self.id,
            "account_id": self.account_id,
            "number": issue.number,
            "series": issue.series,
            "currency": self.currency,
            "issue_date": issue.issue_date.isoformat(),
            "due_date": issue.due_date.isoformat(),
            "issued_at": rfc3339(issue.issued_at),
            **sums,
        }
        self.record("InvoiceIssued", data, issue.issued_at)

    def _settle(self, at: datetime) -> None:
        if self.remaining > 0 or self.issue is None:
            return
        self.state = State.PAID
        data = {
            "invoice_id": self.id,
            "account_id": self.account_id,
            "number": self.issue.number,
            "currency": self.currency,
            "tax_inclusive": written(self.totals.tax_inclusive, self.currency),
            "paid_at": rfc3339(at),
        }
        self.record("InvoicePaid", data, at)


def _date_faults(issue_date: date | None, at: datetime) -> list[FieldError]:
    """One day ahead is somebody's today; further ahead would bar the series for everybody until then."""
    if issue_date is not None and issue_date > at.date() + timedelta(days=1):
        return [FieldError("issue_date", "Must not be in the future.")]
    return []
