"""What comes in and goes out of files that are dropped, and of the records that are read from them."""

from datetime import time
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from analytics.domain.drops.drop import Reason, State
from analytics.domain.drops.records import EVENT_TYPE, LONGEST_USER_ID, DateFormat
from analytics.domain.drops.source import SOURCE_ID, Format
from backoffice.schemas import Day, Flag, Pattern, Strict, Text, Utc, Zone

_LONGEST_NAME = 100
_LONGEST_ADDRESS = 254
_TIME_OF_DAY = "([01][0-9]|2[0-3]):[0-5][0-9]"


class TimeOfDay(fields.Field[time]):
    """A local time of day, ``HH:MM``."""

    def __init__(self, meaning: str = "", **kwargs: Any) -> None:
        form = {"type": "string", "pattern": f"^{_TIME_OF_DAY}$", "description": meaning}
        super().__init__(metadata=form, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> time:
        try:
            Pattern(_TIME_OF_DAY)(value)
        except (TypeError, ValidationError):
            raise ValidationError("Not a time of day, like 06:30.") from None
        return time.fromisoformat(value)

    def _serialize(self, value: time | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value:%H:%M}"


class Columns(Strict):
    """Where the three fields of a record stand: names in a CSV's header, or members of a JSON object."""

    user_id = Text(_LONGEST_NAME, load_default="user_id")
    date = Text(_LONGEST_NAME, load_default="date")
    event_type = Text(_LONGEST_NAME, load_default="event_type")


class Expected(Strict):
    """A file is expected each day."""

    by = TimeOfDay("The local time by which it has to be there.", required=True)
    time_zone = Zone(required=True)


class SourceSetup(Strict):
    format = fields.Enum(Format, by_value=True, required=True)
    columns = fields.Nested(Columns, load_default=lambda: Columns().load({}))
    date_format = fields.Enum(DateFormat, by_value=True, load_default=DateFormat.ISO)
    delimiter = fields.String(
        validate=validate.OneOf([",", ";", "\t", "|"], error="Must be a comma, semicolon, tab or |."),
        load_default=",",
        metadata={"description": "Of a CSV."},
    )
    quoted_line_breaks = Flag(
        load_default=True,
        metadata={
            "description": "Whether quoted fields of a CSV may contain line breaks. If not, a large file is read in "
            "several parts at once."
        },
    )
    expected = fields.Nested(Expected, allow_none=True, load_default=None)
    alert_address = fields.Email(
        validate=validate.Length(max=_LONGEST_ADDRESS),
        allow_none=True,
        load_default=None,
        metadata={"description": "Gets an e-mail about each bad file, and about a day without one."},
    )

    @validates_schema
    def _of_csv_alone(self, data: dict[str, Any], **_: Any) -> None:
        if data["format"] is Format.JSON_LINES and data["delimiter"] != ",":
            raise ValidationError("JSON lines have no delimiter.", "delimiter")


class Source(Strict):
    id = fields.String()
    prefix = fields.String(metadata={"description": "Where in the bucket its files have to be put."})
    format = fields.Enum(Format, by_value=True, attribute="layout.format")
    columns = fields.Nested(Columns, attribute="layout.columns")
    date_format = fields.Enum(DateFormat, by_value=True, attribute="layout.date_format")
    delimiter = fields.String(attribute="layout.delimiter")
    quoted_line_breaks = fields.Boolean(attribute="layout.quoted_line_breaks")
    expected = fields.Nested(Expected, attribute="expectation", allow_none=True)
    alert_address = fields.String(allow_none=True)


class DropFilter(Strict):
    source_id = fields.String(validate=Pattern(SOURCE_ID, error="Not the id of a drop source."), load_default=None)


class Drop(Strict):
    id = fields.String()
    source_id = fields.String()
    key = fields.String(attribute="file.key")
    state = fields.Enum(State, by_value=True)
    received_at = Utc()
    finished_at = Utc(allow_none=True)
    bytes = fields.Integer(attribute="file.size", metadata={"description": "Of the file as it was dropped."})
    compressed = fields.Boolean()
    surveyed = fields.Integer(
        attribute="percent_surveyed",
        metadata={"description": "Percent of the file that has been looked through, which a large one is before."},
    )
    progress = fields.Integer(
        attribute="percent_done", metadata={"description": "Percent of the content that has been worked through."}
    )
    ranges = fields.Function(lambda drop: len(drop.ranges), metadata={"type": "integer"})
    rows_read = fields.Integer(attribute="counts.read", metadata={"description": "Written and rejected together."})
    rows_written = fields.Integer(attribute="counts.written")
    rows_rejected = fields.Integer(attribute="counts.rejected")
    reason = fields.Enum(Reason, by_value=True, allow_none=True, metadata={"description": "Of a rejected file."})
    detail = fields.String(allow_none=True)


class RowError(Strict):
    line = fields.Integer(metadata={"description": "The number of the row's first line; a header is line 1."})
    reason = fields.String()


class RecordFilter(Strict):
    user_id = Text(LONGEST_USER_ID, load_default=None)
    event_type = fields.String(validate=Pattern(EVENT_TYPE, error="Not an event type."), load_default=None)
    start = Day(data_key="from", load_default=None, metadata={"description": "The first day."})
    end = Day(data_key="to", load_default=None, metadata={"description": "The day after the last one."})

    @validates_schema
    def _one_is_named(self, data: dict[str, Any], **_: Any) -> None:
        if data["user_id"] is None and data["event_type"] is None:
            raise ValidationError("Name a user_id, an event_type, or both.", "user_id")


class Record(Strict):
    user_id = fields.String()
    date = fields.String(attribute="day", metadata={"format": "date"})
    event_type = fields.String()
    drop_id = fields.String(metadata={"description": "The file that says so."})
    line = fields.Integer(metadata={"description": "The line of that file."})
