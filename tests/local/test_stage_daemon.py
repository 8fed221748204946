"""Background programs: they outlive their launcher, and no stranger is ever signalled."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.stage.daemon import Daemon, identity
from local.stage.problem import Problem

SAVES_AT_ITS_END = """
import pathlib, signal, sys, time
def save(*_):
    time.sleep(0.2)
    pathlib.Path("saved").write_text("all of it")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
pathlib.Path("ready").touch()
while True:
    time.sleep(1)
"""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Callable[[str], Daemon]]:
    made: list[Daemon] = []

    def make(code: str) -> Daemon:
        made.append(Daemon("sleeper", [sys.executable, "-c", code], dict(os.environ), tmp_path, tmp_path))
        return made[-1]

    yield make
    for one in made:
        if one.pid is not None:
            os.kill(one.pid, signal.SIGKILL)


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_it_runs_in_a_session_of_its_own_so_that_its_launcher_may_be_killed(
    daemon: Callable[[str], Daemon], tmp_path: Path
) -> None:
    sleeper = daemon(SAVES_AT_ITS_END)
    sleeper.start()
    sleeper.wait_until((tmp_path / "ready").exists, 10)

    assert sleeper.pid is not None
    assert os.getsid(sleeper.pid) == sleeper.pid


def test_stop_waits_until_the_state_is_saved(daemon: Callable[[str], Daemon], tmp_path: Path) -> None:
    sleeper = daemon(SAVES_AT_ITS_END)
    sleeper.start()
    sleeper.wait_until((tmp_path / "ready").exists, 10)

    assert sleeper.stop() is True
    assert (tmp_path / "saved").read_text() == "all of it"
    assert sleeper.pid is None
    assert sleeper.stop() is False


def test_a_program_that_will_not_end_is_told_of_and_not_killed(daemon: Callable[[str], Daemon], tmp_path: Path) -> None:
    sleeper = daemon(SAVES_AT_ITS_END.replace("sys.exit(0)", "pass"))
    sleeper.start()
    sleeper.wait_until((tmp_path / "ready").exists, 10)

    with pytest.raises(Problem, match="has not ended within 1 s"):
        sleeper.stop(seconds=1)
    assert sleeper.pid is not None


def test_a_pid_file_left_by_a_crash_that_names_a_stranger(
    daemon: Callable[[str], Daemon], stranger: subprocess.Popen[bytes]
) -> None:
    sleeper = daemon("pass")
    sleeper.pid_file.write_text(json.dumps({"pid": stranger.pid, "identity": "1 python -m ministack"}))

    assert sleeper.pid is None
    assert sleeper.stop() is False
    assert stranger.poll() is None


def test_the_same_command_started_at_another_time_is_a_stranger_too(
    daemon: Callable[[str], Daemon], stranger: subprocess.Popen[bytes]
) -> None:
    started, _, command = str(identity(stranger.pid)).partition(" ")
    sleeper = daemon("pass")
    sleeper.pid_file.write_text(json.dumps({"pid": stranger.pid, "identity": f"{int(started) - 1} {command}"}))

    assert sleeper.stop() is False
    assert stranger.poll() is None


@pytest.mark.parametrize("content", ["", "12", "null", '{"pid": "x"}', '{"pid": 1}', "[]", "\x00"])
def test_a_pid_file_that_says_nothing_useful(daemon: Callable[[str], Daemon], content: str) -> None:
    sleeper = daemon("pass")
    sleeper.pid_file.write_text(content)

    assert sleeper.pid is None
    assert sleeper.stop() is False


def test_an_ended_process_that_nobody_has_waited_for_does_not_run(daemon: Callable[[str], Daemon]) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    deadline = time.monotonic() + 10
    while identity(process.pid) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.wait()


def test_a_program_that_ends_at_once_shows_its_last_words(
    daemon: Callable[[str], Daemon], capsys: pytest.CaptureFixture[str]
) -> None:
    sleeper = daemon("raise SystemExit('the disk is full')")
    sleeper.start()

    with pytest.raises(Problem, match="sleeper ended at once"):
        sleeper.wait_until(lambda: False, 10)
    assert "the disk is full" in capsys.readouterr().err


def test_the_log_of_the_run_before_is_kept(daemon: Callable[[str], Daemon]) -> None:
    for words in ("first", "second"):
        sleeper = daemon(f"raise SystemExit('{words}')")
        sleeper.start()
        with pytest.raises(Problem):
            sleeper.wait_until(lambda: False, 10)

    assert "second" in sleeper.log.read_text()
    assert "first" in sleeper.log.with_suffix(".log.1").read_text()
