"""What comes in and goes out: the API's questions and answers; what other contexts tell is in ``events``."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate

from analytics.domain.catalogue import Kind, Unit
from analytics.domain.intervals import Interval
from analytics.domain.measures import ACCOUNT, CURRENCY, NOBODY
from analytics.domain.planning import FIRST_YEAR, LAST_YEAR, MAX_ACCOUNTS, MAX_INTERVALS
from analytics.schemas.events import CURRENCY_CODE
from backoffice.schemas import Day, Id, Strict, Text, Utc, Zone

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


def _values(field: fields.Field[Any], most: int = 50, description: str | None = None) -> fields.List[Any]:
    metadata = {"description": description} if description else {}
    return fields.List(field, validate=validate.Length(min=1, max=most), metadata=metadata)


class Filters(Strict):
    """Which series to answer, by dimension; a filter applies to the metrics that have its dimension."""

    queue = _values(fields.String(validate=validate.Length(1, 50)))
    priority = _values(fields.String(validate=validate.OneOf(["low", "normal", "high", "urgent"])))
    agent = _values(Text(128), description=f"User names; {NOBODY} stands for tickets that have no agent.")
    currency = _values(fields.String(validate=CURRENCY_CODE))
    account = _values(Id("cus"), most=MAX_ACCOUNTS, description="Accounts are read one by one.")


class Question(Strict):
    metrics = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(min=1, max=40),
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
    dimensions = fields.List(
        fields.String(),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={
            "description": "Dimensions to split the answer by; a metric without one of them is not split by it. Money "
            f"is always split by {CURRENCY}. Splitting by {ACCOUNT} needs a filter that names the accounts."
        },
    )


class Point(Strict):
    start = Utc()
    end = Utc()
    value = fields.Raw(
        metadata={
            "type": ["integer", "number", "string", "null"],
            "description": "A count as an integer, seconds as a number, money, percent, scores and days as a decimal "
            "string; null where nothing was measured.",
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
    dimensions = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "What the series is about, by each of the dimensions that were asked for."},
    )
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
        metadata={
            "description": "A flow adds up within an interval, a level is what stands at its end; a ratio, a mean and "
            "a percentile are of what happened within it, and null of nothing."
        },
    )
    dimensions = fields.List(fields.String())
