"""Reads of the analytics API: the catalogue of metrics, questions about them, reports, and the files of others."""

from collections.abc import Mapping
from typing import Any

from analytics import schemas
from analytics.answers import answer_to, explained
from analytics.domain.asking import ask
from analytics.domain.catalogue import CATALOGUE
from analytics.domain.causes import Bucket
from analytics.domain.planning import Question
from analytics.domain.rebuilds import PROJECTIONS
from analytics.domain.reports import AGEING, RECEIVABLES, SUPPORT, Report, day_of
from analytics.schemas import drops as drop_schemas
from analytics.schemas import rebuilds as rebuild_schemas
from analytics.schemas import reports as report_schemas
from analytics.schemas.causes import Cause, CauseFilter
from analytics.schemas.reports import Format
from analytics.store.causes import CauseStore
from analytics.store.drops import DropStore
from analytics.store.reading import Reader
from analytics.store.rebuilds import RebuildStore
from analytics.store.records import RecordStore, Wanted
from analytics.tables import csv_name, csv_of, table_of
from backoffice.http import Answer, Api, File, NotFound, Request, ok, passing_file, preferred
from backoffice.http.served import openapi_document

ANALYSTS = "analysts"
DROP = {"drop_id": "drp"}
REBUILD = {"rebuild_id": "rbd"}
CSV = "text/csv"
_FORMATS = {"application/json": Format.JSON, CSV: Format.CSV}

api = Api()
handler = api.handler
api.get("/openapi.json", group=None)(openapi_document)


@api.get("/metrics", group=ANALYSTS, answer=schemas.Metric, many=True)
def list_metrics(request: Request) -> Answer:
    """The metrics that can be asked for, each with its definition, by name."""
    last = (request.page.start or {}).get("name", "")
    following = sorted(name for name in CATALOGUE if name > last)
    page = following[: request.page.limit]
    last_key = {"name": page[-1]} if len(page) < len(following) else None
    return request.listing([CATALOGUE[name] for name in page], last_key)


@api.post("/query", group=ANALYSTS, body=schemas.Question, answer=schemas.Answer, read_only=True)
def query(request: Request) -> Answer:
    """Metrics by local hour, day, week or month of any time zone."""
    question = Question(**request.body)
    planned, found = ask(question, Reader())
    return ok(answer_to(question, planned, found))


@api.get("/metrics/{name}/events", group=ANALYSTS, query=CauseFilter, answer=Cause, many=True)
def list_metric_events(request: Request) -> Answer:
    """The events behind a point of a metric: what happened within its interval, by quarter hour.

    The amounts add up to a flow, and to how much a level has changed; a percentile is one of the durations.
    """
    name, filters = request.path["name"], dict(request.query)
    if name not in CATALOGUE:
        raise NotFound("metric", name)
    bucket = Bucket(CATALOGUE[name], filters.pop("bucket"), filters)
    events, last_key = CauseStore().find(bucket, request.page)
    return request.listing([explained(bucket, event) for event in events], last_key)


@api.get(
    "/reports/support",
    group=ANALYSTS,
    query=report_schemas.SupportReportChoice,
    answer=report_schemas.SupportReport,
    files=(CSV,),
)
def get_support_report(request: Request) -> Answer:
    """How support is doing: volume, waiting times, promises and satisfaction, a row for each interval."""
    return _report(request, SUPPORT, request.query)


@api.get(
    "/reports/receivables",
    group=ANALYSTS,
    query=report_schemas.ReceivablesReportChoice,
    answer=report_schemas.ReceivablesReport,
    files=(CSV,),
)
def get_receivables_report(request: Request) -> Answer:
    """What was invoiced, what became of it and what is outstanding, a row for each interval and currency."""
    return _report(request, RECEIVABLES, request.query)


@api.get(
    "/reports/ageing",
    group=ANALYSTS,
    query=report_schemas.AgeingReportChoice,
    answer=report_schemas.AgeingReport,
    files=(CSV,),
)
def get_ageing_report(request: Request) -> Answer:
    """How old the debts are that stand at the end of a day, a row for each currency and for each account asked for."""
    asked = dict(request.query)
    return _report(request, AGEING, day_of(asked.pop("as_of")) | asked)


@api.get("/drop-sources", group=ANALYSTS, answer=drop_schemas.Source, many=True)
def list_drop_sources(request: Request) -> Answer:
    """The third parties whose files are taken in, by id."""
    return request.listing(*DropStore().listed_sources(request.page))


@api.get("/drop-sources/{source_id}", group=ANALYSTS, answer=drop_schemas.Source)
def get_drop_source(request: Request) -> Answer:
    """How a third party's files are written, when they are expected, and who is alerted."""
    source_id = request.path["source_id"]
    source = DropStore().source(source_id)
    if source is None:
        raise NotFound("drop_source", source_id)
    return ok(source, version=source.version)


@api.get("/drops", group=ANALYSTS, query=drop_schemas.DropFilter, answer=drop_schemas.Drop, many=True)
def list_drops(request: Request) -> Answer:
    """Files of one source or all, newest first."""
    return request.listing(*DropStore().drops(request.query["source_id"], request.page))


@api.get("/drops/{drop_id}", group=ANALYSTS, answer=drop_schemas.Drop, ids=DROP)
def get_drop(request: Request) -> Answer:
    """One file: its state, and how far it has been worked through."""
    drop = DropStore().drop(request.path["drop_id"])
    return ok(drop, version=drop.version)


@api.get("/drops/{drop_id}/errors", group=ANALYSTS, answer=drop_schemas.RowError, many=True, ids=DROP)
def list_drop_errors(request: Request) -> Answer:
    """Rows of a file that were rejected, by line: the first thousand of each range."""
    return request.listing(*DropStore().errors(request.path["drop_id"], request.page))


@api.get("/records", group=ANALYSTS, query=drop_schemas.RecordFilter, answer=drop_schemas.Record, many=True)
def list_records(request: Request) -> Answer:
    """What third parties have told of a user, of an event type or of both, by day; also while a file is being read."""
    return request.listing(*RecordStore().find(Wanted(**request.query), request.page))


@api.get("/projections/{projection}/rebuilds", group=ANALYSTS, answer=rebuild_schemas.Rebuild, many=True)
def list_rebuilds(request: Request) -> Answer:
    """Rebuilds of a projection, newest first."""
    projection = request.path["projection"]
    if projection not in PROJECTIONS:
        raise NotFound("projection", projection)
    return request.listing(*RebuildStore().rebuilds(projection, request.page))


@api.get("/projections/{projection}/rebuilds/{rebuild_id}", group=ANALYSTS, answer=rebuild_schemas.Rebuild, ids=REBUILD)
def get_rebuild(request: Request) -> Answer:
    """One rebuild: how far it is, and what comparing has found."""
    rebuild = RebuildStore().rebuild(request.path["projection"], request.path["rebuild_id"])
    return ok(rebuild, version=rebuild.version)


@api.get(
    "/projections/{projection}/rebuilds/{rebuild_id}/differences",
    group=ANALYSTS,
    answer=rebuild_schemas.Difference,
    many=True,
    ids=REBUILD,
)
def list_differences(request: Request) -> Answer:
    """What differs between the two generations: the first thousand of what was found."""
    store = RebuildStore()
    store.rebuild(request.path["projection"], request.path["rebuild_id"])
    return request.listing(*store.differences(request.path["rebuild_id"], request.page))


def _report(request: Request, report: Report, asked: Mapping[str, Any]) -> Answer:
    period = {name: asked[name] for name in ("start", "end", "interval", "time_zone")}
    question = report.question({name: asked[name] for name in report.dimensions if name in asked}, **period)
    planned, found = ask(question, Reader())
    wanted = asked.get("format") or _FORMATS[preferred(request.accept, list(_FORMATS))]
    if wanted is Format.JSON:
        return ok(table_of(report, question, planned, found))
    content = csv_of(report, question, planned, found)
    return passing_file(File(content, f"{CSV}; charset=utf-8; header=present"), csv_name(report, question, planned))
