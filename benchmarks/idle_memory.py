"""How much memory a whole idle stage takes: the embedded AWS, Lambda with its workers, X-Ray.

A fresh stage of its own, on free ports. Idle is: both contexts' clocks, which run every minute, have run and keep a
worker each, and nothing is in flight. Counted is the proportional set size (PSS) of each program and of what it has
started: a page that several processes share counts once. Where the kernel does not tell it, the resident size (RSS).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Target, conclude, table
from local.stage import running
from local.stage.place import Place
from tests.stage import Stage, free_place

MOST_MEBIBYTES = 400.0
CLOCKS = {"local-customer-support-clock", "local-invoicing-clock"}
PATIENCE = 100.0
LOOKS, APART = 10, 1.0


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="backoffice-memory-") as folder:
        stage = Stage(free_place(Path(folder)))
        try:
            stage.up()
            _wait_until_idle(stage.place)
            looks = [_look(stage.place) for _ in range(LOOKS)]
        finally:
            stage.launch("reset")
    most = max(looks, key=lambda look: sum(pss for pss, _ in look.values()))
    total = sum(pss for pss, _ in most.values())
    rows = [[name, f"{pss:.0f}", f"{rss:.0f}", f"{pss / total:.2f}"] for name, (pss, rss) in most.items()]
    table([f"the largest of {LOOKS} looks", "PSS MiB", "RSS MiB", "of all"], rows)
    return conclude(Target("memory of the idle stage", total, MOST_MEBIBYTES, "MiB"))


def _wait_until_idle(place: Place) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _is_idle(place):
        if time.monotonic() > deadline:
            raise SystemExit(f"the stage did not come to rest: {_ask(place, '/workers')}")
        time.sleep(0.5)


def _is_idle(place: Place) -> bool:
    functions = {worker["function"] for worker in _ask(place, "/workers")}
    return functions >= CLOCKS and not _ask(place, "/health")["in_flight"]


def _ask(place: Place, path: str) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(place.lambda_url + path, timeout=10) as answer:
        return json.load(answer)


def _look(place: Place) -> dict[str, tuple[float, float]]:
    """PSS and RSS, in MiB, of each program of the stage and of the processes under it."""
    time.sleep(APART)
    children = _children()
    found = {}
    for program in running.programs(place):
        assert program.pid is not None, f"{program.name} has ended"
        found[program.name] = _memory(program.pid)
        below = [_memory(pid) for pid in _under(program.pid, children)]
        if below:
            name = f"{program.name}: {len(below)} worker{'s' if len(below) > 1 else ''}"
            found[name] = sum(pss for pss, _ in below), sum(rss for _, rss in below)
    return found


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
        found.setdefault(parent, []).append(int(stat.parent.name))
    return found


def _under(pid: int, children: dict[int, list[int]]) -> Iterator[int]:
    for child in children.get(pid, []):
        yield child
        yield from _under(child, children)


def _memory(pid: int) -> tuple[float, float]:
    """PSS and RSS in MiB: https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html"""
    rss = _field(Path(f"/proc/{pid}/status"), "VmRSS:")
    try:
        return _field(Path(f"/proc/{pid}/smaps_rollup"), "Pss:"), rss
    except OSError:
        return rss, rss


def _field(file: Path, name: str) -> float:
    line = next(line for line in file.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
