"""Alerts: what people are told about a source's files, beside the events that tell programs."""

from dataclasses import dataclass
from datetime import date, datetime

from backoffice.clock import rfc3339
from backoffice.domain import Aggregate
from backoffice.ids import new_id


@dataclass(frozen=True, slots=True)
class Alert:
    """A message to whoever watches a source."""

    id: str
    source_id: str
    subject: str
    text: str

    @classmethod
    def new(cls, source_id: str, subject: str, text: str) -> "Alert":
        """An alert that nobody has been told of."""
        return cls(new_id("alr"), source_id, subject, text)


@dataclass(kw_only=True)
class MissingFile(Aggregate):
    """A daily file that has not come by its time."""

    alert: Alert

    @classmethod
    def of(cls, source_id: str, day: date, at: datetime) -> "MissingFile":
        """The alert about a source's file of a local day, and the event that tells of it."""
        text = f"The file of {day} from {source_id} has not come by its time."
        alert = Alert.new(source_id, f"No file from {source_id}", text)
        missing = cls(id=alert.id, alert=alert)
        data = {
            "drop_id": None,
            "source_id": source_id,
            "reason": "missing",
            "summary": text,
            "expected_on": day.isoformat(),
            "raised_at": rfc3339(at),
        }
        missing.record("DataQualityAlertRaised", data, at)
        return missing
