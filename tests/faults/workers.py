"""The emulator's Lambda workers: processes of its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.stage import Stage


def workers(stage: Stage) -> dict[int, str]:
    """The running workers: the command line by process id."""
    emulator = stage.emulator_pid
    assert emulator, "the emulator does not run"
    found = {pid: _command(pid) for pid in _children(emulator)}
    return {pid: command for pid, command in found.items() if "_worker.py" in command}


def kill(stage: Stage) -> int:
    """Kill all workers, as a crash of their host would. Returns how many there were."""
    victims = workers(stage)
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:  # has just ended by itself
            continue
    return len(victims)


def _children(parent: int) -> list[int]:
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and _parent(process) == parent:
            found.append(int(process.name))
    return found


def _parent(process: Path) -> int | None:
    try:
        # The command's name, in parentheses, may hold blanks: what follows the last ')' is state, parent, ...
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _command(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
