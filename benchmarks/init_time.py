"""How long each function takes to initialise, against a process that only imports boto3 and makes a DynamoDB client.

Init is what Lambda calls so: the import of the handler's module. The functions make their client with the first request
that needs one; "ready" counts that in. Every process runs on the emulator's interpreter with the layer and the code as
they are deployed to it, and writes no bytecode, as on Lambda. They take turns. Times are those on the processor, which
hardly change when others use the machine.
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
_BOTO3 = "pass", "import boto3; boto3.client('dynamodb')"
_FUNCTION = "import {module}", "from backoffice.dynamodb import client; client('dynamodb')"
_TIMED = (
    "import time; began = time.process_time(); {init}; done = time.process_time(); {client}; "
    "print(done - began, time.process_time() - began)"
)


def main() -> int:
    deploy.build_layer("host")
    with tempfile.TemporaryDirectory() as folder:
        programs = {BASELINE: (_TIMED.format(init=_BOTO3[0], client=_BOTO3[1]), [Path(folder)])}
        programs |= dict(_functions(Path(folder)))
        seconds: dict[str, list[tuple[float, ...]]] = {name: [] for name in programs}
        for round in range(1 + ROUNDS):
            for name, (program, path) in programs.items():
                took = run(program, path)
                if round > 0:  # the first one warms the disk's cache
                    seconds[name].append(took)
    medians = {name: tuple(map(median, zip(*values, strict=True))) for name, values in seconds.items()}
    base = medians.pop(BASELINE)[1]
    rows = [[BASELINE, "", "", f"{base * 1000:.0f}", "1.00"]]
    rows += [
        [name, f"{init * 1000:.0f}", f"{init / base:.2f}", f"{ready * 1000:.0f}", f"{ready / base:.2f}"]
        for name, (init, ready) in medians.items()
    ]
    table(["function", "init ms", "x boto3 alone", "ready ms", "x boto3 alone"], rows)
    slowest = max(medians, key=lambda name: medians[name][0])
    times = medians[slowest][0] / base
    return conclude(Target(f"init of {slowest}", times, MOST_TIMES, "times that of boto3 alone"))


def _functions(folder: Path) -> Iterator[tuple[str, tuple[str, list[Path]]]]:
    """Each function's name, the program that times it, and its import path: its service's copy, then its layers."""
    for service in deploy.services():
        copy = folder / service
        shutil.copytree(ROOT / "services" / service, copy, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        deploy.compile_for_workers(copy)
        for module in sorted(copy.glob("*/handlers/*")):
            if not module.stem.startswith("__"):
                name = ".".join(module.relative_to(copy).with_suffix("").parts)
                init, client = _FUNCTION
                program = _TIMED.format(init=init.format(module=name), client=client)
                yield f"{service} {module.stem}", (program, [copy, *_layers(module.stem)])


def _layers(function: str) -> list[Path]:
    """Where the layers of a function lie: its own, if it has one, and the common one."""
    folders = [BUILD / f"layer-{function}-host", BUILD / "layer-host"]
    return [folder / "python" for folder in folders if folder.is_dir()]


def run(program: str, path: list[Path]) -> tuple[float, ...]:
    """Processor seconds until the module is imported and until the client is made, without the interpreter's start."""
    service = path[0]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": "benchmark",
        "LAMBDA_TASK_ROOT": str(service),
        "CONTEXT": "benchmark",
        "TABLE_NAME": "benchmark",
    }
    command = [str(EMULATOR_PYTHON), "-c", program]
    done = subprocess.run(command, env=environment, cwd=service, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{program} failed:\n{done.stderr}")
    return tuple(map(float, done.stdout.split()))


if __name__ == "__main__":
    sys.exit(main())
