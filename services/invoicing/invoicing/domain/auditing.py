"""Proof that a series has no gap and no twin: every number is looked at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

MOST_FAULTS = 100


@dataclass(frozen=True)
class UsedNumber:
    """A number that is used up, by which document, of which date."""

    count: int
    document_id: str
    issue_date: date


@dataclass(frozen=True)
class DocumentTwice:
    """A document that has more than one number."""

    document_id: str
    numbers: list[int]


@dataclass(frozen=True)
class Misdated:
    """A number whose issue date is earlier than that of the number before it."""

    number: int
    issue_date: date
    before: date


@dataclass
class SeriesAudit:
    """What reading every number of a series has shown; of each kind of fault the first hundred are told."""

    series_id: str
    last_number: int
    numbers: int = 0
    gaps: list[int] = field(default_factory=list)
    twins: list[DocumentTwice] = field(default_factory=list)
    misdated: list[Misdated] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether the numbers are 1 to n, each used by one document, in order of issue date."""
        return not (self.gaps or self.twins or self.misdated)


def audit(series_id: str, last_number: int, used: Iterable[UsedNumber]) -> SeriesAudit:
    """Look at the numbers of a series, in their order.

    ``last_number`` is what the series' counter said before they were read: the numbers up to there must all be found,
    and those that have come since must follow without a gap.
    """
    found = SeriesAudit(series_id, last_number)
    by_document: dict[str, list[int]] = {}
    expected, before = 1, date.min
    for number in used:
        found.gaps += islice(range(expected, number.count), MOST_FAULTS)
        if number.issue_date < before:
            found.misdated.append(Misdated(number.count, number.issue_date, before))
        by_document.setdefault(number.document_id, []).append(number.count)
        expected, before = number.count + 1, number.issue_date
        found.numbers += 1
    found.gaps += islice(range(expected, last_number + 1), MOST_FAULTS)
    found.twins += [DocumentTwice(id, numbers) for id, numbers in by_document.items() if len(numbers) > 1]
    for faults in (found.gaps, found.twins, found.misdated):
        del faults[MOST_FAULTS:]
    return found
