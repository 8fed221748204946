"""The console as a program that listens: on loopback, without a log of who asked for what."""

from __future__ import annotations

import os
import socket

import uvicorn

from operations.console.app import application
from operations.console.live import Live
from operations.problems import Problem
from operations.stage import Stage

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """A socket on `port` of loopback, 0 for any. Raises Problem where it is taken."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise Problem(
            "port_taken",
            f"The console cannot listen on port {port} of {HOST}: {os.strerror(error.errno or 0)}.",
            "If a console is running there already, open it; otherwise choose another port: --port.",
        ) from None


def server(stage: Stage, writes_allowed: bool, listening: socket.socket) -> uvicorn.Server:
    """What serves the console of a stage: `server(..).run(sockets=[listening])`."""
    app = application(stage, writes_allowed, listening.getsockname()[1])
    # An access log would hold filter expressions, which may name users.
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    config.timeout_graceful_shutdown = 5
    return _Server(config, app.state.live)


class _Server(uvicorn.Server):
    """Waits at its end for whoever is being answered; those who listen to what is live would be answered for ever."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.end()
        await super().shutdown(sockets)
