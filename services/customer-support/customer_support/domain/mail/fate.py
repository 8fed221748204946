"""What becomes of mails."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Fate(StrEnum):
    """``noted``: an automatic mail on a known ticket; ``set_aside``: one that belongs to none."""

    OPENED = "opened"
    ANSWERED = "answered"
    NOTED = "noted"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, kw_only=True)
class ReceivedMail:
    """A mail as it lies in the bucket under ``key``; ``reason`` is why it counts as automatic.

    Of its ``sender`` only a mark is kept, by which the mails of one address are found.
    """

    id: str
    key: str
    size: int
    fate: Fate
    received_at: datetime
    reason: str | None = None
    header_id: str | None = None
    ticket_id: str | None = None
    sender: str | None = field(default=None, repr=False)
