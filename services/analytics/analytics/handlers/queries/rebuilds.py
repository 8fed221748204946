"""Numbers made anew from the archive: how far it is, and what was found."""

from analytics.domain.rebuilds import PROJECTIONS
from analytics.handlers.queries.routes import ANALYSTS, api
from analytics.schemas import rebuilds as schemas
from analytics.store.rebuilds import RebuildStore
from backoffice.http import Answer, NotFound, Request, ok

REBUILD = {"rebuild_id": "rbd"}


@api.get("/projections/{projection}/rebuilds", group=ANALYSTS, answer=schemas.Rebuild, many=True)
def list_rebuilds(request: Request) -> Answer:
    """Rebuilds of a projection, newest first."""
    projection = request.path["projection"]
    if projection not in PROJECTIONS:
        raise NotFound("projection", projection)
    return request.listing(*RebuildStore().rebuilds(projection, request.page))


@api.get("/projections/{projection}/rebuilds/{rebuild_id}", group=ANALYSTS, answer=schemas.Rebuild, ids=REBUILD)
def get_rebuild(request: Request) -> Answer:
    """One rebuild: how far it is, and what comparing has found."""
    rebuild = RebuildStore().rebuild(request.path["projection"], request.path["rebuild_id"])
    return ok(rebuild, version=rebuild.version)


@api.get(
    "/projections/{projection}/rebuilds/{rebuild_id}/differences",
    group=ANALYSTS,
    answer=schemas.Difference,
    many=True,
    ids=REBUILD,
)
def list_differences(request: Request) -> Answer:
    """What differs between the two generations: the first thousand of what was found."""
    store = RebuildStore()
    store.rebuild(request.path["projection"], request.path["rebuild_id"])
    return request.listing(*store.differences(request.path["rebuild_id"], request.page))
