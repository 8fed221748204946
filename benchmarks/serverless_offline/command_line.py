"""The Serverless CLI of this folder, which has serverless-offline beside it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from local.stage import environment
from local.stage.place import LAMBDA_PYTHON, STAGE, Place

FOLDER = Path(__file__).resolve().parent
_MODULES = FOLDER / "node_modules"
# serverless-offline names serverless 4 as its peer, whose place osls 4 takes here.
_INSTALL = ["npm", "ci", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund"]


def install() -> None:
    """Install what the lock file names, unless it has been."""
    stamp, lock = _MODULES / ".installed", (FOLDER / "package-lock.json").read_text()
    if not stamp.is_file() or stamp.read_text() != lock:
        subprocess.run(_INSTALL, cwd=FOLDER, env=environment.tools(), check=True, stdout=subprocess.DEVNULL)
        stamp.write_text(lock)


def command(*words: str) -> list[str]:
    return [str(_MODULES / ".bin" / "osls"), *words, "--stage", STAGE]


def variables(place: Place) -> dict[str, str]:
    """Both work against the embedded AWS of `place`, and with the workers' Python."""
    return {
        **environment.local_deploy(place),
        "BENCHMARK_LAMBDA_URL": f"{place.lambda_url}/",
        "VIRTUAL_ENV": str(LAMBDA_PYTHON.parents[1]),
    }
