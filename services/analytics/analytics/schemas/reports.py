"""Reports: what may be asked of them, and their rows."""

from enum import StrEnum
from typing import Any

from marshmallow import Schema, fields

from analytics.domain.catalogue import CATALOGUE, Unit
from analytics.domain.intervals import Interval
from analytics.domain.reports import AGEING, RECEIVABLES, SUPPORT, Report
from analytics.schemas import Filters, Moment
from analytics.schemas.causes import Values
from backoffice.schemas import Day, Strict, Utc, Zone


class Format(StrEnum):
    """How a report can be had."""

    JSON = "json"
    CSV = "csv"


_DIMENSIONS = Filters().fields


class _Choice(Strict):
    format = fields.Enum(
        Format,
        by_value=True,
        metadata={"description": "Without it the Accept header decides, and JSON is the default."},
    )
    time_zone = Zone(required=True, metadata={"description": "The IANA zone whose hours and days are meant."})


class _OverTime(_Choice):
    start = Moment("Where the first interval begins.", data_key="from", required=True)
    end = Moment("Where the last interval ends, itself not included.", data_key="to", required=True)
    interval = fields.Enum(Interval, by_value=True, load_default=Interval.DAY)


class SupportReportChoice(_OverTime):
    queue = Values(_DIMENSIONS["queue"], "Queues to have rows for, instead of all together.")


class ReceivablesReportChoice(_OverTime):
    currency = Values(_DIMENSIONS["currency"], "Currencies, instead of all on record.")


class AgeingReportChoice(_Choice):
    as_of = Day(required=True, metadata={"description": "What is owed at the end of this day in time_zone."})
    currency = Values(_DIMENSIONS["currency"], "Currencies, instead of all on record.")
    account = Values(_DIMENSIONS["account"], "Accounts to have rows for, instead of all together.")


_FORMS: dict[Unit, list[str]] = {
    Unit.TICKETS: ["integer"],
    Unit.EVENTS: ["integer"],
    Unit.SECONDS: ["number", "null"],
    Unit.MONEY: ["string"],
}


def _row(report: Report) -> type[Schema]:
    columns: dict[str, fields.Field[Any]] = {"start": Utc(), "end": Utc()}
    for dimension in report.dimensions:
        columns[dimension] = fields.String(allow_none=True, metadata={"description": "null: all together."})
    for name in report.metrics:
        unit = CATALOGUE[name].unit
        form = _FORMS.get(unit, ["string", "null"])
        columns[name] = fields.Raw(metadata={"type": form, "description": f"In {unit}; GET /metrics defines it."})
    return Strict.from_dict(columns, name=f"{report.name.capitalize()}Row")


class _Filled(Strict):
    report = fields.String()
    time_zone = Zone()
    start = Utc(data_key="from")
    end = Utc(data_key="to")


class SupportReport(_Filled):
    interval = fields.Enum(Interval, by_value=True)
    rows = fields.List(fields.Nested(_row(SUPPORT)))


class ReceivablesReport(_Filled):
    interval = fields.Enum(Interval, by_value=True)
    rows = fields.List(fields.Nested(_row(RECEIVABLES)))


class AgeingReport(_Filled):
    rows = fields.List(fields.Nested(_row(AGEING)))
