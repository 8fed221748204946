"""Gapless numbers: 1, 2, 3, ... in each series, in order of issue date."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from backoffice.domain import Aggregate, FieldError, Invalid, RuleBroken


class Documents(StrEnum):
    """What a series numbers: either invoices or credit notes, never both."""

    INVOICES = "invoices"
    CREDIT_NOTES = "credit_notes"


DEFAULT_SERIES = {Documents.INVOICES: "INV", Documents.CREDIT_NOTES: "CRN"}


@dataclass(kw_only=True)
class Series(Aggregate):
    """A run of numbers: ``prefix`` and the count, padded with zeros to ``digits`` (or longer when it outgrows).

    The prefix never changes, belongs to one series only and ends in no digit, so that no two series can ever make
    the same number.
    """

    prefix: str
    digits: int = 6
    documents: Documents = Documents.INVOICES
    last_number: int = 0
    last_issue_date: date | None = None

    @classmethod
    def default(cls, documents: Documents = Documents.INVOICES) -> "Series":
        """The series that is there without anybody having set it up."""
        id = DEFAULT_SERIES[documents]
        return cls(id=id, prefix=f"{id}-", documents=documents)

    @classmethod
    def default_of(cls, series_id: str) -> "Series | None":
        """The default series of that id, if it is one's."""
        return next((cls.default(kind) for kind, id in DEFAULT_SERIES.items() if id == series_id), None)

    def check(self) -> None:
        """Raise Invalid if its numbers could be taken for those of another series."""
        if self.prefix[-1:].isdigit():
            raise Invalid.one("prefix", "Must not end in a digit.")
        standing = self.default_of(self.id)
        reserved = {f"{id}-" for id in DEFAULT_SERIES.values()}
        if self.prefix in reserved if standing is None else self.prefix != standing.prefix:
            raise Invalid.one("prefix", f"The prefix {self.prefix} and series {self.id} do not go together.")
        if standing is not None and self.documents is not standing.documents:
            raise Invalid.one("documents", f"Series {self.id} numbers {standing.documents}.")

    def must_equal(self, other: "Series") -> None:
        """Raise RuleBroken ``series_exists`` if the other would write its numbers differently."""
        if (self.prefix, self.digits, self.documents) != (other.prefix, other.digits, other.documents):
            raise RuleBroken("series_exists", f"Series {self.id} writes its numbers with {self.prefix} for good.")

    def faults_for(self, documents: Documents) -> list[FieldError]:
        """Whether it cannot number such documents."""
        if self.documents is documents:
            return []
        return [FieldError("series", f"Series {self.id} numbers {self.documents.value.replace('_', ' ')}.")]

    @property
    def next_number(self) -> int:
        """The count that the next document gets."""
        return self.last_number + 1

    def earliest(self, day: date) -> date:
        """That day, or the last issue date of the series if that is later."""
        return max(day, self.last_issue_date or day)

    def take(self, issue_date: date) -> str:
        """Use up the next number for a document of that date and return it as written on the document.

        Raises RuleBroken ``issue_date_out_of_order`` if a later date has been issued in the series.
        """
        if issue_date < self.earliest(issue_date):
            raise RuleBroken(
                "issue_date_out_of_order",
                f"Series {self.id} has a document of {self.last_issue_date}: numbers follow the order of issue dates.",
                last_issue_date=f"{self.last_issue_date}",
            )
        self.last_number = self.next_number
        self.last_issue_date = issue_date
        return f"{self.prefix}{self.last_number:0{self.digits}d}"
