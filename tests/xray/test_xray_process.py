"""The life of the process: start, restart, kill, full and locked databases, taken ports."""

import json
import random
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.xray.conftest import StartXray
from tests.xray.support import HEADER, PATIENCE, REPOSITORY, Xray, command, new_trace_id, segment, wait_until

NOW = float(int(time.time()))


def _stored(xray: Xray) -> set[str]:
    return {summary["Id"] for summary in xray.summaries(NOW, NOW)}


def test_a_restart_keeps_what_was_stored(start_xray: StartXray) -> None:
    xray = start_xray()
    document = segment(new_trace_id(NOW), NOW)
    xray.send_and_wait(document)
    assert xray.terminate()[0] == 0
    assert start_xray().trace(document["trace_id"]) == [document]


def test_sigterm_stores_what_had_arrived_and_exits_with_0_and_a_quiet_stdout(start_xray: StartXray) -> None:
    xray = start_xray()
    documents = [segment(new_trace_id(NOW), NOW) for _ in range(3000 if xray.has_full_buffer else 100)]
    with xray.held_up():
        xray.send(*documents)
        xray.process.send_signal(signal.SIGTERM)
    assert xray.ended() == (0, "")
    assert _stored(start_xray()) == {document["trace_id"] for document in documents}


def test_kill_9_in_the_middle_keeps_everything_that_was_counted_as_stored(start_xray: StartXray) -> None:
    chance = random.Random(9)
    sent: set[str] = set()
    kept: set[str] = set()
    for _ in range(3):
        xray = start_xray()
        assert _stored(xray) == kept
        enough, committed = chance.randint(200, 900), 0
        while committed < enough:
            documents = [segment(new_trace_id(NOW), NOW) for _ in range(50)]
            sent |= {document["trace_id"] for document in documents}
            xray.send(*documents)
            committed = xray.health()["stored"]
        xray.kill()
        kept_before, kept = kept, _stored(start_xray())
        assert kept_before <= kept <= sent
        assert len(kept) >= len(kept_before) + committed


def test_a_burst_of_5000_is_received_whole_even_while_the_process_does_not_run(start_xray: StartXray) -> None:
    xray = start_xray()
    documents = [segment(new_trace_id(NOW), NOW, metadata={"filler": "x" * 400}) for _ in range(5000)]
    with xray.held_up():
        xray.send(*documents)
    wait_until(lambda: _is_accounted_for(xray, 5000), lambda: f"5000 accounted for, is {xray.health()}")
    if xray.has_full_buffer:
        assert not xray.health()["dropped"]
        assert _stored(xray) == {document["trace_id"] for document in documents}


def test_a_burst_of_5000_at_full_speed_loses_nothing_unseen(start_xray: StartXray) -> None:
    xray = start_xray()
    documents = [segment(new_trace_id(NOW), NOW, metadata={"filler": "x" * 400}) for _ in range(5000)]
    datagrams = [HEADER + json.dumps(document).encode() for document in documents]
    for datagram in datagrams:
        xray.send_raw(datagram)
    wait_until(lambda: _is_accounted_for(xray, 5000), lambda: f"5000 accounted for, is {xray.health()}")
    if xray.has_full_buffer:
        assert not xray.health()["dropped"]
        assert _stored(xray) == {document["trace_id"] for document in documents}


def test_what_the_kernel_drops_for_a_small_buffer_is_told(start_xray: StartXray) -> None:
    xray = start_xray("--receive-buffer", "4096")
    with xray.held_up():
        xray.send(*(segment(new_trace_id(NOW), NOW) for _ in range(100)))
    wait_until(lambda: _is_accounted_for(xray, 100), lambda: f"100 accounted for, is {xray.health()}")
    assert xray.health()["dropped"] != 0


def _is_accounted_for(xray: Xray, sent: int) -> bool:
    """Stored or told to be dropped; where the kernel does not tell (dropped is None), whatever arrived is stored."""
    health = xray.health()
    if health["dropped"] is None:
        return bool(health["pending"] == 0 < health["stored"])
    return bool(health["stored"] + health["dropped"] == sent)


def test_a_database_locked_by_somebody_else_delays_and_loses_nothing(start_xray: StartXray) -> None:
    xray = start_xray()
    documents = [segment(new_trace_id(NOW), NOW) for _ in range(1200)]
    other = sqlite3.connect(xray.db, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    xray.send_gently(*documents)
    xray.wait_for("pending", 1200)
    other.execute("COMMIT")
    other.close()
    xray.wait_for("stored", 1200)
    assert _stored(xray) == {document["trace_id"] for document in documents}


def test_traces_without_news_for_longer_than_the_age_are_forgotten(start_xray: StartXray) -> None:
    xray = start_xray("--keep-hours", "1")
    old, kept = segment(new_trace_id(NOW), NOW), segment(new_trace_id(NOW), NOW)
    xray.send_and_wait(old, kept)
    database = sqlite3.connect(xray.db)
    with database:
        database.execute("UPDATE traces SET updated = updated - 3700 WHERE trace_id = ?", (old["trace_id"],))
    wait_until(lambda: _stored(xray) == {kept["trace_id"]}, lambda: "the old trace to be forgotten")
    assert database.execute("SELECT id FROM documents").fetchall() == [(kept["id"],)]
    database.close()


def test_beyond_the_size_the_oldest_traces_are_forgotten_and_the_file_stays_bounded(start_xray: StartXray) -> None:
    xray = start_xray("--keep-mib", "2")
    batches = []
    for _ in range(6):
        batches.append([segment(new_trace_id(NOW), NOW, metadata={"filler": "x" * 10_000}) for _ in range(100)])
        xray.send_and_wait(*batches[-1])
        ids = {document["trace_id"] for document in batches[-1]}
        wait_until(lambda: _bytes_used(xray.db) <= 2 * 1024 * 1024, lambda: f"{_bytes_used(xray.db)} bytes to shrink")
        assert _stored(xray) & ids
    assert not _stored(xray) & {document["trace_id"] for document in batches[0]}
    assert xray.db.stat().st_size < 6 * 1024 * 1024


def _bytes_used(db: Path) -> int:
    database = sqlite3.connect(db)
    try:
        pages, free, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)
    finally:
        database.close()


def _fails_to_start(db: Path, *options: str) -> str:
    """The one line on stderr of a start that ends with exit code 1."""
    ended = subprocess.run(
        command(db, *options), cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    return line


def test_a_taken_port_gets_one_clear_line(start_xray: StartXray, tmp_path: Path) -> None:
    running = start_xray()
    http_line = _fails_to_start(tmp_path / "b.sqlite", "--port", str(running.port), "--udp", "0")
    assert f"127.0.0.1:{running.port} (TCP)" in http_line
    assert "choose another --port" in http_line
    udp_line = _fails_to_start(tmp_path / "c.sqlite", "--port", "0", "--udp", str(running.udp_port))
    assert f"127.0.0.1:{running.udp_port} (UDP)" in udp_line
    assert "choose another --udp" in udp_line


def test_a_file_that_is_not_its_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("this is no database at all, and long enough to have a header")
    assert str(text) in _fails_to_start(text)
    assert text.read_text().startswith("this is no database")

    foreign = tmp_path / "foreign.sqlite"
    with sqlite3.connect(foreign) as database:
        database.execute("CREATE TABLE precious (a)")
    assert "not a database of this version" in _fails_to_start(foreign)
    assert sqlite3.connect(foreign).execute("SELECT name FROM sqlite_schema").fetchall() == [("precious",)]


def test_it_listens_on_127_0_0_1_and_on_no_other_address(start_xray: StartXray) -> None:
    xray = start_xray()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", xray.port), timeout=5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, suppress(OSError):
        other.sendto(HEADER + json.dumps(segment(new_trace_id(NOW), NOW)).encode(), ("127.0.0.2", xray.udp_port))
    xray.send_and_wait(segment(new_trace_id(NOW), NOW))
    assert xray.health()["received"] == 1


def test_the_granted_receive_buffer_is_logged(start_xray: StartXray) -> None:
    assert "asked for 16777216 bytes, granted " in start_xray().log


def test_a_malformed_datagram_is_logged_by_size_and_reason_and_without_its_content(start_xray: StartXray) -> None:
    xray = start_xray()
    datagram = HEADER + b'{"name": "secret"}'
    xray.send_raw(datagram)
    xray.wait_for("malformed", 1)
    assert xray.terminate()[0] == 0
    assert f"not stored, {len(datagram)} bytes: Invalid segment. ErrorCode: MissingTraceId" in xray.log
    assert "secret" not in xray.log


def test_a_document_too_large_is_logged_likewise(start_xray: StartXray) -> None:
    xray = start_xray()
    larger = json.dumps(segment(new_trace_id(NOW), NOW, metadata={"filler": "secret" * 11_000}))
    xray.client.put_trace_segments(TraceSegmentDocuments=[larger, larger])
    assert xray.terminate()[0] == 0
    assert f"not stored, {len(larger)} bytes: Invalid segment. ErrorCode: SegmentTooLarge" in xray.log
    assert xray.log.count("not stored") == 1, "more than a line a second"
    assert "secret" not in xray.log
