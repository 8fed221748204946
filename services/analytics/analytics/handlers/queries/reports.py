"""Ready reports, as JSON and as files for spreadsheets."""

from collections.abc import Mapping
from typing import Any

from analytics.domain.asking import ask
from analytics.domain.reports import AGEING, RECEIVABLES, SUPPORT, Report, day_of
from analytics.handlers.queries.routes import ANALYSTS, api
from analytics.schemas import reports as schemas
from analytics.schemas.reports import Format
from analytics.store.reading import Reader
from analytics.tables import csv_name, csv_of, table_of
from backoffice.http import Answer, File, Request, ok, passing_file, preferred

CSV = "text/csv"
_FORMATS = {"application/json": Format.JSON, CSV: Format.CSV}


@api.get(
    "/reports/support",
    group=ANALYSTS,
    query=schemas.SupportReportChoice,
    answer=schemas.SupportReport,
    files=(CSV,),
)
def get_support_report(request: Request) -> Answer:
    """How support is doing: volume, waiting times, promises and satisfaction, a row for each interval."""
    return _report(request, SUPPORT, request.query)


@api.get(
    "/reports/receivables",
    group=ANALYSTS,
    query=schemas.ReceivablesReportChoice,
    answer=schemas.ReceivablesReport,
    files=(CSV,),
)
def get_receivables_report(request: Request) -> Answer:
    """What was invoiced, what became of it and what is outstanding, a row for each interval and currency."""
    return _report(request, RECEIVABLES, request.query)


@api.get(
    "/reports/ageing",
    group=ANALYSTS,
    query=schemas.AgeingReportChoice,
    answer=schemas.AgeingReport,
    files=(CSV,),
)
def get_ageing_report(request: Request) -> Answer:
    """How old the debts are that stand at the end of a day, a row for each currency and for each account asked for."""
    asked = dict(request.query)
    return _report(request, AGEING, day_of(asked.pop("as_of")) | asked)


def _report(request: Request, report: Report, asked: Mapping[str, Any]) -> Answer:
    period = {name: asked[name] for name in ("start", "end", "interval", "time_zone")}
    question = report.question({name: asked[name] for name in report.dimensions if name in asked}, **period)
    planned, found = ask(question, Reader())
    wanted = asked.get("format") or _FORMATS[preferred(request.accept, list(_FORMATS))]
    if wanted is Format.JSON:
        return ok(table_of(report, question, planned, found))
    content = csv_of(report, question, planned, found)
    return passing_file(File(content, f"{CSV}; charset=utf-8; header=present"), csv_name(report, question, planned))
