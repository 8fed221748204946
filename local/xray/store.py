"""Documents in SQLite: one writer (the collector's thread), any number of readers beside it (WAL).

A committed document survives `kill -9` of the process, since the operating system has it by then; only a power cut may
take the last commits (synchronous=NORMAL, https://www.sqlite.org/pragma.html#pragma_synchronous), never the database.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from local.xray import sums
from local.xray.documents import Document
from local.xray.tally import Tally

APPLICATION_ID = 0x58526179  # "XRay": tells our file from any other SQLite file given by mistake
LAYOUT = 3
PRUNE_STEP = 50

_TABLES = f"""
BEGIN;
CREATE TABLE documents (
  trace_id TEXT NOT NULL, id TEXT NOT NULL, complete INTEGER NOT NULL, ended REAL NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (trace_id, id)
);
CREATE TABLE traces (trace_id TEXT PRIMARY KEY, started REAL NOT NULL, updated REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX traces_by_start ON traces (started, trace_id);
CREATE INDEX traces_by_update ON traces (updated, trace_id);
{sums.TABLES}
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {LAYOUT};
COMMIT;
"""

# The greater of two documents with one id stays, by an order that both arrivals and repetitions leave unchanged.
_PUT_DOCUMENT = """
INSERT INTO documents (trace_id, id, complete, ended, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (trace_id, id) DO UPDATE SET complete = excluded.complete, ended = excluded.ended, body = excluded.body
WHERE (excluded.complete, excluded.ended, length(excluded.body), excluded.body)
    > (documents.complete, documents.ended, length(documents.body), documents.body)
"""
_PUT_TRACE = """
INSERT INTO traces (trace_id, started, updated) VALUES (?, ?, ?)
ON CONFLICT (trace_id) DO UPDATE SET
  started = min(started, excluded.started), updated = max(updated, excluded.updated)
"""
_TRACES_BETWEEN = {
    "TraceId": """
        SELECT trace_id, started FROM traces WHERE started >= ? AND started < ? AND (started, trace_id) < (?, ?)
        ORDER BY started DESC, trace_id DESC LIMIT ?""",
    "Event": """
        SELECT trace_id, updated FROM traces WHERE updated >= ? AND updated < ? AND (updated, trace_id) < (?, ?)
        ORDER BY updated DESC, trace_id DESC LIMIT ?""",
}
TimeRange = Literal["TraceId", "Event"]


class NotOurs(Exception):
    """The file is a database of something else, or of another version of this program."""


@dataclass(frozen=True)
class Bounds:
    """How much is kept: traces updated within `age` seconds, and about `size` bytes of database file."""

    age: float
    size: int


class Store:
    """The writer. Everything between two commits is one transaction. To be used by one thread."""

    def __init__(self, path: Path, bounds: Bounds) -> None:
        """Opens or creates the database; NotOurs, or sqlite3.Error where the path cannot be used."""
        self._bounds = bounds
        # A lock held by somebody else must not stop the receiving for long: the collector tries again.
        self._db = sqlite3.connect(path, timeout=0.1, isolation_level=None, check_same_thread=False)
        _prepare(self._db)

    def add(self, documents: Sequence[Document], now: float) -> None:
        """Puts documents that arrived at `now` (epoch seconds); to be seen by readers after `commit`."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(_PUT_DOCUMENT, [(d.trace_id, d.id, d.complete, d.ended, d.body) for d in documents])
        started: dict[str, float] = {}
        for document in documents:
            known = started.get(document.trace_id, document.started)
            started[document.trace_id] = min(known, document.started)
        self._db.executemany(_PUT_TRACE, [(trace_id, start, now) for trace_id, start in started.items()])
        sums.note_changes(self._db, started)

    def commit(self) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def prune(self, now: float) -> bool:
        """Forgets up to PRUNE_STEP of the traces longest without news that are beyond the bounds; whether any was."""
        aged = "SELECT trace_id FROM traces WHERE updated < ? ORDER BY updated LIMIT ?"
        doomed = self._db.execute(aged, (now - self._bounds.age, PRUNE_STEP)).fetchall()
        if not doomed and self._size() > self._bounds.size:
            oldest = "SELECT trace_id FROM traces ORDER BY updated LIMIT ?"
            doomed = self._db.execute(oldest, (PRUNE_STEP,)).fetchall()
        if not doomed:
            return False
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("DELETE FROM documents WHERE trace_id = ?", doomed)
        self._db.executemany("DELETE FROM traces WHERE trace_id = ?", doomed)
        sums.forget(self._db, [trace_id for (trace_id,) in doomed])
        self.commit()
        return True

    def keep_up(self, now: float) -> bool:
        """A portion of what keeps the service graph quick to read; whether there was anything to do."""
        return sums.keep_up(self._db, now)

    def close(self) -> None:
        self._db.close()

    def _size(self) -> int:
        """Bytes in use: the pages of deleted documents are used again before the file grows."""
        pages, free, page = (self._pragma(name) for name in ("page_count", "freelist_count", "page_size"))
        return (pages - free) * page

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])


class Reader:
    """One consistent view of the database, for the time of a `with` block."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None)

    def __enter__(self) -> Self:
        self._db.execute("BEGIN")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._db.close()

    def traces(
        self, kind: TimeRange, between: tuple[float, float], before: tuple[float, str], limit: int
    ) -> list[tuple[str, float]]:
        """Ids and times (epoch seconds), latest first, of traces that started ("TraceId") or were last added to
        ("Event") in the half-open range `between`, and before the (time, id) of the page before."""
        rows = self._db.execute(_TRACES_BETWEEN[kind], (*between, *before, limit))
        return [(str(trace_id), float(time)) for trace_id, time in rows]

    def bodies(self, trace_ids: Iterable[str]) -> dict[str, list[str]]:
        """The documents' JSON texts of each of those traces that is known."""
        found = {trace_id: sums.bodies(self._db, trace_id) for trace_id in trace_ids}
        return {trace_id: bodies for trace_id, bodies in found.items() if bodies}

    def tallies(self, between: tuple[int, int], period: int) -> dict[int, dict[str, Tally]]:
        """What the traces whose ids name a second of the half-open range add to the graph: see `sums.tallies`."""
        return sums.tallies(self._db, between, period)


def _prepare(db: sqlite3.Connection) -> None:
    identity = db.execute("SELECT * FROM pragma_application_id, pragma_user_version").fetchone()
    if db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(_TABLES)
    elif identity in ((APPLICATION_ID, layout) for layout in range(1, LAYOUT)):
        _renew_graph(db)
    elif identity != (APPLICATION_ID, LAYOUT):
        raise NotOurs("it is not a database of this version of local.xray; choose another file, or delete it")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("PRAGMA wal_autocheckpoint = 4000")  # pages: in a stream the hot ones are written back four times less
    db.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")


def _renew_graph(db: sqlite3.Connection) -> None:
    """Earlier layouts knew no graph, or kept it otherwise: their traces are observed as if they had just arrived."""
    trace_ids = [str(trace_id) for (trace_id,) in db.execute("SELECT trace_id FROM traces")]
    db.executescript(f"BEGIN; {sums.DROP_TABLES} {sums.TABLES} PRAGMA user_version = {LAYOUT};")
    sums.note_changes(db, trace_ids)
    db.execute("COMMIT")
