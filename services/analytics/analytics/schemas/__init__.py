"""What comes in and goes out: the API's questions and answers, and the data of the events that are measured."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate

from analytics.domain.catalogue import Kind, Unit
from analytics.domain.intervals import Interval
from analytics.domain.planning import FIRST_YEAR, LAST_YEAR, MAX_INTERVALS
from backoffice.currencies import MINOR_UNITS
from backoffice.schemas import Day, DecimalString, Strict, Tolerant, Utc, Zone

# Decimal adds up to 28 digits exactly; what another context has issued is not for us to refuse.
_LARGEST_AMOUNT = "999999999999999999999999"
_CURRENCY = validate.OneOf(MINOR_UNITS, error="Not an ISO 4217 currency, like EUR.")
_MOMENT = (
    "A date (a day of time_zone, from its beginning) or an RFC 3339 time with offset at a full quarter of an hour; "
    f"of the years {FIRST_YEAR} to {LAST_YEAR}."
)


class Moment(fields.Field[date]):
    """A local date, ``2026-11-23``, or a time with offset, ``2026-11-23T17:15:00Z``."""

    def __init__(self, meaning: str, **kwargs: Any) -> None:
        description = f"{meaning} {_MOMENT}"
        super().__init__(metadata={"type": "string", "description": description}, **kwargs)
        self._day, self._time = Day(), Utc()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        kind = self._day if isinstance(value, str) and re.fullmatch(r"[0-9-]*", value) else self._time
        try:
            moment: date = kind.deserialize(value)
        except ValidationError:
            raise ValidationError("Neither a date nor an RFC 3339 time with offset.") from None
        return moment


class Filters(Strict):
    """Which series to answer, by dimension; a filter applies to the metrics that have its dimension."""

    currency = fields.List(
        fields.String(validate=_CURRENCY),
        validate=validate.Length(min=1, max=50),
    )


class Question(Strict):
    metrics = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(min=1, max=20),
        metadata={"description": "Names from GET /metrics."},
    )
    start = Moment("Where the first interval begins.", data_key="from", required=True)
    end = Moment("Where the last interval ends, itself not included.", data_key="to", required=True)
    interval = fields.Enum(
        Interval,
        by_value=True,
        required=True,
        metadata={"description": f"Of local time, {MAX_INTERVALS} at most. Clock changes cut an hour short."},
    )
    time_zone = Zone(required=True, metadata={"description": "The IANA zone whose hours and days are meant."})
    filters = fields.Nested(Filters, load_default=dict)


class Point(Strict):
    start = Utc()
    end = Utc()
    value = fields.Raw(
        metadata={
            "type": ["integer", "string"],
            "description": "A count as an integer, money as a decimal string.",
        }
    )


class _Points(fields.List[Any]):
    """Points that are JSON already: an answer may have tens of thousands."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value


class Series(Strict):
    metric = fields.String()
    unit = fields.Enum(Unit, by_value=True)
    currency = fields.String(metadata={"description": "Only for money."})
    points = _Points(fields.Nested(Point))


class Answer(Strict):
    time_zone = Zone()
    interval = fields.Enum(Interval, by_value=True)
    start = Utc(data_key="from")
    end = Utc(data_key="to")
    series = fields.List(fields.Nested(Series))


class Metric(Strict):
    name = fields.String()
    definition = fields.String()
    unit = fields.Enum(Unit, by_value=True)
    kind = fields.Enum(
        Kind,
        by_value=True,
        metadata={"description": "A flow adds up within an interval, a level is what stands at its end."},
    )
    dimensions = fields.List(fields.String())


class TicketOpened(Tolerant):
    opened_at = Utc(required=True)


class TicketSolved(Tolerant):
    solved_at = Utc(required=True)


class InvoiceIssued(Tolerant):
    currency = fields.String(required=True, validate=_CURRENCY)
    issued_at = Utc(required=True)
    tax_inclusive = DecimalString(most=_LARGEST_AMOUNT, required=True)


class Allocation(Tolerant):
    amount = DecimalString(most=_LARGEST_AMOUNT, required=True)


class PaymentRecorded(Tolerant):
    currency = fields.String(required=True, validate=_CURRENCY)
    amount = DecimalString(most=_LARGEST_AMOUNT, required=True)
    recorded_at = Utc(required=True)
    allocations = fields.List(fields.Nested(Allocation), required=True)
