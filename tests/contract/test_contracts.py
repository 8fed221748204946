"""Every contract says all that a stranger must know, and is no weaker than it looks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from backoffice_testing import contracts

from tests.contract.contexts import CONTEXTS, CONTRACTS, EMITTED, contracts_of, folders

ENVELOPE = CONTRACTS / "envelope.v1.json"
FILES = sorted(CONTRACTS.glob("**/*.json"))
each_contract = pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(CONTRACTS)) for path in FILES])


def test_every_context_has_its_place_among_those_that_are_expected() -> None:
    assert folders() == CONTEXTS


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_context_has_a_contract_for_each_event_that_it_emits_and_no_other(context: str) -> None:
    assert contracts_of(context).keys() == EMITTED[context]


def test_there_are_no_other_files_than_contracts_and_the_envelope() -> None:
    known = {path for context in CONTEXTS for path in contracts_of(context).values()}
    assert {path for path in CONTRACTS.rglob("*") if path.is_file()} == {*known, ENVELOPE}


@each_contract
def test_a_contract_names_itself_and_explains_each_field(path: Path) -> None:
    schema = json.loads(path.read_text())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == path.name.split(".")[0].replace("envelope", "Envelope")
    assert [where for where, part in fields(schema) if not part.get("description")] == []


@each_contract
def test_a_contract_is_exact_about_which_fields_there_are(path: Path) -> None:
    schema = json.loads(path.read_text())
    for part in objects(schema):
        if part.get("properties"):
            assert part["additionalProperties"] is False
            assert set(part["required"]) <= part["properties"].keys()


@each_contract
def test_a_contract_gives_examples_that_keep_it(path: Path) -> None:
    validator = contracts.validator(path)
    assert validator.schema["examples"]
    for example in validator.schema["examples"]:
        assert [error.message for error in validator.iter_errors(example)] == []


@each_contract
def test_a_contract_notices_what_is_missing_unknown_or_of_another_type(path: Path) -> None:
    validator = contracts.validator(path)
    example = validator.schema["examples"][0]
    assert validator.schema["required"]
    for name in validator.schema["required"]:
        assert not validator.is_valid({key: value for key, value in example.items() if key != name})
    assert not validator.is_valid({**example, "unheard_of": 1})
    for name in example:
        assert not validator.is_valid({**example, name: 1.5}), f"{name} takes anything"


@each_contract
def test_a_contract_writes_no_amount_as_a_number(path: Path) -> None:
    for where, part in fields(json.loads(path.read_text())):
        assert "number" not in str(part.get("type")), f"{where}: a float loses cents; write a decimal string"


def test_the_kit_refuses_an_event_that_breaks_its_contract_or_has_none() -> None:
    good = json.loads(ENVELOPE.read_text())["examples"][0]
    contracts.check(good)

    bad = deepcopy(good)
    bad["data"]["priority"] = "asap"
    with pytest.raises(AssertionError, match="data.priority"):
        contracts.check(bad)
    with pytest.raises(AssertionError, match="envelope.aggregate_version"):
        contracts.check({**good, "aggregate_version": 0})
    with pytest.raises(contracts.NoContract, match="PigsFlew"):
        contracts.check({**good, "type": "PigsFlew"})


def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and the object schemas within it."""
    yield schema
    for _, part in fields(schema):
        if "properties" in part:
            yield part


def fields(schema: dict[str, Any], where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of all fields, those of nested objects and of list members too, with their paths."""
    for name, part in schema.get("properties", {}).items():
        yield f"{where}.{name}", part
        yield from fields(part, f"{where}.{name}")
        yield from fields(part.get("items", {}), f"{where}.{name}[]")
