"""The events behind a number: what is asked, and what is answered."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from analytics.domain.intervals import Span
from analytics.schemas import Filters
from backoffice.schemas import Day, Strict, Utc


class Interval(fields.Field[Span]):
    """An ISO 8601 interval of two times with offset, ``2026-11-23T17:00:00Z/2026-11-23T18:00:00Z``."""

    def __init__(self, **kwargs: Any) -> None:
        description = (
            "The interval of a point, as POST /query tells it: start/end (the end not included), each an RFC 3339 time "
            "with offset at a full quarter of an hour."
        )
        super().__init__(metadata={"type": "string", "description": description}, **kwargs)
        self._time = Utc()

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Span:
        start, slash, end = str(value).partition("/")
        if not slash:
            raise ValidationError("Not start/end, like 2026-11-23T17:00:00Z/2026-11-23T18:00:00Z.")
        span = Span(self._time.deserialize(start), self._time.deserialize(end))
        if span.start >= span.end:
            raise ValidationError("Must end later than it starts.")
        return span


class Values(fields.Field[list[str]]):
    """Values of a dimension, with commas between them; each as in a filter of POST /query."""

    def __init__(self, values: fields.Field[Any], meaning: str = "") -> None:
        told = f"{meaning} {values.metadata.get('description', '')}".strip()
        super().__init__(
            metadata={"type": "string", "description": f"{told} Several with commas between them.".strip()}
        )
        self._values = values

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[str]:
        try:
            return list(self._values.deserialize(str(value).split(",")))
        except ValidationError as error:
            told = error.messages
            raise ValidationError(next(iter(told.values())) if isinstance(told, dict) else told) from None


CauseFilter = Strict.from_dict(
    {"bucket": Interval(required=True), **{name: Values(values) for name, values in Filters().fields.items()}},
    name="CauseFilter",
)


_AMOUNT = {
    "type": ["integer", "number", "string"],
    "description": "A count as an integer, a duration as a number of seconds (below zero if it is taken back), money "
    "as a decimal string.",
}


class CauseChange(Strict):
    measure = fields.String(metadata={"description": "What was added to: a metric is computed from one or several."})
    dimensions = fields.Dict(keys=fields.String(), values=fields.String())
    due_date = Day(allow_none=True, metadata={"description": "Of debts that are kept by it."})
    amount = fields.Raw(metadata=_AMOUNT)


class Cause(Strict):
    event_id = fields.String()
    type = fields.String()
    occurred_at = Utc()
    aggregate_id = fields.String()
    trace_id = fields.String(allow_none=True)
    amount = fields.Raw(
        metadata={
            **_AMOUNT,
            "description": f"What the changes to the metric's first measure come to. {_AMOUNT['description']}",
        }
    )
    changes = fields.List(fields.Nested(CauseChange))
