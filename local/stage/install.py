"""What must be on the machine, and what is installed here: three virtual environments and the Serverless CLI."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from local.stage import environment, place, running
from local.stage.locks import only_one
from local.stage.place import BUILD, EMULATOR_PYTHON, LAMBDA_PYTHON, NODE_MODULES, PYTHON, ROOT
from local.stage.problem import Problem
from local.stage.progress import step, tail

TOOLS = PYTHON.parents[1]
EMULATOR = EMULATOR_PYTHON.parents[1]
WORKERS = LAMBDA_PYTHON.parents[1]


@dataclass(frozen=True)
class Installation:
    """A folder, the command that fills it, and the files that say with what."""

    folder: Path
    command: list[str]
    inputs: tuple[Path, ...]

    @property
    def is_current(self) -> bool:
        return self._stamp.is_file() and self._stamp.read_text() == self._wanted()

    @property
    def log(self) -> Path:
        return BUILD / f"install{self.folder.name.replace('.', '-')}.log"

    def mark(self) -> None:
        self._stamp.write_text(self._wanted())

    @property
    def _stamp(self) -> Path:
        return self.folder / ".installed"

    def _wanted(self) -> str:
        return digest(self.inputs, str(self.folder), sys.version)


def digest(files: Iterable[Path], *words: str) -> str:
    """The SHA-256, in hex, of the names and contents of `files` and of `words`."""
    sha = hashlib.sha256()
    for word in words:
        sha.update(word.encode() + b"\0")
    for file in files:
        sha.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return sha.hexdigest()


def installations() -> list[Installation]:
    """Everything that is installed here."""
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
    # Bytecode of all that is installed takes as long as the rest; what is imported gets its own when it is.
    fill = ["install", "--no-compile", "--requirement"]
    tools = ROOT / "requirements-dev.txt"
    emulator = ROOT / "requirements-emulator.txt"
    workers = ROOT / "requirements-lambda.txt"
    on_lambda = [ROOT / "shared" / "python" / "requirements.txt", *layers_of_services()]
    return [
        Installation(TOOLS, [*pip, *fill, str(tools)], (tools, *on_lambda)),
        Installation(
            EMULATOR,
            [*pip, "--python", str(EMULATOR_PYTHON), *fill, str(emulator)],
            (emulator,),
        ),
        Installation(WORKERS, [*pip, "--python", str(LAMBDA_PYTHON), *fill, str(workers)], (workers,)),
        Installation(
            NODE_MODULES,
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            (ROOT / "package.json", ROOT / "package-lock.json"),
        ),
    ]


def layers_of_services() -> list[Path]:
    """The pins of what single functions are given beyond the common layer."""
    return sorted((ROOT / "services").glob("*/layers/*/requirements.txt"))


def prepare(arguments: list[str]) -> str | None:
    """Check the machine and install what is missing or has changed.

    Returns the Python that runs the stage, or None after one line on stderr that says what is wrong.
    """
    try:
        check_node()
        if arguments[:1] == ["up"]:
            running.check_ports(place.Place.at(place.requested()))
        with only_one(BUILD / "install.lock", "installation"):
            install([one for one in installations() if not one.is_current])
    except Problem as problem:
        print(problem, file=sys.stderr)
        return None
    return str(PYTHON)


def check_node() -> None:
    """Raises Problem unless Node, of a release that the Serverless CLI supports, and npm are on PATH."""
    if not shutil.which("node"):
        raise Problem("Node is missing: install Node 20.19 or newer (https://nodejs.org), then run this again")
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    match = re.match(r"v(\d+)\.(\d+)", found)
    release = (int(match[1]), int(match[2])) if match else (0, 0)
    if not supports(release):
        raise Problem(f"Node 20.19+, 22.13+ or 24+ is needed, not {found or 'one that does not answer'}: install it")
    if not shutil.which("npm"):
        raise Problem("npm is missing: install it (it comes with Node; on Debian: apt install npm)")


def supports(release: tuple[int, int]) -> bool:
    """Whether the Serverless CLI runs on this Node release (its package.json: engines)."""
    major, _ = release
    return major >= 24 or (major == 22 and release >= (22, 13)) or (major == 20 and release >= (20, 19))


def install(missing: list[Installation]) -> None:
    """Fill the folders of `missing`, side by side.

    Raises Problem, after the end of its log, if one of them fails.
    """
    if not missing:
        return
    BUILD.mkdir(exist_ok=True)
    with step(f"Installing {', '.join(one.folder.name for one in missing)}"):
        _virtual_environments(missing)
        started = [(one, _start(one)) for one in missing]
        failed = [one for one, process in started if process.wait() != 0]
        for one in missing:
            if one not in failed:
                one.mark()
    for one in failed:
        tail(one.log)
        raise Problem(f"Installing {one.folder.name} failed: see above and {one.log.relative_to(ROOT)}")


def _start(one: Installation) -> subprocess.Popen[bytes]:
    with one.log.open("wb") as log:
        return subprocess.Popen(
            one.command,
            cwd=ROOT,
            env=environment.tools(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _virtual_environments(missing: list[Installation]) -> None:
    folders = [one.folder for one in missing]
    if not _answers(PYTHON):
        if importlib.util.find_spec("ensurepip") is None:
            raise Problem(
                "Python's venv module is incomplete: on Debian, apt install python3-venv; then run this again"
            )
        _venv("--clear", str(TOOLS))
    for own in (EMULATOR, WORKERS):
        if own in folders:
            _venv("--clear", "--without-pip", str(own))


def _venv(*options: str) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "venv", *options], env=environment.tools(), capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        lines = (made.stderr or made.stdout).strip().splitlines()
        raise Problem(f"Making a virtual environment failed: {lines[-1] if lines else made.returncode}")


def _answers(python: Path) -> bool:
    if not python.exists():
        return False
    asked = subprocess.run(
        [str(python), "-c", "import pip, sys; print(sys.version)"], capture_output=True, text=True, check=False
    )
    return asked.returncode == 0 and asked.stdout.strip() == sys.version
