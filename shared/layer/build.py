"""Builds the Lambda layer: the `backoffice` package and the libraries that the Lambda runtime lacks.

    python shared/layer/build.py --target host   for the emulator: wheels and bytecode of this very interpreter
    python shared/layer/build.py --target aws    for Lambda: python3.13 on arm64, from manylinux wheels, no Docker

The result is `.build/layer-<target>/python`, the folder that Lambda puts on the import path. It is made anew only when
an input changed, and equal inputs give equal files, so that an unchanged layer is never published twice.

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
from pathlib import Path
from py_compile import PycInvalidationMode

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
PACKAGE = ROOT / "shared" / "python" / "backoffice"
REQUIREMENTS = (ROOT / "shared" / "python" / "requirements.txt", Path(__file__).with_name("requirements.txt"))

LAMBDA_PYTHON = "3.13"
LAMBDA_WHEELS = (
    *("--platform", "manylinux2014_aarch64", "--implementation", "cp", "--python-version", LAMBDA_PYTHON),
    "--only-binary=:all:",
)
# Of the dist-info folders, METADATA is read at run time (python-ulid) and the licences travel with their code.
UNUSED = (
    *("**/__pycache__", "**/tests", "**/*.pyi", "**/py.typed", "bin", "*-stubs"),
    *(f"*.dist-info/{name}" for name in ("INSTALLER", "RECORD", "REQUESTED", "WHEEL", "*.txt", "*.json")),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the Lambda layer.")
    parser.add_argument("--target", choices=("host", "aws"), required=True)
    target = parser.parse_args().target
    BUILD.mkdir(exist_ok=True)
    with _only_builder(target):
        layer, fresh = build(target)
    files = [path for path in layer.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"layer for {target}: {size:.1f} MB in {len(files)} files, {'built' if fresh else 'unchanged'}")


def build(target: str) -> tuple[Path, bool]:
    """Make `.build/layer-<target>` what the sources say; return it and whether it had to change.

    Raises `subprocess.CalledProcessError` if pip finds no wheel for a pinned requirement.
    """
    layer = BUILD / f"layer-{target}"
    compiler = _compiler(target)
    libraries = _libraries(target)
    inputs = _digest(_sources(), target, compiler, _stamp(libraries).read_text())
    if _made_from(layer, inputs):
        return layer, False
    with _replaced(layer, inputs) as draft:
        shutil.copytree(libraries, draft / "python")
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE, draft / "python" / "backoffice", ignore=ignored)
        if compiler:
            _compile(compiler, draft / "python")
        _same_modes(draft)
    return layer, True


def _libraries(target: str) -> Path:
    """Install the pinned wheels once per set of pins, so that a change of our own package costs no pip run."""
    folder = BUILD / f"libraries-{target}"
    wheels = LAMBDA_WHEELS if target == "aws" else ("--only-binary=:all:",)
    inputs = _digest(REQUIREMENTS, *wheels, "" if target == "aws" else sys.version)
    if not _made_from(folder, inputs):
        with _replaced(folder, inputs) as draft:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            listed = [argument for path in REQUIREMENTS for argument in ("-r", str(path))]
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


def _sources() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


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
