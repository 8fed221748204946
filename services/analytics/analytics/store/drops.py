"""Drops and their sources in the service's table.

| item       | pk            | sk               | indexes                       |
| ---------- | ------------- | ---------------- | ----------------------------- |
| source     | SOURCES       | SOURCE#<id>      |                               |
| its watch  | SOURCES       | WATCH#<id>       |                               |
| drop       | DROP#<id>     | DROP             | gsi1 all, gsi2 of a source    |
| bad row    | DROP#<id>     | ERROR#<line>     |                               |
| alert      | ALERTS        | <id>             |                               |

Sources are few, so one query reads them all. An alert waits beside the outbox until it has been sent. A drop's ranges
lie in its item, 64 at most, and so does its survey: each step is one write.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ulid import ULID

from analytics.domain.drops.alerts import Alert, MissingFile
from analytics.domain.drops.drop import Drop
from analytics.domain.drops.source import DropSource, Watch
from analytics.store.bulk import BulkWriter, put_request
from analytics.store.drop_items import drop_item, drop_of, source_item, source_of, watch_item, watch_of
from backoffice.dynamodb import Item, Page, Table
from backoffice.errors import NotFound
from backoffice.transactions import Transaction

if TYPE_CHECKING:
    from backoffice.http.cursors import Paging

_SOURCES = "SOURCES"
_DROPS = "DROPS"
_ALERTS = "ALERTS"
_ERRORS_KEPT = timedelta(days=90)


@dataclass(frozen=True)
class RowError:
    """A row that was rejected: the number of its first line, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class PendingAlert:
    """An alert that waits to be sent."""

    address: str | None
    alert: Alert


class DropStore:
    """What is known of sources and their files."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table or Table.from_env()

    def source(self, source_id: str) -> DropSource | None:
        """A source, if it has been set up."""
        item = self._table.get(_SOURCES, f"SOURCE#{source_id}")
        return source_of(item) if item else None

    def sources(self) -> list[DropSource]:
        """All sources."""
        return [source_of(item) for item in self._table.query_all(_SOURCES, sk_prefix="SOURCE#")]

    def listed_sources(self, page: "Paging") -> tuple[list[DropSource], dict[str, str] | None]:
        """Sources by id, and where the next page starts."""
        found = self._table.query(_SOURCES, sk_prefix="SOURCE#", limit=page.limit, start=page.start)
        return [source_of(item) for item in found.items], found.last_key

    def save_source(self, source: DropSource) -> None:
        """Write a source. Raises StaleVersion."""
        transaction = Transaction(self._table)
        item = {"pk": _SOURCES, "sk": f"SOURCE#{source.id}", **source_item(source)}
        transaction.replace(item, version=source.version)
        transaction.commit()

    def watch(self, source_id: str) -> Watch:
        """When a source's files come."""
        item = self._table.get(_SOURCES, f"WATCH#{source_id}")
        return watch_of(item) if item else Watch(id=source_id)

    def watches(self) -> dict[str, Watch]:
        """When the files of all sources come, by source."""
        return {item["id"]: watch_of(item) for item in self._table.query_all(_SOURCES, sk_prefix="WATCH#")}

    def save_watch(self, watch: Watch, missing: MissingFile | None = None, address: str | None = None) -> None:
        """Write when files came, and what is to be told of one that did not, to whom. Raises StaleVersion."""
        transaction = Transaction(self._table)
        item = {"pk": _SOURCES, "sk": f"WATCH#{watch.id}", **watch_item(watch)}
        transaction.replace(item, version=watch.version)
        if missing:
            transaction.emit(missing)
            _alert(transaction, missing.alert, address)
        transaction.commit()

    def drop(self, drop_id: str) -> Drop:
        """Raises NotFound."""
        item = self._table.get(f"DROP#{drop_id}", "DROP")
        if item is None:
            raise NotFound("drop", drop_id)
        return drop_of(item)

    def known_drop(self, drop_id: str) -> Drop | None:
        """A drop, if its file has come before."""
        item = self._table.get(f"DROP#{drop_id}", "DROP")
        return drop_of(item) if item else None

    def drops(self, source_id: str | None, page: "Paging") -> tuple[list[Drop], dict[str, str] | None]:
        """Drops of a source or of all, newest first, and where the next page starts."""
        index, partition = ("gsi2", f"{_DROPS}#{source_id}") if source_id else ("gsi1", _DROPS)
        found = self._table.query(partition, index=index, newest_first=True, limit=page.limit, start=page.start)
        return [drop_of(item) for item in found.items], found.last_key

    def save_drop(self, drop: Drop, address: str | None) -> None:
        """Write a drop with what there is to tell, and to whom. Raises StaleVersion."""
        listed = f"{drop.received_at.isoformat()}#{drop.id}"
        indexes = {"gsi1pk": _DROPS, "gsi1sk": listed, "gsi2pk": f"{_DROPS}#{drop.source_id}", "gsi2sk": listed}
        transaction = Transaction(self._table)
        item = {"pk": f"DROP#{drop.id}", "sk": "DROP", **indexes, **drop_item(drop)}
        transaction.replace(item, version=drop.version)
        transaction.emit(drop)
        for alert in drop.alerts:
            _alert(transaction, alert, address)
        transaction.commit()

    def save_errors(self, drop_id: str, errors: Iterable[RowError]) -> None:
        """Keep rows that were rejected, for a quarter of a year; the same ones again change nothing."""
        expires_at = int(time.time() + _ERRORS_KEPT.total_seconds())
        with BulkWriter(self._table.name) as writer:
            for error in errors:
                key: Item = {"pk": f"DROP#{drop_id}", "sk": f"ERROR#{error.line:012}"}
                writer.put(put_request({**key, "reason": error.reason, "expires_at": expires_at}))

    def errors(self, drop_id: str, page: "Paging") -> tuple[list[RowError], dict[str, str] | None]:
        """Rejected rows by line, and where the next page starts. Raises NotFound."""
        self.drop(drop_id)
        found: Page = self._table.query(f"DROP#{drop_id}", sk_prefix="ERROR#", limit=page.limit, start=page.start)
        errors = [RowError(int(item["sk"].removeprefix("ERROR#")), item["reason"]) for item in found.items]
        return errors, found.last_key

    def pending_alerts(self, before: datetime) -> Iterator[PendingAlert]:
        """Alerts of before that time that have not been sent yet."""
        for item in self._table.query_all(_ALERTS, sk_between=("alr_", f"alr_{ULID.from_datetime(before)}")):
            alert = Alert(item["sk"], item["source_id"], item["subject"], item["text"])
            yield PendingAlert(item.get("address"), alert)

    def alert_sent(self, alert: Alert) -> None:
        """An alert is out."""
        transaction = Transaction(self._table)
        transaction.delete(_ALERTS, alert.id)
        transaction.commit()


def _alert(transaction: Transaction, alert: Alert, address: str | None) -> None:
    told = {"source_id": alert.source_id, "subject": alert.subject, "text": alert.text}
    transaction.put({"pk": _ALERTS, "sk": alert.id, "address": address, **told})
