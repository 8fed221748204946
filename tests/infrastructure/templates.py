"""The CloudFormation templates that the real CLI makes of the stacks, and how to look into them."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stage import aws, deploy, environment
from local.stage.place import ROOT, Place

AWS_STAGES = ("dev", "prod")
SERVICES = tuple(deploy.services())
STACKS = ("shared", *SERVICES)
_COPIED = ("shared", "services", "serverless-compose.yml", "package.json", "package-lock.json")
_IGNORED = shutil.ignore_patterns(".serverless", "__pycache__", "tests")

Resource = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """One compiled stack of one stage."""

    stage: str
    stack: str
    path: Path

    @property
    def resources(self) -> dict[str, Resource]:
        return dict(json.loads(self.path.read_text())["Resources"])

    def of_type(self, kind: str) -> dict[str, Resource]:
        """The resources of one CloudFormation type, by logical id."""
        return {name: found for name, found in self.resources.items() if found["Type"] == kind}

    def packaged_files(self) -> list[str]:
        """What the functions' archive holds."""
        with zipfile.ZipFile(self.path.with_name(f"{self.stack}.zip")) as archive:
            return archive.namelist()


def compile_all(place: Place, folder: Path) -> list[Template]:
    """Compile all stacks for all stages on AWS, in a copy of the sources under `folder`.

    A service's template names the layer and the user pool that the stage's shared stack gave out. The emulator at
    `place` has a stack of that name for as long as this takes. Raises AssertionError with the CLI's words if it fails.
    """
    deploy.build_layer("aws")
    return [template for stage in AWS_STAGES for template in _compile(place, folder / stage, stage)]


def _compile(place: Place, sources: Path, stage: str) -> Iterator[Template]:
    _copy_sources(sources)
    with _outputs_of_shared(place, stage):
        _package(place, sources, stage)
    for stack in STACKS:
        home = sources / stack if stack == "shared" else sources / "services" / stack
        yield Template(stage, stack, home / ".serverless" / "cloudformation-template-update-stack.json")


@contextmanager
def _outputs_of_shared(place: Place, stage: str) -> Iterator[None]:
    """A stack `<stage>-shared` that gives out what the local one does.

    The real one cannot stand on the emulator, which knows no AWS::XRay::ResourcePolicy.
    """
    cloudformation = aws.client(place, "cloudformation")
    (local,) = cloudformation.describe_stacks(StackName=f"{aws.STAGE}-shared")["Stacks"]
    body = {
        "Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
        "Outputs": {one["OutputKey"]: {"Value": one["OutputValue"]} for one in local["Outputs"]},
    }
    name = f"{stage}-shared"
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(body))
    try:
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        yield
    finally:
        cloudformation.delete_stack(StackName=name)


def _copy_sources(target: Path) -> None:
    target.mkdir()
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=_IGNORED)
        else:
            shutil.copy2(ROOT / name, target / name)
    for name in (".build", "node_modules"):
        (target / name).symlink_to(ROOT / name)


def _package(place: Place, sources: Path, stage: str) -> None:
    done = subprocess.run(
        ["osls", "package", "--stage", stage],
        cwd=sources,
        env=environment.local_deploy(place),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"osls package --stage {stage}:\n{done.stdout}{done.stderr}"
