"""serverless-offline: a server in Node that runs the functions in Pythons of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time

from benchmarks.serverless_offline.command_line import FOLDER, command, variables
from local.stage.place import Place, tcp_is_free

_PORTS = range(20000, 32000)
_START_SECONDS = 60.0


class Offline:
    """serverless-offline against the table of the embedded AWS; `started` is how many seconds its last start took."""

    name = "serverless-offline"
    path = ""
    headers: dict[str, str] = {}

    def __init__(self, place: Place) -> None:
        self._place = place
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (for as long as the process writes to it)
        self.started = 0.0
        self.port, *self._others = _free_ports(3)

    def restart(self) -> None:
        self.stop()
        lambda_port, websocket_port = map(str, self._others)
        options = ["--host", "127.0.0.1", "--httpPort", str(self.port), "--lambdaPort", lambda_port]
        options += ["--websocketPort", websocket_port, "--noAuth", "--noPrependStageInUrl"]
        began = time.monotonic()
        self._process = subprocess.Popen(
            command("offline", "start", *options),
            cwd=FOLDER,
            env=variables(self._place),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while not _listens(self.port):
            if self._process.poll() is not None or time.monotonic() - began > _START_SECONDS:
                self._log.seek(0)
                raise SystemExit(f"serverless-offline did not start:\n{self._log.read().decode()}")
            time.sleep(0.01)
        self.started = time.monotonic() - began

    def stop(self) -> None:
        """With the Pythons that it has started: their group is its own."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None


def _free_ports(number: int) -> list[int]:
    first = 20000 + os.getpid() * 7 % 12000
    candidates = [*range(first, _PORTS.stop), *range(_PORTS.start, first)]
    return [port for port, _ in zip(filter(tcp_is_free, candidates), range(number), strict=False)]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
