"""Customers as they come in and go out."""

from typing import Any

from marshmallow import ValidationError, fields, post_load

from backoffice.schemas import Changes, Id, Locale, Strict, Text, Utc, Zone
from customer_support.schemas.parts import Email


class NewCustomer(Strict):
    name = Text(200, required=True)
    email = Email(required=True)
    company = Text(200, load_default=None, allow_none=True)
    locale = Locale(load_default="en")
    time_zone = Zone(load_default="UTC")


class CustomerChanges(Changes):
    name = Text(200)
    email = Email()
    company = Text(200, allow_none=True)
    locale = Locale()
    time_zone = Zone()


class CustomerFilter(Strict):
    """One filter at a time; none lists all customers."""

    name = Text(200, metadata={"description": "How a word of the name begins, in whatever capitals and accents."})
    company = Text(200, metadata={"description": "How the company's name begins."})
    email = Text(254, metadata={"description": "The whole address."})

    @post_load
    def demand_one(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if len(data) > 1:
            raise ValidationError({name: ["Filter by one field at a time."] for name in data})
        return data


class Customer(Strict):
    id = Id("cus")
    name = fields.String()
    email = fields.String()
    company = fields.String(allow_none=True)
    locale = Locale()
    time_zone = Zone()
    created_at = Utc()
    updated_at = Utc()
