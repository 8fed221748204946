"""How long a newcomer waits: `make up` on a fresh copy of this tree, `make up` again, and one service's deploy.

The copy has what git knows or would know, so pip and npm install anew (from their caches, where those are warm).
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Target, conclude, table
from local.stage.place import ROOT, Place, tcp_is_free, udp_is_free

_PORTS = range(20000, 32000)
_OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PORT", "VIRTUAL_ENV")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="backoffice-fresh-") as folder:
        clone = Path(folder) / "backoffice"
        _copy(clone)
        port = f"PORT={_free_port()}"
        try:
            first = _make(clone, "up", port)
            again = _make(clone, "up", port)
            one = _make(clone, "deploy", port, "SERVICE=invoicing")
            _make(clone, "down", port)
            kept = _make(clone, "up", port)
        finally:
            _make(clone, "reset", port)
    steps = {
        "make up, fresh clone": first,
        "make up, again": again,
        "make up, after make down": kept,
        "make deploy SERVICE=invoicing": one,
    }
    table(
        ["step", "seconds", "x make up again"],
        [[what, f"{took:.1f}", f"{took / again:.1f}"] for what, took in steps.items()],
    )
    return conclude(
        Target("first make up", first, 240, "s"),
        Target("second make up", again, 30, "s"),
        Target("make up after make down", kept, 30, "s"),
        Target("deploy of one service", one, 20, "s"),
    )


def _copy(target: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def _make(clone: Path, *words: str) -> float:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
    print(f"make {' '.join(words)}", flush=True)
    began = time.monotonic()
    done = subprocess.run(["make", *words], cwd=clone, env=environment, capture_output=True, text=True, check=False)
    took = time.monotonic() - began
    if done.returncode != 0:
        raise SystemExit(f"make {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return took


def _free_port() -> int:
    for port in random.sample(_PORTS, 100):  # not seeded: two runs at once must differ
        place = Place.at(port)
        if all(map(tcp_is_free, (place.port, place.xray_port, place.console_port))) and udp_is_free(place.daemon_port):
            return port
    raise SystemExit("no free ports: is something wrong with this machine's loopback?")


if __name__ == "__main__":
    sys.exit(main())
