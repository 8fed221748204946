"""The layers: complete, small, and the same from the same sources."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local.stage import deploy
from local.stage.place import ROOT

PINS = (ROOT / "shared" / "python" / "requirements.txt", ROOT / "shared" / "layer" / "requirements.txt")
LAYERS = ROOT / ".build"
OWN_PINS = tuple(sorted((ROOT / "services").glob("*/layers/*/requirements.txt")))
# Named by reportlab, which imports it only to read text files of unknown encoding.
NEVER_IMPORTED = {"charset-normalizer"}
# What the Python runtimes of Lambda bring: boto3 and its dependencies.
RUNTIME = {"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"}
LAMBDA = {"python_version": "3.13", "python_full_version": "3.13.0", "platform_machine": "aarch64", "extra": ""}


def _pinned(paths: tuple[Path, ...] = PINS) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for path in paths for line in path.read_text().splitlines()]
    pairs = [line.split("==") for line in lines if line]
    return {canonicalize_name(name): version for name, version in pairs}


def _needs(name: str) -> set[str]:
    wanted = [Requirement(line) for line in metadata.requires(name) or []]
    return {canonicalize_name(one.name) for one in wanted if one.marker is None or one.marker.evaluate(LAMBDA)}


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(f"{path.relative_to(folder)} {path.stat().st_mode:o}\0".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _built_anew(folder: Path) -> Path:
    """Build the layer for the host in a folder of its own, from the libraries that are installed already."""
    folder.mkdir()
    (folder / "libraries-host").symlink_to(LAYERS / "libraries-host")
    shutil.copy2(LAYERS / "libraries-host.inputs", folder)
    script = "import build, pathlib, sys; build.BUILD = pathlib.Path(sys.argv[1]); print(build.build('host')[1])"
    command = [sys.executable, "-c", script, str(folder)]
    done = subprocess.run(command, cwd=ROOT / "shared" / "layer", check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "True"
    return folder / "layer-host"


def test_every_library_finds_what_it_needs_in_the_layer_or_in_the_runtime() -> None:
    pinned = _pinned()
    missing = {name: _needs(name) - set(pinned) - RUNTIME for name in pinned}
    assert {name: needs for name, needs in missing.items() if needs} == {}


@pytest.mark.parametrize("pins", OWN_PINS, ids=lambda path: path.parent.name)
def test_a_functions_own_layer_finds_what_it_needs(pins: Path) -> None:
    pinned = _pinned((pins,))
    assert pinned
    missing = {name: _needs(name) - set(pinned) - set(_pinned()) - RUNTIME - NEVER_IMPORTED for name in pinned}
    assert {name: needs for name, needs in missing.items() if needs} == {}


def test_the_tests_run_against_the_versions_that_the_layers_ship() -> None:
    pinned = _pinned((*PINS, *OWN_PINS))
    assert {name: metadata.version(name) for name in pinned} == pinned


@pytest.mark.parametrize("target", deploy.LAYER_TARGETS)
def test_the_layer_leaves_out_what_the_runtime_brings(target: str) -> None:
    deploy.build_layer(target)
    shipped = {path.name for path in (LAYERS / f"layer-{target}" / "python").iterdir()}
    assert {"backoffice", "aws_xray_sdk", "aws_lambda_powertools", "marshmallow"} <= shipped
    assert not shipped & {"boto3", "botocore", "jmespath", "dateutil", "s3transfer", "six.py", "urllib3"}


def test_the_layer_for_aws_holds_machine_code_for_arm_and_python_3_13_only() -> None:
    deploy.build_layer("aws")
    libraries = [path.name for path in (LAYERS / "layer-aws").rglob("*.so")]
    assert libraries
    assert [name for name in libraries if not name.endswith(".cpython-313-aarch64-linux-gnu.so")] == []


def test_the_layer_of_the_documents_for_aws_holds_machine_code_for_arm_and_python_3_13_only() -> None:
    deploy.build_layer("aws")
    modules = [path.name for path in (LAYERS / "layer-documents-aws" / "python" / "PIL").glob("*.so")]
    assert modules
    assert [name for name in modules if not name.endswith(".cpython-313-aarch64-linux-gnu.so")] == []


def test_equal_sources_make_equal_layers(tmp_path: Path) -> None:
    deploy.build_layer("host")
    built = [_fingerprint(_built_anew(tmp_path / name)) for name in ("one", "two")]
    assert built == [_fingerprint(LAYERS / "layer-host")] * 2


def test_an_unchanged_layer_is_not_built_again() -> None:
    deploy.build_layer("host")
    folder = LAYERS / "layer-host"
    before = folder.stat().st_ino
    deploy.build_layer("host")
    assert folder.stat().st_ino == before
