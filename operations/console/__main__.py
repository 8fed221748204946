"""`python -m operations.console --stage local`: serve the operator's page of a stage."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import uvicorn

from operations.console.app import application
from operations.problems import Problem
from operations.stage import Stage, check_name

HOST = "127.0.0.1"
DEFAULT_PORT = 4568


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.console", description=__doc__)
    parser.add_argument("--stage", default="local", help="whose stacks are looked at")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of 127.0.0.1")
    parser.add_argument("--allow-writes", action="store_true", help="redrive and discard, which the local stage allows")
    parser.add_argument("--endpoints", type=Path, help="another local stage's endpoints.json than that of PORT")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        stage = Stage(check_name(options.stage), options.endpoints)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    app = application(stage, options.allow_writes or stage.is_local, options.port)
    print(f"The console of {stage.name}: http://{HOST}:{options.port}", flush=True)
    # The access log would hold filter expressions, which may name users.
    # Whoever listens to what is live would hold up its end for ever.
    uvicorn.run(
        app,
        host=HOST,
        port=options.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
