"""What generating and checking all contracts takes: `make consumes openapi events`, then `pytest tests/contract`.

In processor time of all processes. The baseline are the same tests on moto's DynamoDB instead of the tables in memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
from resource import RUSAGE_CHILDREN, getrusage

from benchmarks.figures import Target, conclude, table
from local.stage.place import ROOT

MOST_SECONDS, MOST_TIMES_MOTO = 30.0, 0.6
_GENERATING = ["make", "--silent", "consumes", "openapi", "events"]
_CHECKING = [sys.executable, "-m", "pytest", "tests/contract", "-q"]
_ACCOUNT_OF_NOBODY = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def main() -> int:
    generating = _seconds(_GENERATING)
    checking = _seconds(_CHECKING)
    on_moto = _seconds([*_CHECKING, "-p", "benchmarks.on_moto"])
    both, baseline = generating + checking, generating + on_moto
    table(
        ["", "CPU s", "x"],
        [
            ["generating", f"{generating:.1f}", ""],
            ["checking", f"{checking:.1f}", f"{checking / on_moto:.2f}"],
            ["checking on moto", f"{on_moto:.1f}", "1.00"],
            ["generating and checking", f"{both:.1f}", f"{both / baseline:.2f}"],
        ],
    )
    return conclude(
        Target("generating and checking", both, MOST_SECONDS, "s"),
        Target("checking", checking / on_moto, MOST_TIMES_MOTO, "times that on moto"),
    )


def _seconds(command: list[str]) -> float:
    """Processor seconds of a command that must succeed, and of all that it starts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, env=kept | _ACCOUNT_OF_NOBODY, stdout=subprocess.DEVNULL, check=True)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
