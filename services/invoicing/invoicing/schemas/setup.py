"""What a company sets up: prices of time, series of numbers, how to pursue what is overdue. The seller is in parts."""

from marshmallow import fields, validate

from backoffice.schemas import Day, DecimalString, Strict, Text, Whole
from invoicing.domain import rates
from invoicing.domain.numbering import Documents
from invoicing.schemas.parts import Currency, Sparse, Tax


class Rate(Sparse):
    rate_code = fields.String(attribute="id", dump_only=True)
    description = Text(200, required=True)
    unit = fields.String(load_default=rates.HOUR, validate=validate.Equal(rates.HOUR))
    unit_price = DecimalString(required=True, least="0")
    currency = Currency(required=True)
    tax = fields.Nested(Tax, required=True)
    step_minutes = Whole(
        least=1,
        most=1440,
        load_default=None,
        allow_none=True,
        metadata={"description": "Each begun step of so many minutes is charged whole: 15 makes 20 minutes 30."},
    )
    sparse = frozenset({"step_minutes"})


class Series(Strict):
    id = fields.String(dump_only=True)
    prefix = Text(20, required=True)
    digits = Whole(least=1, most=12, load_default=6)
    documents = fields.Enum(Documents, by_value=True, load_default=Documents.INVOICES)
    next_number = Whole(dump_only=True)
    last_issue_date = Day(dump_only=True, allow_none=True)


class MisdatedNumber(Strict):
    number = Whole()
    issue_date = Day()
    before = Day(metadata={"description": "The issue date of the number before it, which is later."})


class DocumentTwice(Strict):
    document_id = fields.String()
    numbers = fields.List(Whole())


class SeriesAudit(Strict):
    """What reading every number of a series has shown; it ``is_complete`` if they are 1 to n, each once, in order."""

    series_id = fields.String()
    last_number = Whole(metadata={"description": "What the series' counter says."})
    numbers = Whole(metadata={"description": "How many numbers were read."})
    is_complete = fields.Boolean()
    gaps = fields.List(Whole())
    twins = fields.List(fields.Nested(DocumentTwice))
    misdated = fields.List(fields.Nested(MisdatedNumber))


class DunningPolicy(Strict):
    id = fields.String(dump_only=True)
    step_days = fields.List(
        Whole(least=1, most=3650),
        required=True,
        validate=validate.Length(min=1, max=10),
        metadata={"description": "For each step how many days after the due date it is reached."},
    )
