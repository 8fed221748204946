"""The files of third parties, and what they tell."""

from analytics.handlers.queries.routes import ANALYSTS, api
from analytics.schemas import drops as schemas
from analytics.store.drops import DropStore
from analytics.store.records import RecordStore, Wanted
from backoffice.http import Answer, NotFound, Request, ok

DROP = {"drop_id": "drp"}


@api.get("/drop-sources", group=ANALYSTS, answer=schemas.Source, many=True)
def list_drop_sources(request: Request) -> Answer:
    """The third parties whose files are taken in, by id."""
    return request.listing(*DropStore().listed_sources(request.page))


@api.get("/drop-sources/{source_id}", group=ANALYSTS, answer=schemas.Source)
def get_drop_source(request: Request) -> Answer:
    """How a third party's files are written, when they are expected, and who is alerted."""
    source_id = request.path["source_id"]
    source = DropStore().source(source_id)
    if source is None:
        raise NotFound("drop_source", source_id)
    return ok(source, version=source.version)


@api.get("/drops", group=ANALYSTS, query=schemas.DropFilter, answer=schemas.Drop, many=True)
def list_drops(request: Request) -> Answer:
    """Files of one source or all, newest first."""
    return request.listing(*DropStore().drops(request.query["source_id"], request.page))


@api.get("/drops/{drop_id}", group=ANALYSTS, answer=schemas.Drop, ids=DROP)
def get_drop(request: Request) -> Answer:
    """One file: its state, and how far it has been worked through."""
    drop = DropStore().drop(request.path["drop_id"])
    return ok(drop, version=drop.version)


@api.get("/drops/{drop_id}/errors", group=ANALYSTS, answer=schemas.RowError, many=True, ids=DROP)
def list_drop_errors(request: Request) -> Answer:
    """Rows of a file that were rejected, by line: the first thousand of each range."""
    return request.listing(*DropStore().errors(request.path["drop_id"], request.page))


@api.get("/records", group=ANALYSTS, query=schemas.RecordFilter, answer=schemas.Record, many=True)
def list_records(request: Request) -> Answer:
    """What third parties have told of a user, of an event type or of both, by day; also while a file is being read."""
    return request.listing(*RecordStore().find(Wanted(**request.query), request.page))
