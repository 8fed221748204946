"""Mails that were received, as they go out."""

from marshmallow import fields

from backoffice.schemas import Id, Strict, Utc, Whole
from customer_support.domain.mail import Fate


class MailFilter(Strict):
    fate = fields.Enum(Fate, by_value=True)


class ReceivedMail(Strict):
    id = fields.String()
    key = fields.String(metadata={"description": "Where it lies in the bucket, as it was received."})
    size = Whole(metadata={"description": "Bytes."})
    fate = fields.Enum(Fate, by_value=True)
    reason = fields.String(allow_none=True, metadata={"description": "The sign by which a machine wrote it."})
    received_at = Utc()
    ticket_id = Id("tkt", allow_none=True)
