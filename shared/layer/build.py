"""Builds the Lambda layers: the one that every function is given, and those of services' own functions.

    python shared/layer/build.py --target host   for the emulator: wheels and bytecode of this very interpreter
    python shared/layer/build.py --target aws    for Lambda: python3.13 on arm64, from manylinux wheels, no Docker

Every function has the `backoffice` package and the libraries that the Lambda runtime lacks, from
`.build/layer-<target>`. A function that needs more has a second layer, made of a folder `services/*/layers/<name>`
(packages, and a `requirements.txt`): `.build/layer-<name>-<target>`. Each holds a folder `python`, which Lambda puts on
the import path. A layer is made anew only when an input changed, and equal inputs give equal files, so that an
unchanged layer is never published twice.

Libraries are installed exactly as pinned, without resolving dependencies: boto3, botocore and what they bring
(jmespath, python-dateutil, s3transfer, six, urllib3) belong to the runtime, the rest is in `requirements.txt` beside
this file. A test checks that nothing is missing from that list.
"""

from __future__ import annotations

import argparse
import compileall
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"

LAMBDA_PYTHON = "3.13"
# Lambda's image of it is Amazon Linux 2023 (glibc 2.34).
LAMBDA_WHEELS = (
    *("--platform", "manylinux2014_aarch64", "--platform", "manylinux_2_28_aarch64"),
    *("--implementation", "cp", "--python-version", LAMBDA_PYTHON, "--only-binary=:all:"),
)
# Of the dist-info folders, METADATA is read at run time (python-ulid) and the licences travel with their code.
UNUSED = (
    *("**/__pycache__", "**/tests", "**/*.pyi", "**/py.typed", "bin", "*-stubs"),
    *(f"*.dist-info/{name}" for name in ("INSTALLER", "RECORD", "REQUESTED", "WHEEL", "*.txt", "*.json")),
)


@dataclass(frozen=True)
class Layer:
    """Our own packages, and the files that pin the libraries beside them. Only what every function has is unnamed."""

    name: str
    packages: tuple[Path, ...]
    requirements: tuple[Path, ...]

    def folder(self, kind: str, target: str) -> Path:
        return BUILD / "-".join(part for part in (kind, self.name, target) if part)


SHARED = Layer(
    "",
    (ROOT / "shared" / "python" / "backoffice",),
    (ROOT / "shared" / "python" / "requirements.txt", Path(__file__).with_name("requirements.txt")),
)


def layers() -> list[Layer]:
    """The one that every function is given, and those of services' own functions."""
    folders = sorted(path.parent for path in (ROOT / "services").glob("*/layers/*/requirements.txt"))
    return [SHARED, *(Layer(folder.name, _packages(folder), (folder / "requirements.txt",)) for folder in folders)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the Lambda layers.")
    parser.add_argument("--target", choices=("host", "aws"), required=True)
    target = parser.parse_args().target
    BUILD.mkdir(exist_ok=True)
    for layer in layers():
        with _only_builder(target):
            folder, fresh = build(target, layer)
        files = [path for path in folder.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files) / 1e6
        print(f"{folder.name}: {size:.1f} MB in {len(files)} files, {'built' if fresh else 'unchanged'}")


def build(target: str, layer: Layer = SHARED) -> tuple[Path, bool]:
    """Make a layer's folder what the sources say; return it and whether it had to change.

    Raises `subprocess.CalledProcessError` if pip finds no wheel for a pinned requirement.
    """
    folder = layer.folder("layer", target)
    compiler = _compiler(target)
    libraries = _libraries(target, layer)
    inputs = _digest(_sources(layer), target, compiler, _stamp(libraries).read_text())
    if _made_from(folder, inputs):
        return folder, False
    with _replaced(folder, inputs) as draft:
        shutil.copytree(libraries, draft / "python")
        for package in layer.packages:
            shutil.copytree(package, draft / "python" / package.name, ignore=shutil.ignore_patterns("__pycache__"))
        if compiler:
            _compile(compiler, draft / "python")
        _same_modes(draft)
    return folder, True


def _packages(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(path.parent for path in folder.glob("*/__init__.py")))


def _libraries(target: str, layer: Layer) -> Path:
    """Install the pinned wheels once per set of pins, so that a change of our own package costs no pip run."""
    folder = layer.folder("libraries", target)
    wheels = LAMBDA_WHEELS if target == "aws" else ("--only-binary=:all:",)
    inputs = _digest(layer.requirements, *wheels, "" if target == "aws" else sys.version)
    if not _made_from(folder, inputs):
        with _replaced(folder, inputs) as draft:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            listed = [argument for path in layer.requirements for argument in ("-r", str(path))]
            options = ["--no-deps", "--no-compile", "--target", str(draft), *wheels, *listed]
            subprocess.run([*pip, *options], check=True)
            _prune(draft)
    return folder


def _prune(folder: Path) -> None:
    for pattern in UNUSED:
        for path in sorted(folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _compiler(target: str) -> str:
    """The interpreter whose bytecode the target can read; empty if this machine has none."""
    if target == "host":
        return sys.executable
    candidate = shutil.which(f"python{LAMBDA_PYTHON}") or ""
    if not candidate:
        return ""
    # A version manager's shim exists even for an interpreter that is not installed.
    works = subprocess.run([candidate, "-c", ""], capture_output=True, check=False)
    return candidate if works.returncode == 0 else ""


def _compile(compiler: str, folder: Path) -> None:
    """Bytecode that is valid whatever the files' times are: a layer is unpacked anew at each cold start."""
    paths = ["-s", str(folder), "-p", "/opt/python"]
    mode = ["--invalidation-mode", PycInvalidationMode.UNCHECKED_HASH.name.lower().replace("_", "-")]
    subprocess.run([compiler, "-m", compileall.__name__, "-q", *mode, *paths, str(folder)], check=True)


def _same_modes(folder: Path) -> None:
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _sources(layer: Layer) -> list[Path]:
    found = (path for package in layer.packages for path in package.rglob("*"))
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _digest(files: list[Path] | tuple[Path, ...], *words: str) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for word in words:
        digest.update(f"{word}\0".encode())
    for path in files:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _stamp(folder: Path) -> Path:
    return folder.with_name(folder.name + ".inputs")


def _made_from(folder: Path, inputs: str) -> bool:
    stamp = _stamp(folder)
    return folder.is_dir() and stamp.is_file() and stamp.read_text() == inputs


@contextmanager
def _replaced(folder: Path, inputs: str) -> Iterator[Path]:
    """Give an empty folder to fill; put it in place only once it is complete."""
    draft = folder.with_name(folder.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    yield draft
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(draft, folder)
    _stamp(folder).write_text(inputs)


@contextmanager
def _only_builder(target: str) -> Iterator[None]:
    with (BUILD / f"layer-{target}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
