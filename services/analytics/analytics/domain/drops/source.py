"""Drop sources: a third party's files, how they are written, and when they are expected."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from analytics.domain.drops.records import DateFormat
from backoffice.domain import Aggregate, Invalid

SOURCE_ID = r"[a-z0-9][a-z0-9-]{0,39}"
INCOMING = "incoming/"


class Format(StrEnum):
    """How a file holds its rows. Either may be compressed by gzip, which its first bytes tell."""

    CSV = "csv"
    JSON_LINES = "json_lines"


@dataclass(frozen=True, slots=True)
class Columns:
    """The names, in a CSV's header or as members of a JSON object, of what is read."""

    user_id: str = "user_id"
    date: str = "date"
    event_type: str = "event_type"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a source's files are written.

    ``quoted_line_breaks``: whether a CSV's quoted fields may contain line breaks (RFC 4180 allows them). Files of a
    source that promises not to can be read in parts at once.
    """

    format: Format
    columns: Columns = Columns()
    date_format: DateFormat = DateFormat.ISO
    delimiter: str = ","
    quoted_line_breaks: bool = True


@dataclass(frozen=True, slots=True)
class Expectation:
    """By what local time of each day a file has to be there; since when that is expected."""

    by: time
    time_zone: str
    since: datetime

    def overdue(self, now: datetime, last_arrival: datetime | None) -> date | None:
        """The local day that has passed its deadline without any file; None if all is well."""
        zone = ZoneInfo(self.time_zone)
        day = now.astimezone(zone).date()
        deadline = datetime.combine(day, self.by, zone)
        if now < deadline or self.since >= deadline:
            return None
        arrived = last_arrival is not None and last_arrival.astimezone(zone).date() >= day
        return None if arrived else day


@dataclass(kw_only=True)
class DropSource(Aggregate):
    """A third party's files. ``alert_address`` gets an e-mail about a bad file and about one that stays away."""

    layout: Layout
    alert_address: str | None = None
    expectation: Expectation | None = None

    @property
    def prefix(self) -> str:
        """Where in the bucket its files have to be put."""
        return f"{INCOMING}{self.id}/"

    def check(self) -> None:
        """Raises Invalid if two of the columns are one."""
        columns = self.layout.columns
        if len({columns.user_id, columns.date, columns.event_type}) < 3:
            raise Invalid.one("columns", "Each of them must have a name of its own.")


@dataclass(kw_only=True)
class Watch(Aggregate):
    """When a source's last file came, and the last day that was told to have none."""

    last_arrival: datetime | None = None
    missed_on: date | None = None

    def arrived(self, at: datetime) -> None:
        """A file has come."""
        if self.last_arrival is None or at > self.last_arrival:
            self.last_arrival = at

    def misses(self, expectation: Expectation, now: datetime) -> date | None:
        """The day whose file has not come by its time, told once; None if there is nothing to tell."""
        day = expectation.overdue(now, self.last_arrival)
        if day is None or (self.missed_on is not None and day <= self.missed_on):
            return None
        self.missed_on = day
        return day


def source_of(key: str) -> str:
    """The id of the source that an object belongs to, by its key; empty for one that lies nowhere."""
    return key.removeprefix(INCOMING).partition("/")[0] if key.startswith(INCOMING) else ""
