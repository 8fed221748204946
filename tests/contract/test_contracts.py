"""Every contract says all that a stranger must know, and is no weaker than it looks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from backoffice_testing import contracts
from fastjsonschema import JsonSchemaValuesException

from backoffice.messages import contracts as at_run_time
from compatibility.contracts import KINDS, Contract, NotAContract, read
from compatibility.fitting import UNDERSTOOD
from tests.contract.contexts import CONTEXTS, CONTRACTS, EMITTED, folders, told

ENVELOPE = CONTRACTS / "envelope.v1.json"
FILES = sorted(CONTRACTS.glob("**/*.json"))
each_contract = pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(CONTRACTS)) for path in FILES])


def test_every_context_has_its_place_among_those_that_are_expected() -> None:
    assert folders() == CONTEXTS


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_context_has_a_contract_for_each_message_that_it_emits_and_no_other(context: str) -> None:
    assert told(context).keys() == EMITTED[context]


def test_there_are_no_other_files_than_contracts_of_contexts_and_the_envelope(tmp_path: Path) -> None:
    assert {one.context for one in read()} == {*CONTEXTS, None}
    (tmp_path / "notes.txt").touch()
    with pytest.raises(NotAContract, match=r"notes\.txt is not named"):
        read(tmp_path)


def test_of_each_message_one_version_is_told_and_older_ones_are_only_understood() -> None:
    versions: dict[str, list[Contract]] = {}
    for one in read():
        versions.setdefault(one.message.name, []).append(one)
    for name, known in versions.items():
        known.sort(key=lambda one: one.message.version)
        newest = known.pop()
        assert not newest.is_deprecated, name
        assert [one.message for one in known if not one.is_deprecated] == []


@each_contract
def test_a_contract_is_of_an_event_or_says_that_it_is_of_a_command_or_a_reply(path: Path) -> None:
    assert Contract.read(path.relative_to(CONTRACTS).as_posix(), path.read_text()).kind in KINDS


@each_contract
def test_a_contract_is_written_in_words_that_the_gate_can_compare(path: Path) -> None:
    schema = json.loads(path.read_text())
    for part in [schema, *(part for _, part in fields(schema))]:
        assert part.keys() <= UNDERSTOOD


@each_contract
def test_what_keeps_a_contract_in_tests_keeps_it_at_run_time_and_what_breaks_it_breaks_it(path: Path) -> None:
    reference, compiled = contracts.validator(path), at_run_time.compiled(path.name)
    for example in reference.schema["examples"]:
        compiled(example)
        for name, value in example.items():
            for other in ({**example, name: changed} for changed in (None, 1, "?", [], {}, [value])):
                assert reference.is_valid(other) == holds(compiled, other), f"{name}: {other[name]}"
            without = {key: value for key, value in example.items() if key != name}
            assert reference.is_valid(without) == holds(compiled, without)


@each_contract
def test_a_contract_names_itself_and_explains_each_field(path: Path) -> None:
    schema = json.loads(path.read_text())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    contract = Contract.read(path.relative_to(CONTRACTS).as_posix(), path.read_text())
    assert schema["title"] == contract.message.name
    names = [*([contract.context] if contract.context else []), path.name.split(".")[0], str(contract.message.version)]
    assert schema["$id"] == "urn:backoffice:contract:" + ":".join(names)
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


def holds(check: Callable[[Any], Any], document: Any) -> bool:
    try:
        check(document)
    except JsonSchemaValuesException:
        return False
    return True


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
