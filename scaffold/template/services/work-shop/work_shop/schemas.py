"""What comes in and goes out: requests, answers, and the data of other contexts' events."""

from marshmallow import fields

from backoffice.schemas import Changes, Id, Strict, Text, Tolerant, Utc, Zone
from work_shop.domain.spare_part import State


class NewSparePart(Strict):
    customer_id = Id("cus", required=True)
    title = Text(200, required=True)


class SparePartChanges(Changes):
    title = Text(200)


class SparePartFilter(Strict):
    customer_id = Id("cus", load_default=None)


class SparePart(Strict):
    id = Id("spp")
    customer_id = Id("cus")
    title = fields.String()
    state = fields.Enum(State, by_value=True)
    created_at = Utc()
    updated_at = Utc()
    ended_at = Utc(allow_none=True)


class Customer(Strict):
    id = Id("cus")
    time_zone = Zone()


class CustomerFact(Tolerant):
    """Name and e-mail address are left where they are: what is not kept need not be erased."""

    customer_id = Id("cus", required=True)
    time_zone = Zone(required=True)
