"""Reports as the API tells them: rows of JSON, or a file for a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from analytics.answers import Written, written
from analytics.domain.buckets import QUARTER
from analytics.domain.planning import Plan, Question
from analytics.domain.reports import Report, Row, rows
from analytics.domain.series import Series

# A cell that begins so is a formula to a spreadsheet, whether it was quoted or not; some trim blanks, or take the wide
# forms for the narrow ones. https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n|%＝＋－＠]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def table_of(report: Report, question: Question, plan: Plan, found: list[Series]) -> dict[str, Any]:
    """What the report's schema dumps."""
    return {
        "report": report.name,
        "time_zone": question.time_zone,
        "interval": question.interval,
        "start": plan.whole.start,
        "end": plan.whole.end,
        "rows": [{"start": row.span.start, "end": row.span.end, **_cells(report, row)} for row in rows(plan, found)],
    }


def csv_of(report: Report, question: Question, plan: Plan, found: list[Series]) -> str:
    """The report as RFC 4180 has it, with a header; times are local, with their offset from UTC."""
    zone = ZoneInfo(question.time_zone)
    header = ["start", "end", *report.dimensions, *report.metrics]
    return _csv(header, _lines(report, rows(plan, found), zone))


def csv_name(report: Report, question: Question, plan: Plan) -> str:
    """The name to save it under, with its first and last local day."""
    zone = ZoneInfo(question.time_zone)
    first, last = plan.whole.start.astimezone(zone).date(), (plan.whole.end - QUARTER).astimezone(zone).date()
    return f"{report.name}-{first}.csv" if first == last else f"{report.name}-{first}-to-{last}.csv"


def _lines(report: Report, filled: Iterable[Row], zone: ZoneInfo) -> Iterator[list[Written]]:
    for row in filled:
        times = (time.astimezone(zone).isoformat(timespec="seconds") for time in (row.span.start, row.span.end))
        yield [*times, *_cells(report, row).values()]


def _cells(report: Report, row: Row) -> Mapping[str, Written]:
    """By column."""
    named = {dimension: row.dimensions.get(dimension) for dimension in report.dimensions}
    return named | {series.metric.name: written([series.values[row.index]], series)[0] for series in row.series}


def _csv(header: list[str], lines: Iterable[list[Written]]) -> str:
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_harmless(cell) for cell in line] for line in lines)
    return sheet.getvalue()


def _harmless(cell: Written) -> Written:
    """A cell that no spreadsheet executes: an apostrophe makes a text of whatever is no number and looks like more."""
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
