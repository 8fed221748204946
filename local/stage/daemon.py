"""Programs that outlive their launcher: a pid file each, and never a signal to a stranger."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.stage.problem import Problem
from local.stage.progress import tail

_MANY_FILES = 8192


@dataclass(frozen=True)
class Daemon:
    """A background program: its command, its environment, and the folder of its pid file and log."""

    name: str
    command: list[str]
    environment: dict[str, str]
    directory: Path
    state: Path

    @property
    def pid_file(self) -> Path:
        return self.state / f"{self.name}.pid"

    @property
    def log(self) -> Path:
        return self.state / f"{self.name}.log"

    @property
    def pid(self) -> int | None:
        """The process id of the program, or None when it does not run.

        A pid file left behind by a crash may name a process of someone else by now: only the process that was started,
        told by its start time and command line, counts.
        """
        try:
            noted = json.loads(self.pid_file.read_text())
            pid, known = int(noted["pid"]), str(noted["identity"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return pid if identity(pid) == known else None

    def start(self) -> None:
        """Start the program in a session of its own; the log of the run before is kept beside the new one."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        _allow_many_files()
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        noted = {"pid": process.pid, "identity": _settled_identity(process.pid)}
        self.pid_file.write_text(json.dumps(noted))

    def wait_until(self, healthy: Callable[[], bool], seconds: float) -> None:
        """Wait until `healthy()`.

        Raises Problem, after the end of the log, when the program ends first or `seconds` have passed.
        """
        deadline = time.monotonic() + seconds
        while not healthy():
            ended = self.pid is None
            if ended or time.monotonic() > deadline:
                tail(self.log)
                why = "ended at once" if ended else f"did not answer within {seconds:.0f} s"
                raise Problem(f"{self.name} {why}: see above and {self.log}")
            time.sleep(0.05)

    def stop(self, seconds: float = 60) -> bool:
        """Ask the program to end and wait until it has. Returns whether there was one.

        Raises Problem if it is still there after `seconds`; it is not killed, for it may be saving its state.
        """
        pid = self.pid
        if pid is None:
            self.pid_file.unlink(missing_ok=True)
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self.pid is not None:
            if time.monotonic() > deadline:
                raise Problem(f"{self.name} (process {pid}) has not ended within {seconds:.0f} s: look at {self.log}")
            time.sleep(0.05)
        self.pid_file.unlink(missing_ok=True)
        return True


def _allow_many_files() -> None:
    """Let what is started now hold as many files and connections as it may; some systems begin at 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, _MANY_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def identity(pid: int) -> str | None:
    """Start time and command line of a living process, or None if there is no such process."""
    process = Path("/proc") / str(pid)
    if not Path("/proc/self/stat").exists():
        return _identity_by_ps(pid)
    try:
        # The command's name, in parentheses, may hold blanks: what follows the last ')' is state, parent, ...
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    state, started = fields[0], fields[19]
    return None if state in "ZX" else f"{started} {command}"


def _identity_by_ps(pid: int) -> str | None:
    asked = subprocess.run(
        ["ps", "-o", "state=,lstart=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, *words = asked.stdout.split()[:6] or ["Z"]
    return None if state.startswith("Z") else " ".join([*words, *asked.stdout.split()[7:]])


def _settled_identity(pid: int) -> str | None:
    """The identity of a process that has just been started; for a moment it shows no command line yet."""
    found = identity(pid)
    while found is not None and found.endswith(" "):
        time.sleep(0.001)
        found = identity(pid)
    return found
