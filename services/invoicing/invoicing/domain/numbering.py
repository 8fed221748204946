"""Gapless numbers: 1, 2, 3, ... in each series, in order of issue date."""

from dataclasses import dataclass
from datetime import date

from backoffice.domain import Aggregate, Invalid, RuleBroken

DEFAULT_SERIES = "INV"


@dataclass(kw_only=True)
class Series(Aggregate):
    """A run of invoice numbers: ``prefix`` and the count, padded with zeros to ``digits`` (or longer when it outgrows).

    The prefix never changes, belongs to one series only and ends in no digit, so that no two series can ever make
    the same number.
    """

    prefix: str
    digits: int = 6
    last_number: int = 0
    last_issue_date: date | None = None

    @classmethod
    def default(cls) -> "Series":
        """The series that is there without anybody having set it up."""
        return cls(id=DEFAULT_SERIES, prefix=f"{DEFAULT_SERIES}-")

    def check(self) -> None:
        """Raise Invalid if its numbers could be taken for those of another series."""
        if self.prefix[-1:].isdigit():
            raise Invalid.one("prefix", "Must not end in a digit.")
        if (self.id == DEFAULT_SERIES) != (self.prefix == self.default().prefix):
            raise Invalid.one("prefix", f"The prefix {self.default().prefix} and series {DEFAULT_SERIES} go together.")

    def must_equal(self, other: "Series") -> None:
        """Raise RuleBroken ``series_exists`` if the other would write its numbers differently."""
        if (self.prefix, self.digits) != (other.prefix, other.digits):
            raise RuleBroken("series_exists", f"Series {self.id} writes its numbers with {self.prefix} for good.")

    @property
    def next_number(self) -> int:
        """The count that the next invoice gets."""
        return self.last_number + 1

    def earliest(self, day: date) -> date:
        """That day, or the last issue date of the series if that is later."""
        return max(day, self.last_issue_date or day)

    def take(self, issue_date: date) -> str:
        """Use up the next number for an invoice of that date and return it as written on the invoice.

        Raises RuleBroken ``issue_date_out_of_order`` if a later date has been issued in the series.
        """
        if issue_date < self.earliest(issue_date):
            raise RuleBroken(
                "issue_date_out_of_order",
                f"Series {self.id} has an invoice of {self.last_issue_date}: numbers follow the order of issue dates.",
                last_issue_date=f"{self.last_issue_date}",
            )
        self.last_number = self.next_number
        self.last_issue_date = issue_date
        return f"{self.prefix}{self.last_number:0{self.digits}d}"
