"""The YAML that the services share: quick to check, without a stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from local.stage.place import ROOT
from tests.infrastructure.policies import statements, too_wide
from tests.infrastructure.templates import SERVICES

FRAGMENTS = ROOT / "shared" / "serverless"
OWN = {file.stem: file for file in ROOT.glob("services/*/serverless/*.yml")}
FUNCTIONS = ("commands", "queries", "relay", "inbox", "clock", *OWN)
SHARED_STATEMENTS = "${file(../../shared/serverless/iam.yml):"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!GetAtt a.b` becomes {"GetAtt": "a.b"}."""


def _short_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    assert isinstance(node, yaml.SequenceNode)
    return {name: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


def _fragment(name: str) -> Any:
    """The fragment of a function: every service's, or one service's own."""
    return _load(OWN.get(name, FRAGMENTS / f"{name}.yml"))


def _load(path: Path) -> Any:
    return yaml.load(path.read_text(), _Loader)


def _shared(value: Any) -> Any:
    """The value that a reference into iam.yml stands for."""
    if isinstance(value, str) and value.startswith(SHARED_STATEMENTS):
        return _load(FRAGMENTS / "iam.yml")[value.removeprefix(SHARED_STATEMENTS).rstrip("}")]
    return value


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_fragment_of_a_function_brings_the_role_that_bears_its_name(name: str) -> None:
    fragment = _fragment(name)
    # What has no handler adds to a function that another fragment brings.
    assert [key for key, function in fragment["functions"].items() if "handler" in function] == [name]
    role = fragment["functions"][name]["role"]
    assert role == f"{name.capitalize()}Role"
    roles = [key for key, found in fragment["resources"]["Resources"].items() if found["Type"] == "AWS::IAM::Role"]
    assert roles == [role]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_role_names_what_it_reaches(name: str) -> None:
    role = _fragment(name)["resources"]["Resources"][f"{name.capitalize()}Role"]
    role["Properties"]["Policies"] = [_shared(policy) for policy in role["Properties"]["Policies"]]
    found = [{key: _shared(value) for key, value in one.items()} for one in statements(role)]
    assert len(found) >= 3
    assert too_wide(found) == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_writes_to_its_own_log_group_alone(name: str) -> None:
    role = _fragment(name)["resources"]["Resources"][f"{name.capitalize()}Role"]
    policies = [policy for policy in role["Properties"]["Policies"] if not isinstance(policy, str)]
    logs = [one for one in statements({"Properties": {"Policies": policies}}) if "logs:PutLogEvents" in one["Action"]]
    assert [one["Resource"] for one in logs] == [{"GetAtt": f"{name.capitalize()}LogGroup.Arn"}]


@pytest.mark.parametrize("service", SERVICES)
def test_services_are_alike_from_outside(service: str) -> None:
    found = _load(ROOT / "services" / service / "serverless.yml")
    # A service may have layers for its own functions.
    parts = [part for part in found if part != "layers"]
    assert parts == ["service", "params", "provider", "package", "plugins", "custom", "functions", "resources"]
    assert found["service"] == service
    assert found["custom"]["python"] == service.replace("-", "_")
    for part in ("params", "provider", "package"):
        assert found[part] == f"${{file(../../shared/serverless/{part}.yml)}}"


@pytest.mark.parametrize("wide", ["*", "arn:aws:dynamodb:*:*:table/x", "${Table.Arn}/*", "${Other.Arn}/index/*"])
def test_the_check_itself_notices_a_resource_that_is_too_wide(wide: str) -> None:
    statement = {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": [{"Sub": wide}]}
    assert too_wide([statement]) == [statement]


def test_the_check_itself_notices_an_action_that_is_too_wide() -> None:
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": {"GetAtt": "Table.Arn"}}
    assert too_wide([statement]) == [statement]
