"""What stands on a document for good once it is issued: number, date, who sells to whom, on which terms."""

from dataclasses import dataclass
from datetime import date, datetime

from invoicing.domain.account import DEFAULT_DUNNING_POLICY, Buyer
from invoicing.domain.seller import SellerDetails
from invoicing.domain.terms import Terms


@dataclass(frozen=True, kw_only=True)
class Issue:
    """The snapshot that issuing a document takes; nothing of it changes afterwards."""

    number: str
    series: str
    issue_date: date
    issued_at: datetime
    seller: SellerDetails
    buyer: Buyer


@dataclass(frozen=True, kw_only=True)
class InvoiceIssue(Issue):
    """The snapshot of an invoice, with until when it is to be paid and how its payment is pursued."""

    due_date: date
    terms: Terms
    dunning_policy: str = DEFAULT_DUNNING_POLICY
