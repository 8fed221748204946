"""`python -m operations.console --stage local`: serve the operator's page of a stage."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
from pathlib import Path

import uvicorn

from operations import local_stage
from operations.console.app import application
from operations.problems import Problem
from operations.stage import Stage, check_name

HOST = "127.0.0.1"
_PORT_ON_AWS = 8568


def main(arguments: list[str]) -> int:
    """Serves until it is interrupted; returns 1 after a sentence on stderr where it cannot."""
    options = _options(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        stage = Stage(check_name(options.stage), options.endpoints)
        port = options.port or (local_stage.console_port() if stage.is_local else _PORT_ON_AWS)
        listening = _listen(port)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    writes = options.allow_writes or stage.is_local
    print(f"The console of {stage.name} ({'may write' if writes else 'read-only'}): http://{HOST}:{port}", flush=True)
    # The access log would hold filter expressions, which may name users. Whoever listens to what is live would hold up
    # the end for ever.
    app = application(stage, writes, port)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise Problem(
            "port_taken",
            f"The console cannot listen on port {port} of {HOST}: {os.strerror(error.errno or 0)}.",
            "If a console is running there already, open it; otherwise choose another port: --port.",
        ) from None


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.console", description=__doc__)
    parser.add_argument("--stage", default=local_stage.NAME, help="whose stacks are looked at (%(default)s)")
    parser.add_argument("--port", type=int, help=f"of {HOST} (on AWS {_PORT_ON_AWS}, locally the stage's own)")
    parser.add_argument("--allow-writes", action="store_true", help="redrive and discard, which the local stage allows")
    parser.add_argument("--endpoints", type=Path, help="another local stage's endpoints.json than that of PORT")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
