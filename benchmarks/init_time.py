"""How long each function takes to initialise, against a process that only imports boto3 and makes a client.

Both make a DynamoDB client, since a function's first request does. Every process runs on the emulator's interpreter
with the layer and the code as they are deployed to it, and writes no bytecode, as on Lambda. They take turns. The time
on the processor is shown beside the time on the clock, since it hardly changes when others use the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.figures import Target, conclude, table
from local.stage import deploy
from local.stage.place import BUILD, EMULATOR_PYTHON, ROOT

ROUNDS = 11
MOST_TIMES = 1.5
BASELINE = "boto3 alone"
_BOTO3 = "import boto3; boto3.client('dynamodb')"
_FUNCTION = "import {module}; from backoffice.dynamodb import client; client('dynamodb')"
_TIMED = (
    "import time; clock, processor = time.perf_counter(), time.process_time(); {work}; "
    "print(time.perf_counter() - clock, time.process_time() - processor)"
)


def main() -> int:
    deploy.build_layer("host")
    with tempfile.TemporaryDirectory() as folder:
        works = {BASELINE: (_BOTO3, Path(folder)), **dict(_functions(Path(folder)))}
        seconds: dict[str, list[tuple[float, ...]]] = {name: [] for name in works}
        for round in range(1 + ROUNDS):
            for name, (work, path) in works.items():
                took = _init(work, path)
                if round > 0:  # the first one warms the disk's cache
                    seconds[name].append(took)
    medians = {name: tuple(map(median, zip(*values, strict=True))) for name, values in seconds.items()}
    base = medians[BASELINE]
    rows = [
        [name, f"{clock * 1000:.0f}", f"{clock / base[0]:.2f}", f"{processor * 1000:.0f}", f"{processor / base[1]:.2f}"]
        for name, (clock, processor) in medians.items()
    ]
    table(["function", "clock ms", "x boto3 alone", "processor ms", "x boto3 alone"], rows)
    slowest = max(medians, key=lambda name: medians[name][0])
    times = medians[slowest][0] / base[0]
    return conclude(Target(f"init of {slowest}", times, MOST_TIMES, "times that of boto3 alone"))


def _functions(folder: Path) -> Iterator[tuple[str, tuple[str, Path]]]:
    """Each function's name, the work of its init, and a copy of its service as it is deployed."""
    for service in deploy.services():
        copy = folder / service
        shutil.copytree(ROOT / "services" / service, copy, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        deploy.compile_for_workers(copy)
        for module in sorted(copy.glob("*/handlers/*.py")):
            if module.stem != "__init__":
                name = ".".join(module.relative_to(copy).with_suffix("").parts)
                yield f"{service} {module.stem}", (_FUNCTION.format(module=name), copy)


def _init(work: str, service: Path) -> tuple[float, ...]:
    """Seconds on the clock and on the processor that the work takes, the interpreter's own start left out."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(service), str(BUILD / "layer-host" / "python")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": "benchmark",
        "LAMBDA_TASK_ROOT": str(service),
        "CONTEXT": "benchmark",
        "TABLE_NAME": "benchmark",
    }
    command = [str(EMULATOR_PYTHON), "-c", _TIMED.format(work=work)]
    done = subprocess.run(command, env=environment, cwd=service, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{work} failed:\n{done.stderr}")
    return tuple(map(float, done.stdout.split()))


if __name__ == "__main__":
    sys.exit(main())
