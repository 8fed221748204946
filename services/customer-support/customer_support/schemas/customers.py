"""Customers as they come in and go out."""

from marshmallow import fields

from backoffice.schemas import Id, Locale, Strict, Text, Utc, Zone
from customer_support.schemas.parts import Changes, Email


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


class Customer(Strict):
    id = Id("cus")
    name = fields.String()
    email = fields.String()
    company = fields.String(allow_none=True)
    locale = Locale()
    time_zone = Zone()
    created_at = Utc()
    updated_at = Utc()
