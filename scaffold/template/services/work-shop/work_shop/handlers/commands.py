"""Writes of the API."""

from backoffice.http import Answer, Api, Request, created, ok
from backoffice.ids import new_id
from work_shop import schemas
from work_shop.domain.spare_part import SparePart
from work_shop.store import Store

WRITERS = "agents"
SPARE_PART = {"spare_part_id": "spp"}

api = Api()
handler = api.handler


@api.post(
    "/spare-parts",
    group=WRITERS,
    body=schemas.NewSparePart,
    answer=schemas.SparePart,
    status=201,
    idempotent=True,
)
def create_spare_part(request: Request) -> Answer:
    """Create a spare part of a customer."""
    spare_part = SparePart.create(new_id("spp"), request.body, request.at)
    answer = created(spare_part, f"/spare-parts/{spare_part.id}", version=spare_part.next_version)
    Store().save(spare_part, request.receipt(answer))
    return answer


@api.patch(
    "/spare-parts/{spare_part_id}",
    group=WRITERS,
    body=schemas.SparePartChanges,
    answer=schemas.SparePart,
    ids=SPARE_PART,
)
def change_spare_part(request: Request) -> Answer:
    """Change a spare part's details."""
    store = Store()
    spare_part = store.spare_part(request.path["spare_part_id"])
    request.require_version(spare_part.version)
    spare_part.change(request.body, request.at)
    store.save(spare_part)
    return ok(spare_part, version=spare_part.next_version)


@api.post(
    "/spare-parts/{spare_part_id}/end",
    group=WRITERS,
    answer=schemas.SparePart,
    idempotent=True,
    ids=SPARE_PART,
)
def end_spare_part(request: Request) -> Answer:
    """End a spare part, for good."""
    store = Store()
    spare_part = store.spare_part(request.path["spare_part_id"])
    request.require_version(spare_part.version)
    spare_part.end(request.at)
    answer = ok(spare_part, version=spare_part.next_version)
    store.save(spare_part, request.receipt(answer))
    return answer
