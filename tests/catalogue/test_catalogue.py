"""The catalogue says what the house does, in the form that tools expect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from catalogue.__main__ import generated
from catalogue.asyncapi import document
from catalogue.house import House
from catalogue.page import page
from compatibility.contracts import ROOT

SPECIFICATION = ROOT / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"


@pytest.fixture(scope="module")
def house() -> House:
    return House.read()


@pytest.mark.parametrize("name", ["asyncapi.yml", "events.md"])
def test_what_is_committed_is_what_contracts_and_services_say(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == generated()[name], "run: make events"


def test_the_document_is_asyncapi_3(house: House) -> None:
    specification = json.loads(SPECIFICATION.read_text())
    errors = Draft7Validator(specification).iter_errors(document(house))
    assert [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in errors] == []


def test_every_reference_leads_somewhere(house: House) -> None:
    whole = document(house)
    for reference in references(whole):
        found: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            assert step in found, reference
            found = found[step]


def test_whoever_receives_is_a_consumer_and_whoever_sends_has_promised(house: House) -> None:
    operations = document(house)["operations"]
    assert operations["invoicing.receives.customer-support-events"]["action"] == "receive"
    for one in house.messages:
        mark = f"/messages/{one.message.key}"
        heard = {
            name.split(".")[0]
            for name, operation in operations.items()
            if operation["action"] == "receive" and any(each["$ref"].endswith(mark) for each in operation["messages"])
        }
        assert heard == set(house.consumers[one.message]), one.message


def test_each_message_has_its_place_with_an_example_on_the_page(house: House) -> None:
    text = page(house)
    for one in house.messages:
        assert f"### {one.message}\n" in text
        assert json.dumps(one.examples[0], indent=2, ensure_ascii=False) in text


def test_a_command_goes_to_the_queue_of_whoever_carries_it_out_and_its_reply_to_whoever_asked(tmp_path: Path) -> None:
    write(tmp_path, "left", "Moved", {})
    write(tmp_path, "left", "Move", {"x-kind": "command"})
    write(tmp_path, "right", "MoveDone", {"x-kind": "reply"})
    envelope = "shared/contracts/envelope.v1.json"
    (tmp_path / envelope).write_text((ROOT / envelope).read_text())
    consume(tmp_path, "left", "MoveDone.v1")
    consume(tmp_path, "right", "Move.v1", "Moved.v1")
    channels = {
        str(channel): [str(one.message) for one in found] for channel, found in House.read(tmp_path).channels().items()
    }
    assert channels == {"left-events": ["Moved v1"], "left-inbox": ["MoveDone v1"], "right-commands": ["Move v1"]}


def write(folder: Path, context: str, name: str, said: dict[str, Any]) -> None:
    contract = {"description": "It.", "type": "object", "properties": {}, "examples": [{}], **said}
    path = folder / "shared" / "contracts" / context / f"{name}.v1.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(contract))


def consume(folder: Path, service: str, *messages: str) -> None:
    home = folder / "services" / service
    home.mkdir(parents=True)
    (home / "serverless.yml").touch()
    (home / "consumes.yml").write_text("".join(f"{message}: {{type: object}}\n" for message in messages))


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for inner in part.values() for found in references(inner)]
    return [found for inner in part for found in references(inner)] if isinstance(part, list) else []
