"""Writes of the analytics API."""

import os
import re
from collections.abc import Callable
from datetime import datetime

from analytics.domain.drops.source import SOURCE_ID, Columns, DropSource, Expectation, Layout
from analytics.domain.generations import Generations
from analytics.domain.rebuilds import PROJECTIONS, Rebuild
from analytics.schemas import drops as schemas
from analytics.schemas import rebuilds as rebuild_schemas
from analytics.store.drops import DropStore
from analytics.store.generations import GenerationStore
from analytics.store.rebuilds import RebuildStore
from analytics.transforming import alerting
from backoffice.domain import Invalid
from backoffice.errors import StaleVersion
from backoffice.http import Answer, Api, NotFound, Request, accepted, ok
from backoffice.ids import new_id
from backoffice.messages.loan import ask

ANALYSTS = "analysts"
OPERATORS = "operators"
REBUILD = {"rebuild_id": "rbd"}
_TRIES = 5

api = Api()
handler = api.handler


@api.put("/drop-sources/{source_id}", group=OPERATORS, body=schemas.SourceSetup, answer=schemas.Source)
def put_drop_source(request: Request) -> Answer:
    """Say how a third party's files are written, when they are expected, and whom to alert."""
    source_id = request.path["source_id"]
    if not re.fullmatch(SOURCE_ID, source_id):
        raise Invalid.one("source_id", f"Must match {SOURCE_ID}.")
    store, body = DropStore(), dict(request.body)
    standing = store.source(source_id)
    version = standing.version if standing else 0
    request.require_version(version)
    expected, address = body.pop("expected"), body.pop("alert_address")
    layout = Layout(columns=Columns(**body.pop("columns")), **body)
    expectation = expected and Expectation(**expected, since=request.at)
    source = DropSource(id=source_id, version=version, layout=layout, alert_address=address, expectation=expectation)
    source.check()
    store.save_source(source)
    if address:
        alerting.subscribe(address)
    return ok(source, version=source.next_version)


@api.post(
    "/projections/{projection}/rebuilds",
    group=OPERATORS,
    body=rebuild_schemas.NewRebuild,
    answer=rebuild_schemas.Rebuild,
    status=202,
    idempotent=True,
)
def rebuild_projection(request: Request) -> Answer:
    """Make a projection anew from the archive, beside the one that is read; it is switched to once it is sure."""
    projection = request.path["projection"]
    if projection not in PROJECTIONS:
        raise NotFound("projection", projection)

    def attempt() -> Answer:
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

    return _until_won(attempt)


@api.post(
    "/projections/{projection}/rebuilds/{rebuild_id}/switch",
    group=OPERATORS,
    answer=rebuild_schemas.Rebuild,
    idempotent=True,
    ids=REBUILD,
)
def switch_to_rebuild(request: Request) -> Answer:
    """Read the new generation from now on, although it differs, or again after switching back."""
    return _change(request, Rebuild.switch)


@api.post(
    "/projections/{projection}/rebuilds/{rebuild_id}/switch-back",
    group=OPERATORS,
    answer=rebuild_schemas.Rebuild,
    idempotent=True,
    ids=REBUILD,
)
def switch_back_from_rebuild(request: Request) -> Answer:
    """Read the previous generation again: it has counted everything that has come since."""
    return _change(request, Rebuild.switch_back)


@api.post(
    "/projections/{projection}/rebuilds/{rebuild_id}/discard",
    group=OPERATORS,
    answer=rebuild_schemas.Rebuild,
    idempotent=True,
    ids=REBUILD,
)
def discard_rebuild(request: Request) -> Answer:
    """Drop the one of the two generations that is not read: the new one, or the way back once it is switched."""
    return _change(request, Rebuild.discard)


def _change(request: Request, change: Callable[[Rebuild, Generations, datetime], Generations]) -> Answer:
    """Let a rebuild change which generations there are; a worker that saves it meanwhile is waited out."""
    store, generations = RebuildStore(), GenerationStore()

    def attempt() -> Answer:
        rebuild = store.rebuild(request.path["projection"], request.path["rebuild_id"])
        decided = change(rebuild, generations.current(), request.at)
        answer = ok(rebuild)
        store.save(rebuild, decided, request.receipt(answer))
        generations.settle()
        if rebuild.clearing:
            _go_on(rebuild)
        return answer

    return _until_won(attempt)


def _go_on(rebuild: Rebuild) -> None:
    ask(os.environ["REBUILDS_QUEUE_URL"], {"projection": rebuild.projection, "rebuild_id": rebuild.id})


def _until_won(attempt: Callable[[], Answer]) -> Answer:
    """Try again as long as somebody else changes the same thing in between."""
    for _ in range(_TRIES):
        try:
            return attempt()
        except StaleVersion:
            continue
    return attempt()
