"""What a document says: an invoice or a credit note as it was fixed when it was issued."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backoffice.errors import Gone
from invoicing.domain.account import Buyer
from invoicing.domain.credit_notes import CreditNote
from invoicing.domain.invoice import Invoice
from invoicing.domain.issue import Issue
from invoicing.domain.lines import Content
from invoicing.domain.seller import SellerDetails
from invoicing.domain.terms import Terms
from invoicing.domain.totals import Totals


class Kind(StrEnum):
    """Which of the two kinds of documents it is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True)
class Preceding:
    """The invoice that a credit note takes back."""

    number: str
    issue_date: date


@dataclass(frozen=True, kw_only=True)
class Document:
    """An issued document. Nothing in it changes any more, so that it reads the same whenever it is made.

    ``note`` is what it says to its reader: the note of an invoice, the reason of a credit note.
    """

    kind: Kind
    number: str
    issue_date: date
    currency: str
    seller: SellerDetails
    buyer: Buyer
    content: Content
    totals: Totals
    note: str | None
    due_date: date | None = None
    terms: Terms | None = None
    preceding: Preceding | None = None

    @property
    def buyer_name(self) -> str:
        """Whom it is addressed to: the company or, for a person, the name."""
        return self.buyer.company or self.buyer.name or ""


def of_invoice(invoice: Invoice) -> Document:
    """The document of an invoice. Raises RuleBroken ``not_issued`` for a draft, which is none yet, Gone."""
    issue = invoice.issued
    _must_not_be_erased(issue)
    return Document(
        kind=Kind.INVOICE,
        number=issue.number,
        issue_date=issue.issue_date,
        currency=invoice.currency,
        seller=issue.seller,
        buyer=issue.buyer,
        content=invoice.content,
        totals=invoice.totals,
        note=invoice.content.references.note,
        due_date=issue.due_date,
        terms=issue.terms,
    )


def of_credit_note(note: CreditNote) -> Document:
    """The document of a credit note. Raises Gone."""
    issue = note.issue
    _must_not_be_erased(issue)
    return Document(
        kind=Kind.CREDIT_NOTE,
        number=issue.number,
        issue_date=issue.issue_date,
        currency=note.currency,
        seller=issue.seller,
        buyer=issue.buyer,
        content=note.content,
        totals=note.totals,
        note=note.reason,
        preceding=Preceding(note.invoice_number, note.invoice_date),
    )


def _must_not_be_erased(issue: Issue) -> None:
    if issue.buyer.erased:
        raise Gone("document", issue.number)
