"""When an invoice is due."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Terms:
    """Payment terms: so many days after the issue date and, if so agreed, on to the end of that month.

    Thirty days is what EU law assumes where nothing was agreed (directive 2011/7/EU, article 3).
    """

    net_days: int = 30
    end_of_month: bool = False

    def due_date(self, issue_date: date) -> date:
        """The last day on which a payment is in time."""
        due = issue_date + timedelta(days=self.net_days)
        return due.replace(day=monthrange(due.year, due.month)[1]) if self.end_of_month else due

    @property
    def wording(self) -> str:
        """The terms as a document states them."""
        when = f"within {self.net_days} days" if self.net_days else "on receipt"
        return f"Payable {when}, by the end of the month" if self.end_of_month else f"Payable {when}"
