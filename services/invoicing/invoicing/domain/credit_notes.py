"""Credit notes: an invoice is taken back, line by line or whole, at its own prices and tax rates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from backoffice.clock import rfc3339
from backoffice.domain import FieldError, Invalid, RuleBroken
from invoicing.domain.crediting import Claim, Credit, Crediting
from invoicing.domain.credits import Credits
from invoicing.domain.days import future_faults
from invoicing.domain.invoice import Invoice
from invoicing.domain.issue import Issue
from invoicing.domain.ledger import Booked, Entry, Kind
from invoicing.domain.lines import ERASED, Content
from invoicing.domain.money import ZERO, rounded, written
from invoicing.domain.numbering import Documents, Series
from invoicing.domain.payments import Payment
from invoicing.domain.receivable import Share, State
from invoicing.domain.totals import Totals, added_up


@dataclass(frozen=True)
class LineClaim:
    """What a client wants credited of a line, which it names by the line's id on the invoice ("1", "2", ...)."""

    line_id: str
    quantity: Decimal | None = None
    amount: Decimal | None = None


@dataclass(kw_only=True)
class CreditNote(Booked):
    """A document that takes an issued invoice back, whole or in part; it stands from the moment it is made.

    ``content`` and ``totals`` are those of the note itself, as positive as the invoice's own. ``freed`` is what
    payments of the invoice got back by it, to pay something else or to be refunded.
    """

    invoice_id: str
    invoice_number: str
    invoice_date: date
    currency: str
    reason: str
    content: Content
    totals: Totals
    issue: Issue
    freed: tuple[Share, ...] = ()

    @property
    def account_id(self) -> str:
        """The account that is credited."""
        return self.issue.buyer.account_id

    def forget(self) -> None:
        """Forget whom it was for, once no law keeps it; number, dates and sums stay."""
        self.reason, self.content = ERASED, self.content.forgotten()
        self.issue = replace(self.issue, buyer=self.issue.buyer.forgotten())

    def release(self, payments: Sequence[Payment]) -> None:
        """Give payments back what comes free."""
        for payment in payments:
            for share in self.freed:
                if share.payment_id == payment.id:
                    payment.release(self.invoice_id, share.amount)


@dataclass(frozen=True)
class Wanted:
    """A credit note as it is asked for; ``claims`` None: all that is left of the invoice."""

    reason: str
    claims: Sequence[LineClaim] | None = None
    issue_date: date | None = None


def credit(id: str, invoice: Invoice, series: Series, wanted: Wanted, at: datetime) -> CreditNote:
    """Make a credit note of an invoice: it gets the next number of its series, and the invoice is owed less.

    What was paid already comes free; what was prepaid outside these books stays outside and is named ``prepaid``.
    Raises RuleBroken ``not_creditable``, ``fully_credited``, ``issue_date_out_of_order``; Invalid for claims that are
    more than what is left.
    """
    _must_be_creditable(invoice)
    faults = [*series.faults_for(Documents.CREDIT_NOTES), *future_faults("issue_date", wanted.issue_date, at)]
    if wanted.issue_date and wanted.issue_date < invoice.issued.issue_date:
        faults.append(FieldError("issue_date", f"The invoice is of {invoice.issued.issue_date}."))
    if faults:
        raise Invalid(faults)
    credit = _within_what_was_prepaid(invoice, _reckon(invoice, wanted))
    day = wanted.issue_date or series.earliest(max(at.date(), invoice.issued.issue_date))
    note = CreditNote(
        id=id,
        invoice_id=invoice.id,
        invoice_number=invoice.issued.number,
        invoice_date=invoice.issued.issue_date,
        currency=invoice.currency,
        reason=wanted.reason,
        content=credit.content,
        totals=credit.totals,
        issue=Issue(
            number=series.take(day),
            series=series.id,
            issue_date=day,
            issued_at=at,
            seller=invoice.issued.seller,
            buyer=invoice.issued.buyer,
        ),
    )
    released = invoice.take_off(credit.totals.payable, at)
    note.freed = released.freed
    invoice.credits = credit.credits
    _book(note)
    _tell(note, invoice.issued.due_date, released.written_off)
    return note


def _must_be_creditable(invoice: Invoice) -> None:
    if invoice.state in {State.DRAFT, State.VOID}:
        state = invoice.state.value
        raise RuleBroken("not_creditable", f"The invoice is {state}: there is nothing to take back.", state=state)


def _reckon(invoice: Invoice, wanted: Wanted) -> Credit:
    before = invoice.credits or Credits.none(invoice.content)
    crediting = Crediting(invoice.content, invoice.totals, invoice.currency, before)
    left = rounded(invoice.totals.tax_inclusive + invoice.totals.rounding - before.total, invoice.currency)
    if not left:
        raise RuleBroken("fully_credited", "The invoice is credited in full already.")
    credit = crediting.whole() if wanted.claims is None else crediting.of_lines(_claims(invoice, wanted.claims))
    if credit.totals.payable <= 0:
        raise Invalid.one("lines", "They sum up to nothing that could be credited.")
    if credit.totals.payable > left:
        raise Invalid.one("lines", f"They sum up to {credit.totals.payable:f}, and only {left:f} is left to credit.")
    return credit


def _claims(invoice: Invoice, claims: Sequence[LineClaim]) -> list[Claim]:
    positions = {str(number): number - 1 for number in range(1, len(invoice.content.lines) + 1)}
    faults, seen, known = [], set(), []
    for index, claim in enumerate(claims):
        field = f"lines.{index}"
        if claim.line_id not in positions:
            faults.append(FieldError(f"{field}.line_id", "There is no such line on the invoice."))
        elif claim.line_id in seen:
            faults.append(FieldError(f"{field}.line_id", "The line is named twice."))
        else:
            known.append(Claim(positions[claim.line_id], field, claim.quantity, claim.amount))
        seen.add(claim.line_id)
    if faults:
        raise Invalid(faults)
    return known


def _within_what_was_prepaid(invoice: Invoice, credit: Credit) -> Credit:
    """Name as prepaid what the credit takes back beyond what was to be paid by the invoice."""
    prepaid = credit.totals.payable - invoice.remaining - invoice.paid
    if prepaid <= 0:
        return credit
    content = replace(credit.content, prepaid=prepaid)
    totals = added_up(content, credit.totals.lines, credit.totals.taxes, invoice.currency)
    return replace(credit, content=content, totals=totals)


def _book(note: CreditNote) -> None:
    freed = _sum(note.freed, note.currency)
    entry = Entry(
        kind=Kind.CREDIT_NOTE,
        document_id=note.id,
        reference=note.issue.number,
        at=note.issue.issued_at,
        outstanding=freed - note.totals.payable,
        unapplied=freed,
    )
    note.entries.append(entry)


def _sum(shares: Sequence[Share], currency: str) -> Decimal:
    return rounded(sum((share.amount for share in shares), ZERO), currency)


def _tell(note: CreditNote, due_date: date, written_off: Decimal) -> None:
    names = ("tax_exclusive", "tax", "tax_inclusive", "payable")
    owed = {"freed": _sum(note.freed, note.currency), "written_off": written_off}
    data = {
        "credit_note_id": note.id,
        "invoice_id": note.invoice_id,
        "invoice_number": note.invoice_number,
        "account_id": note.account_id,
        "number": note.issue.number,
        "series": note.issue.series,
        "currency": note.currency,
        "issue_date": note.issue.issue_date.isoformat(),
        "issued_at": rfc3339(note.issue.issued_at),
        "due_date": due_date.isoformat(),
        **{name: written(getattr(note.totals, name), note.currency) for name in names},
        **{name: written(amount, note.currency) for name, amount in owed.items()},
    }
    note.record("CreditNoteIssued", data, note.issue.issued_at)
