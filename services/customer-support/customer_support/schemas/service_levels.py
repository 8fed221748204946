"""Calendars and policies as they come in and go out: minutes of a day are written ``HH:MM``, targets in minutes."""

import re
from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_dump, validate

from backoffice.schemas import Day, Strict, Text, Utc, Whole, Zone
from customer_support.domain import calendars, promises, service_levels
from customer_support.domain.calendars import MIDNIGHT
from customer_support.domain.service_levels import Metric, Priority
from customer_support.schemas.parts import slug

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_TARGET = 366 * 24 * 60


class TimeOfDay(fields.Field[int]):
    """``HH:MM`` on the wall clock, as minutes since midnight; ``24:00`` is the end of the day."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        match = re.fullmatch(r"([01][0-9]|2[0-4]):([0-5][0-9])", value) if isinstance(value, str) else None
        minutes = int(match[1]) * 60 + int(match[2]) if match else MIDNIGHT + 1
        if minutes > MIDNIGHT:
            raise ValidationError("Not a time of day, like 09:00; a day ends at 24:00.")
        return minutes

    def _serialize(self, value: int | None, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value // 60:02}:{value % 60:02}"


class Interval(Strict):
    start = TimeOfDay(required=True)
    end = TimeOfDay(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> calendars.Interval:
        if data["start"] >= data["end"]:
            raise ValidationError("Ends before it starts; what goes on over midnight is two intervals.", "end")
        return calendars.Interval(**data)


class WorkingDay(fields.List[Any]):
    """The intervals of one day, in any order; they must not overlap."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.Nested(Interval), validate=validate.Length(max=10), load_default=list, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        given: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        intervals = sorted(given, key=lambda one: one.start)
        for earlier, later in zip(intervals, intervals[1:], strict=False):
            if later.start < earlier.end:
                raise ValidationError("Intervals of one day overlap.")
        return intervals


Week = Strict.from_dict({weekday: WorkingDay() for weekday in WEEKDAYS}, name="Week")


class Calendar(Strict):
    id = fields.String(dump_only=True)
    name = Text(200, required=True)
    time_zone = Zone(required=True)
    week = fields.Nested(Week, required=True)
    holidays = fields.List(Day(), load_default=list, validate=validate.Length(max=400))

    @post_load
    def _in_order(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        week = tuple(tuple(data["week"][weekday]) for weekday in WEEKDAYS)
        if not any(week):
            raise ValidationError("Somebody must work at some time.", "week")
        holidays: set[date] = set(data["holidays"])
        return {**data, "week": week, "holidays": tuple(sorted(holidays))}

    @pre_dump
    def _by_name(self, calendar: calendars.Calendar, **_: Any) -> dict[str, Any]:
        return {**vars(calendar), "week": dict(zip(WEEKDAYS, calendar.week, strict=True))}


class Target(Strict):
    first_response_minutes = Whole(least=1, most=_LONGEST_TARGET, load_default=None, allow_none=True)
    resolution_minutes = Whole(least=1, most=_LONGEST_TARGET, load_default=None, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> service_levels.Targets:
        found = {metric: data[f"{metric.value}_minutes"] for metric in Metric}
        return {metric: timedelta(minutes=minutes) for metric, minutes in found.items() if minutes}

    @pre_dump
    def _in_minutes(self, targets: service_levels.Targets, **_: Any) -> dict[str, Any]:
        return {f"{metric.value}_minutes": _minutes(target) for metric, target in targets.items()}


Targets = Strict.from_dict({priority.value: fields.Nested(Target) for priority in Priority}, name="Targets")


class Policy(Strict):
    id = fields.String(dump_only=True)
    name = Text(200, required=True)
    calendar_id = fields.String(required=True, validate=slug)
    targets = fields.Nested(Targets, required=True)

    @post_load
    def _by_priority(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "targets": {Priority(name): target for name, target in data["targets"].items()}}

    @pre_dump
    def _by_name(self, policy: service_levels.Policy, **_: Any) -> dict[str, Any]:
        return {**vars(policy), "targets": {one.value: target for one, target in policy.targets.items()}}


class Clock(Strict):
    metric = fields.Enum(Metric, by_value=True)
    state = fields.Enum(promises.ClockState, by_value=True)
    target_minutes = Whole(metadata={"description": "Working time that it may take."})
    elapsed_minutes = Whole(metadata={"description": "Working time that it has taken, whole minutes."})
    due_at = Utc(allow_none=True, metadata={"description": "None while the clock is paused, or if it never comes."})
    breached_at = Utc(allow_none=True)

    @pre_dump
    def _in_minutes(self, clock: promises.Clock, **_: Any) -> dict[str, Any]:
        minutes = {"target_minutes": _minutes(clock.target), "elapsed_minutes": _minutes(clock.elapsed)}
        return {**vars(clock), **minutes}


class ServiceLevel(Strict):
    policy_id = fields.String(allow_none=True, metadata={"description": "None: nothing was promised."})
    calendar_id = fields.String(allow_none=True)
    priority = fields.Enum(
        Priority, by_value=True, allow_none=True, metadata={"description": "The one in force when it was promised."}
    )
    clocks = fields.List(fields.Nested(Clock))


def _minutes(duration: timedelta) -> int:
    return duration // timedelta(minutes=1)
