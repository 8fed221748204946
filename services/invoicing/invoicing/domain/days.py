"""Days that clients name."""

from datetime import date, datetime, timedelta

from backoffice.domain import FieldError


def future_faults(field: str, day: date | None, at: datetime) -> list[FieldError]:
    """What is wrong with a day that has not come anywhere on earth; one day ahead is somebody's today."""
    if day is not None and day > at.date() + timedelta(days=1):
        return [FieldError(field, "Must not be in the future.")]
    return []
