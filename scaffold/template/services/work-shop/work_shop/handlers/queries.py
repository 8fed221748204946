"""Reads of the API."""

from backoffice.http import Answer, Api, Request, ok
from backoffice.http.served import openapi_document
from work_shop import schemas
from work_shop.store import Store

READERS = "agents"

api = Api()
handler = api.handler
api.get("/openapi.json", group=None)(openapi_document)


@api.get("/spare-parts", group=READERS, query=schemas.SparePartFilter, answer=schemas.SparePart, many=True)
def list_spare_parts(request: Request) -> Answer:
    """Spare parts of one customer or all, newest first."""
    return request.listing(*Store().spare_parts(request.query["customer_id"], request.page))


@api.get("/spare-parts/{spare_part_id}", group=READERS, answer=schemas.SparePart, ids={"spare_part_id": "spp"})
def get_spare_part(request: Request) -> Answer:
    """One spare part."""
    spare_part = Store().spare_part(request.path["spare_part_id"])
    return ok(spare_part, version=spare_part.version)


@api.get("/customers/{customer_id}", group=READERS, answer=schemas.Customer, ids={"customer_id": "cus"})
def get_customer(request: Request) -> Answer:
    """What is known here of a customer; customer support is the truth about it."""
    return ok(Store().customer(request.path["customer_id"]))
