"""Several consumers that count into one bucket at once."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from benchmarks.contention import Contention, contended
from local.stage.place import ROOT

sys.path[:0] = [str(ROOT / "shared" / "python"), str(ROOT / "services" / "analytics")]

from analytics.domain.explaining import Measured  # noqa: E402
from analytics.domain.intervals import Span  # noqa: E402
from analytics.domain.measures import TICKETS_OPENED  # noqa: E402
from analytics.domain.measuring import measure  # noqa: E402
from analytics.domain.planning import Read  # noqa: E402
from analytics.store import counting  # noqa: E402
from analytics.store.counting import Counter  # noqa: E402
from analytics.store.reading import Reader  # noqa: E402
from backoffice.dynamodb import Table  # noqa: E402
from backoffice.errors import Contended  # noqa: E402
from backoffice.ids import new_id  # noqa: E402

AT = datetime(2026, 11, 23, 17, tzinfo=UTC)
BATCH = 10
LONGEST_SECONDS = 60


@dataclass(frozen=True)
class Fight:
    """How it went: what was counted in the end, in which time, and who met whom."""

    counted: int
    seconds: float
    contention: Contention
    given_up: int
    """Batches that the queue would have had to deliver again."""

    @property
    def conflicts_a_batch(self) -> float:
        return len(self.contention.conflicts) / (self.contention.calls - len(self.contention.conflicts))


def fight(client: Any, table: str, consumers: int, batches: int, shards: int = counting.SHARDS) -> Fight:
    """Let consumers count so many batches of ten each, of tickets that were all opened in one quarter hour."""
    given_up: list[str] = []
    begin = threading.Barrier(consumers)
    until = time.monotonic() + LONGEST_SECONDS

    def consume() -> None:
        counter = Counter(Table(table, client))
        begin.wait()
        for _ in range(batches):
            events = [_ticket() for _ in range(BATCH)]
            while time.monotonic() < until:
                try:
                    counter.count(events)
                except Contended:
                    given_up.append("again")
                else:
                    break

    with (
        patch.object(counting, "SHARDS", shards),
        contended(client) as contention,
        ThreadPoolExecutor(consumers) as pool,
    ):
        began = time.perf_counter()
        for consumer in [pool.submit(consume) for _ in range(consumers)]:
            consumer.result()
        seconds = time.perf_counter() - began
    return Fight(_counted(client, table), seconds, contention, len(given_up))


def _ticket() -> Measured:
    data = {"queue": "general", "priority": "normal", "opened_at": AT}
    return Measured(new_id("evt"), "TicketOpened", new_id("tkt"), AT, None, measure("TicketOpened", data))


def _counted(client: Any, table: str) -> int:
    hour = Read(TICKETS_OPENED, Span(AT, AT + timedelta(hours=1)), ())
    found = Reader(Table(table, client)).read(hour).values()
    return int(sum((amount for record in found for _, _, amount in record.additions), Decimal(0)))
