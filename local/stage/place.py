"""Where a stage lives: its ports and its state folder, all of them chosen by one number."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from local.stage.problem import Problem

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
PYTHON = ROOT / ".venv" / "bin" / "python"
EMULATOR_PYTHON = ROOT / ".venv-emulator" / "bin" / "python"
LAMBDA_PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
HOST = "127.0.0.1"
STAGE = "local"
DEFAULT_PORT = 4566
_DAEMON_BELOW = 2566
_LOWEST, _HIGHEST = 1024 + _DAEMON_BELOW, 65535 - 3


@dataclass(frozen=True)
class Place:
    """The ports and the state folder of one stage.

    `port` is the embedded AWS's; the X-Ray API, the console, Lambda and the X-Ray daemon (UDP)
    have theirs at a fixed distance.
    """

    port: int
    state: Path

    @classmethod
    def at(cls, port: int | str, state: str | Path | None = None) -> Place:
        """The place that PORT names.

        Raises Problem if `port` is no number or leaves no room for the ports derived from it.
        """
        try:
            number = int(port)
        except ValueError:
            raise Problem(f"PORT={port} is not a number: choose one from {_LOWEST} to {_HIGHEST}") from None
        if not _LOWEST <= number <= _HIGHEST:
            raise Problem(f"PORT={number} is out of range: choose one from {_LOWEST} to {_HIGHEST}")
        folder = ".local" if number == DEFAULT_PORT else f".local-{number}"
        return cls(number, Path(state).resolve() if state else ROOT / folder)

    @property
    def xray_port(self) -> int:
        return self.port + 1

    @property
    def console_port(self) -> int:
        return self.port + 2

    @property
    def lambda_port(self) -> int:
        return self.port + 3

    @property
    def daemon_port(self) -> int:
        return self.port - _DAEMON_BELOW

    @property
    def aws_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def xray_url(self) -> str:
        return f"http://{HOST}:{self.xray_port}"

    @property
    def console_url(self) -> str:
        return f"http://{HOST}:{self.console_port}"

    @property
    def lambda_url(self) -> str:
        return f"http://{HOST}:{self.lambda_port}"

    @property
    def source(self) -> Path:
        """The copy of the stacks that this stage deploys from, so that stages never share the CLI's working files."""
        return self.state / "source"

    @property
    def endpoints_file(self) -> Path:
        return self.state / "endpoints.json"

    def make(self) -> None:
        """Make the state folder, readable by its owner only."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)


def requested() -> str | int:
    """The PORT of this environment, or the default one."""
    return os.environ.get("PORT") or DEFAULT_PORT


def tcp_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return _binds(probe, port)


def udp_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return _binds(probe, port)


def _binds(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind((HOST, port))
    except OSError:
        return False
    return True
