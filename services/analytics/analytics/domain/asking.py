"""Asking: from a question to the series that answer it, whoever keeps the records."""

from typing import Protocol

from analytics.domain.planning import Plan, Question, Read, plan
from analytics.domain.series import Found, Series, assemble


class Records(Protocol):
    """Whoever can read what has been counted."""

    def read(self, read: Read) -> Found:
        """What is on record of a measure, by the dimensions that it is read by."""


def ask(question: Question, records: Records) -> tuple[Plan, list[Series]]:
    """Answer a question: its plan, which has the intervals, and the series with a value for each of those.

    Raises Invalid that names every field at fault.
    """
    planned = plan(question)
    found = {read.measure: records.read(read) for read in planned.reads}
    return planned, assemble(planned, found)
