"""`python -m operations.console --stage local`: serve the operator's page of a stage."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from operations import local_stage
from operations.console.serving import HOST, listen, server
from operations.problems import Problem
from operations.stage import Stage, check_name

_PORT_ON_AWS = 8568


def main(arguments: list[str]) -> int:
    """Serves until it is interrupted; returns 1 after a sentence on stderr where it cannot."""
    options = _options(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        stage = Stage(check_name(options.stage), options.endpoints)
        port = options.port or (local_stage.console_port() if stage.is_local else _PORT_ON_AWS)
        listening = listen(port)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    writes = options.allow_writes or stage.is_local
    print(f"The console of {stage.name} ({'may write' if writes else 'read-only'}): http://{HOST}:{port}", flush=True)
    server(stage, writes, listening).run(sockets=[listening])
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.console", description=__doc__)
    parser.add_argument("--stage", default=local_stage.NAME, help="whose stacks are looked at (%(default)s)")
    parser.add_argument("--port", type=int, help=f"of {HOST} (on AWS {_PORT_ON_AWS}, locally the stage's own)")
    parser.add_argument("--allow-writes", action="store_true", help="redrive and discard, which the local stage allows")
    parser.add_argument("--endpoints", type=Path, help="another local stage's endpoints.json than that of PORT")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
