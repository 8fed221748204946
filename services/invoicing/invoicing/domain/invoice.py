"""The invoice: drafted, changed at will, finalized under a number, then pursued. Once finalized its content stands."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from backoffice.clock import rfc3339
from backoffice.domain import FieldError, Invalid, RuleBroken
from invoicing.domain.account import Buyer
from invoicing.domain.credits import Credits
from invoicing.domain.days import future_faults
from invoicing.domain.issue import InvoiceIssue
from invoicing.domain.ledger import Kind
from invoicing.domain.lines import Content, Line
from invoicing.domain.money import ZERO, rounded, written
from invoicing.domain.numbering import Documents, Series
from invoicing.domain.pursued import Pursued
from invoicing.domain.rates import Rate
from invoicing.domain.receivable import State
from invoicing.domain.seller import Seller
from invoicing.domain.taxes import NAMES_THE_BUYERS_VAT_ID
from invoicing.domain.terms import Terms
from invoicing.domain.time_billing import WorkedTime, line_for
from invoicing.domain.totals import total

__all__ = ["MOST_LINES", "Invoice", "Origin", "State"]

MOST_LINES = 1000


class Origin(StrEnum):
    """What made the draft."""

    BILLABLE_TIME = "billable_time"
    MANUAL = "manual"


@dataclass(kw_only=True)
class Invoice(Pursued):
    """An invoice in one currency to one account.

    ``buyer`` is the account as it was last seen from here; finalizing demands that it is current. ``terms`` are those
    of this invoice alone (None: the account's). ``totals`` always follow from ``content``. ``credits`` are what credit
    notes have taken of the lines so far.
    """

    buyer: Buyer
    origin: Origin
    created_at: datetime
    content: Content
    terms: Terms | None = None
    credits: Credits | None = None

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

    def revise(self, content: Content, terms: Terms | None) -> None:
        """Give a draft other lines, allowances or terms.

        Lines of billable time may be reworded and repriced, yet each time entry stays on the draft exactly once.
        Raises RuleBroken ``not_a_draft``, ``account_erased`` or ``billable_time_lost``, Invalid for content that
        contradicts itself.
        """
        self._must_be_draft("changed")
        self.buyer.must_not_be_erased()
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
        self._charge_for(replace(self.content, lines=(*self.content.lines, line)))
        data = {
            "time_entry_id": entry.time_entry_id,
            "ticket_id": entry.ticket_id,
            "account_id": self.account_id,
            "invoice_id": self.id,
            "worked_minutes": worked.minutes,
            "charged_minutes": rate.charged(worked.minutes),
            "rate_code": worked.rate_code,
            "currency": self.currency,
            "net": written(line.net(self.currency), self.currency),
        }
        self.record("TimeEntryBilled", data, at, schema_version=2)

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
        Raises RuleBroken ``not_a_draft``, ``account_erased``, ``issue_date_out_of_order``, ``negative_total``; Invalid
        naming everything that the law wants and the invoice lacks.
        """
        self._must_be_draft("finalized")
        self.buyer.must_not_be_erased()
        missing = [
            *self._missing(seller),
            *series.faults_for(Documents.INVOICES),
            *future_faults("issue_date", issue_date, at),
        ]
        if missing or seller is None:
            raise Invalid(missing)
        self._must_not_be_negative()
        day = issue_date or series.earliest(at.date())
        terms = self.terms or self.buyer.terms
        self.issue = InvoiceIssue(
            number=series.take(day),
            series=series.id,
            issue_date=day,
            issued_at=at,
            seller=seller.details,
            buyer=self.buyer,
            due_date=terms.due_date(day),
            terms=terms,
            dunning_policy=self.buyer.dunning_policy,
        )
        self.state = State.OPEN
        self.dunning = self.dunning.watched(self.issue.due_date, at.date())
        self.book(Kind.INVOICE, self.totals.payable, at)
        self._tell_issue(self.issue)
        self.settle(at)

    def forget(self) -> None:
        """Forget whom it was for; number, dates and sums stay. An issued one is forgotten when no law keeps it."""
        self.buyer = self.buyer.forgotten()
        self.content = self.content.forgotten()
        if self.issue:
            self.issue = replace(self.issue, buyer=self.issue.buyer.forgotten())

    def _must_be_draft(self, participle: str) -> None:
        if self.state is not State.DRAFT:
            raise RuleBroken(
                "not_a_draft",
                f"The invoice is {self.state}: only a draft can be {participle}.",
                state=self.state.value,
            )

    def _must_not_be_negative(self) -> None:
        if self.totals.tax_inclusive < 0:
            raise RuleBroken("negative_total", "The sum is negative: what we owe is told by a credit note.")
        if self.totals.payable < 0:
            raise Invalid.one("prepaid", f"More than the sum, {self._written(self.totals.tax_inclusive)}, was prepaid.")

    def _with_known_time_entries(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        known = {entry.time_entry_id: entry for entry in self.content.time_entries}
        recognized, faults = [], []
        for index, line in enumerate(lines):
            entry = line.time_entry and known.get(line.time_entry.time_entry_id)
            if line.time_entry and not entry:
                faults.append(FieldError(f"lines.{index}.time_entry_id", "Is none that this draft charges for."))
            recognized.append(replace(line, time_entry=entry) if line.time_entry else line)
        if faults:
            raise Invalid(faults)
        return tuple(recognized)

    def _time_entry_ids(self) -> list[str]:
        return [entry.time_entry_id for entry in self.content.time_entries]

    def _charge_for(self, content: Content) -> None:
        content = content.reckoned(self.currency)
        self.totals = total(content, self.currency)
        self.content = content

    def _missing(self, seller: Seller | None) -> list[FieldError]:
        categories = {tax.category for tax in self.totals.taxes}
        missing = self.buyer.missing(vat_id_needed=bool(categories & NAMES_THE_BUYERS_VAT_ID))
        if seller is None:
            missing.append(FieldError("seller", "Missing: say who issues the invoice with PUT /seller."))
        if not self.content.lines:
            missing.append(FieldError("lines", "Missing: an invoice has at least one line."))
        return missing

    def _tell_issue(self, issue: InvoiceIssue) -> None:
        names = ("tax_exclusive", "tax", "tax_inclusive", "payable")
        sums = {name: self._written(getattr(self.totals, name)) for name in names}
        dates = {"issue_date": issue.issue_date.isoformat(), "due_date": issue.due_date.isoformat()}
        self.tell(
            "InvoiceIssued", issue.issued_at, series=issue.series, issued_at=rfc3339(issue.issued_at), **dates, **sums
        )
