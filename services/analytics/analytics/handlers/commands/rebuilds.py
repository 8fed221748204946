"""Numbers made anew from the archive."""

import os
from collections.abc import Callable
from datetime import datetime

from analytics.domain.generations import Generations
from analytics.domain.rebuilds import PROJECTIONS, Rebuild
from analytics.handlers.commands.routes import OPERATORS, REBUILD, api
from analytics.schemas import rebuilds as schemas
from analytics.store.generations import GenerationStore
from analytics.store.rebuilds import RebuildStore
from backoffice.contention import retry_on_conflict
from backoffice.errors import NotFound
from backoffice.http import Answer, Request, accepted, ok
from backoffice.ids import new_id
from backoffice.messages.loan import ask


@api.post(
    "/projections/{projection}/rebuilds",
    group=OPERATORS,
    body=schemas.NewRebuild,
    answer=schemas.Rebuild,
    status=202,
    idempotent=True,
)
@retry_on_conflict()
def rebuild_projection(request: Request) -> Answer:
    """Make a projection anew from the archive, beside the one that is read; it is switched to once it is sure."""
    projection = request.path["projection"]
    if projection not in PROJECTIONS:
        raise NotFound("projection", projection)

    generations = GenerationStore().current()
    started = generations.start()
    rebuild = Rebuild(
        id=new_id("rbd"),
        projection=projection,
        on_difference=request.body["on_difference"],
        requested_at=request.at,
        touched_at=request.at,
        previous=generations.read,
        generation=started.written[-1],
    )
    answer = accepted(rebuild, f"/projections/{projection}/rebuilds/{rebuild.id}")
    RebuildStore().add(rebuild, started, request.receipt(answer))
    GenerationStore().settle()
    _go_on(rebuild)
    return answer


@api.post(
    "/projections/{projection}/rebuilds/{rebuild_id}/switch",
    group=OPERATORS,
    answer=schemas.Rebuild,
    idempotent=True,
    ids=REBUILD,
)
def switch_to_rebuild(request: Request) -> Answer:
    """Read the new generation from now on, although it differs, or again after switching back."""
    return _change(request, Rebuild.switch)


@api.post(
    "/projections/{projection}/rebuilds/{rebuild_id}/switch-back",
    group=OPERATORS,
    answer=schemas.Rebuild,
    idempotent=True,
    ids=REBUILD,
)
def switch_back_from_rebuild(request: Request) -> Answer:
    """Read the previous generation again: it has counted everything that has come since."""
    return _change(request, Rebuild.switch_back)


@api.post(
    "/projections/{projection}/rebuilds/{rebuild_id}/discard",
    group=OPERATORS,
    answer=schemas.Rebuild,
    idempotent=True,
    ids=REBUILD,
)
def discard_rebuild(request: Request) -> Answer:
    """Drop the one of the two generations that is not read: the new one, or the way back once it is switched."""
    return _change(request, Rebuild.discard)


@retry_on_conflict()
def _change(request: Request, change: Callable[[Rebuild, Generations, datetime], Generations]) -> Answer:
    """Let a rebuild change which generations there are; a worker that saves it meanwhile is waited out."""
    store, generations = RebuildStore(), GenerationStore()

    rebuild = store.rebuild(request.path["projection"], request.path["rebuild_id"])
    decided = change(rebuild, generations.current(), request.at)
    answer = ok(rebuild)
    store.save(rebuild, decided, request.receipt(answer))
    generations.settle()
    if rebuild.clearing:
        _go_on(rebuild)
    return answer


def _go_on(rebuild: Rebuild) -> None:
    ask(os.environ["REBUILDS_QUEUE_URL"], {"projection": rebuild.projection, "rebuild_id": rebuild.id})
