"""What customer support needs of the events of other contexts."""

from typing import Any

from marshmallow import fields, post_load

from backoffice.schemas import Day, Id, Tolerant, Whole
from customer_support.domain.erasure import Erased, Kept


class ForgetCustomer(Tolerant):
    """Customer support's command to itself; ``look`` is how often it is to have gone through everything."""

    customer_id = Id("cus", required=True)
    look = Whole(least=1, required=True)


class ErasedThings(Tolerant):
    what = fields.String(required=True)
    count = Whole(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Erased:
        return Erased(**data)


class KeptThings(Tolerant):
    what = fields.String(required=True)
    count = Whole(required=True)
    legal_basis = fields.String(required=True)
    until = Day(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Kept:
        return Kept(**data)


class ErasureAnswer(Tolerant):
    """What a context answers to EraseCustomer."""

    erasure_id = Id("era", required=True)
    erased = fields.List(fields.Nested(ErasedThings), required=True)
    kept = fields.List(fields.Nested(KeptThings), required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "erased": tuple(data["erased"]), "kept": tuple(data["kept"])}


class TimeEntryBilled(Tolerant):
    time_entry_id = Id("tme", required=True)
    ticket_id = Id("tkt", required=True)
    invoice_id = Id("inv", required=True)
