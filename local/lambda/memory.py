"""A process's memory in MB, as Linux tells it. Elsewhere nothing is known, and 0 is told."""

from __future__ import annotations

from pathlib import Path


def current(pid: int | None) -> int:
    """What the process holds now."""
    return _status(pid, "VmRSS:")


def peak(pid: int | None) -> int:
    """The most it has held."""
    return _status(pid, "VmHWM:")


def _status(pid: int | None, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith(name)), 0)
