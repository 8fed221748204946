"""Observations in SQLite, kept so that a graph over many traces is a sum that is mostly there already.

The writer only notes which traces have changed. When there is nothing to collect it observes those anew (`observe`),
and sums up each minute whose traces have come to rest (`sum_up`). A reader adds up whole minutes, single observations
where a minute is not summed up or lies only partly in its range, and observes by itself what has changed meanwhile: the
answer is exact at any moment. A trace counts in the second that its id names.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence

from local.xray.assembly import assemble
from local.xray.completion import complete
from local.xray.inference import infer
from local.xray.observations import Observation, observe
from local.xray.tally import Tally, add_up

OBSERVED_AT_ONCE = 20
REST_SECONDS = 1.0
MINUTE = 60

TABLES = """
CREATE TABLE changed (trace_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE parts (id INTEGER PRIMARY KEY, part TEXT NOT NULL UNIQUE);
CREATE TABLE observations (
  trace_id TEXT NOT NULL, at INTEGER NOT NULL, part INTEGER NOT NULL, outcome INTEGER NOT NULL, response REAL NOT NULL,
  duration REAL NOT NULL, number INTEGER NOT NULL, seconds REAL NOT NULL, first REAL NOT NULL, last REAL NOT NULL
);
CREATE INDEX observations_by_trace ON observations (trace_id);
CREATE INDEX observations_by_time ON observations (at);
CREATE TABLE minutes (minute INTEGER PRIMARY KEY, summed INTEGER NOT NULL);
CREATE TABLE sums (
  minute INTEGER NOT NULL, part INTEGER NOT NULL, tally BLOB NOT NULL, PRIMARY KEY (minute, part)
) WITHOUT ROWID;
"""
DROP_TABLES = "".join(
    f"DROP TABLE IF EXISTS {table};" for table in ("changed", "parts", "observations", "minutes", "sums")
)
_VALUES = "outcome, response, duration, number, seconds, first, last"
# A minute is taken as a whole if it is summed up and none of its traces lies outside the range.
_WHOLE = f"""
SELECT minute FROM minutes WHERE summed AND minute > :start - {MINUTE} AND minute < :end
AND NOT EXISTS (SELECT 1 FROM observations WHERE at >= minute AND at < :start)
AND NOT EXISTS (SELECT 1 FROM observations WHERE at >= :end AND at < minute + {MINUTE})
"""  # noqa: S608 (names of ours)
_SUMMED = f"""
SELECT minute, parts.part, tally FROM sums JOIN parts ON parts.id = sums.part WHERE minute IN ({_WHOLE})
"""  # noqa: S608 (names of ours)
_LOOSE = f"""
WITH loose AS MATERIALIZED (
  SELECT minute FROM minutes WHERE minute > :start - {MINUTE} AND minute < :end AND minute NOT IN ({_WHOLE})
)
SELECT at, parts.part, {_VALUES} FROM loose CROSS JOIN observations
ON at >= max(minute, :start) AND at < min(minute + {MINUTE}, :end) CROSS JOIN parts ON parts.id = observations.part
WHERE trace_id NOT IN (SELECT trace_id FROM changed)
"""  # noqa: S608 (names of ours)
_OF_MINUTE = f"SELECT part, {_VALUES} FROM observations WHERE at >= ? AND at < ?"  # noqa: S608 (names of ours)


def second_of(trace_id: str) -> int:
    """The epoch second that a trace id names."""
    return int(trace_id[2:10], 16)


def note_changes(db: sqlite3.Connection, trace_ids: Iterable[str]) -> None:
    """To be called in the transaction that changes the traces' documents."""
    ids = list(trace_ids)
    db.executemany("INSERT OR IGNORE INTO changed VALUES (?)", [(trace_id,) for trace_id in ids])
    minutes = {_minute(second_of(trace_id)) for trace_id in ids}
    db.executemany(
        "INSERT INTO minutes VALUES (?, 0) ON CONFLICT DO UPDATE SET summed = 0", [(minute,) for minute in minutes]
    )


def keep_up(db: sqlite3.Connection, now: float) -> bool:
    """A portion of observing and summing up, in a transaction of its own; whether there was anything to do."""
    rested = """SELECT trace_id FROM changed CROSS JOIN traces USING (trace_id) WHERE updated < ? LIMIT ?"""
    trace_ids = [row[0] for row in db.execute(rested, (now - REST_SECONDS, OBSERVED_AT_ONCE))]
    minute = None if trace_ids else _minute_at_rest(db)
    if not trace_ids and minute is None:
        return False
    db.execute("BEGIN IMMEDIATE")
    if minute is None:
        _observe(db, trace_ids)
    else:
        _sum_up(db, minute)
    db.execute("COMMIT")
    return True


def forget(db: sqlite3.Connection, trace_ids: Sequence[str]) -> None:
    """To be called in the transaction that forgets the traces."""
    note_changes(db, trace_ids)
    for table in ("changed", "observations"):
        db.executemany(f"DELETE FROM {table} WHERE trace_id = ?", [(each,) for each in trace_ids])  # noqa: S608


def tallies(db: sqlite3.Connection, between: tuple[int, int], period: int) -> dict[int, dict[str, Tally]]:
    """What the traces of the half-open range of seconds add up to: for each slot of `period` seconds, named by its
    start and counted from the range's start, the tally of each part. Periods other than the whole range must consist
    of whole minutes."""
    start, end = between
    slots: dict[int, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))

    def slot(at: int) -> dict[str, Tally]:
        return slots[start + (max(at, start) - start) // period * period]

    for minute, part, text in db.execute(_SUMMED, {"start": start, "end": end}):
        slot(minute)[part].merge(Tally.loads(text))
    for at, *values in db.execute(_LOOSE, {"start": start, "end": end}):
        slot(at)[values[0]].add(Observation(*values))
    for (trace_id,) in db.execute("SELECT trace_id FROM changed").fetchall():
        if start <= (at := second_of(trace_id)) < end:
            for seen in of_trace(trace_id, bodies(db, trace_id)):
                slot(at)[seen.part].add(seen)
    return slots


def of_trace(trace_id: str, texts: Sequence[str]) -> list[Observation]:
    """What one trace adds; nothing where it has no documents."""
    return observe(infer(complete(assemble(trace_id, texts)))) if texts else []


def bodies(db: sqlite3.Connection, trace_id: str) -> list[str]:
    """The JSON texts of a trace's documents."""
    return [str(row[0]) for row in db.execute("SELECT body FROM documents WHERE trace_id = ?", (trace_id,))]


def _observe(db: sqlite3.Connection, trace_ids: Sequence[str]) -> None:
    seen = {trace_id: of_trace(trace_id, bodies(db, trace_id)) for trace_id in trace_ids}
    parts = dict.fromkeys(each.part for observed in seen.values() for each in observed)
    db.executemany("INSERT OR IGNORE INTO parts (part) VALUES (?)", [(part,) for part in parts])
    db.executemany("DELETE FROM observations WHERE trace_id = ?", [(trace_id,) for trace_id in trace_ids])
    db.executemany(
        "INSERT INTO observations VALUES (?, ?, (SELECT id FROM parts WHERE part = ?), ?, ?, ?, ?, ?, ?, ?)",
        [(trace_id, second_of(trace_id), *each) for trace_id, observed in seen.items() for each in observed],
    )
    db.executemany("DELETE FROM changed WHERE trace_id = ?", [(trace_id,) for trace_id in trace_ids])


def _minute_at_rest(db: sqlite3.Connection) -> int | None:
    """A minute that is not summed up although nothing of it is still changing."""
    open_minutes = [int(row[0]) for row in db.execute("SELECT minute FROM minutes WHERE NOT summed")]
    if not open_minutes:
        return None
    changing = {_minute(second_of(trace_id)) for (trace_id,) in db.execute("SELECT trace_id FROM changed")}
    return next((minute for minute in open_minutes if minute not in changing), None)


def _sum_up(db: sqlite3.Connection, minute: int) -> None:
    db.execute("DELETE FROM sums WHERE minute = ?", (minute,))
    observed = (Observation(*values) for values in db.execute(_OF_MINUTE, (minute, minute + MINUTE)))
    rows = [(minute, part, tally.dumps()) for part, tally in add_up(observed).items()]
    db.executemany("INSERT INTO sums VALUES (?, ?, ?)", rows)
    if rows:
        db.execute("UPDATE minutes SET summed = 1 WHERE minute = ?", (minute,))
    else:
        db.execute("DELETE FROM minutes WHERE minute = ?", (minute,))


def _minute(second: int) -> int:
    return second // MINUTE * MINUTE
