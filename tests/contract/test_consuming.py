"""What the services read of each other's events is what the contracts promise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from backoffice_testing import contracts
from marshmallow import Schema, fields

from tests.contract.contexts import ADDRESSED, CONSUMED, CONTEXTS, EMITTED, TO_ITSELF, consumers, subscribed

PAIRS = [(context, type) for context in CONTEXTS for type in sorted(CONSUMED[context])]


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_context_consumes_the_events_that_are_expected_of_it(context: str) -> None:
    assert consumers(context).keys() == CONSUMED[context]


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_context_subscribes_to_what_it_consumes_and_to_nothing_else(context: str) -> None:
    assert subscribed(context) == CONSUMED[context] - ADDRESSED


@pytest.mark.parametrize(("context", "type"), PAIRS)
def test_a_consumed_event_is_emitted_by_another_context_unless_it_goes_on_by_itself(context: str, type: str) -> None:
    emitters = [emitter for emitter in CONTEXTS if type in EMITTED[emitter]]
    assert emitters == [context] if type in TO_ITSELF else [emitter for emitter in emitters if emitter != context]


@pytest.mark.parametrize(("context", "type"), PAIRS)
def test_a_consumer_reads_every_example_and_survives_new_fields(context: str, type: str) -> None:
    schema = consumers(context)[type]
    for example in contracts.examples(type):
        assert schema.load(example) is not None
        assert schema.load({**example, "told_from_next_year_on": {"anything": 1}}) is not None


@pytest.mark.parametrize(("context", "type"), PAIRS)
def test_a_consumer_demands_nothing_that_the_contract_does_not_promise(context: str, type: str) -> None:
    contract = json.loads(contracts.path_of(type).read_text())
    assert list(_unpromised(consumers(context)[type], contract, "data")) == []


def _unpromised(schema: Schema, contract: dict[str, Any], where: str) -> list[str]:
    """The fields that a consumer cannot do without and a producer may leave out, or may send as null."""
    found: list[str] = []
    for name, field in schema.fields.items():
        key = field.data_key or name
        promise = contract["properties"].get(key)
        if promise is None or (field.required and key not in contract["required"]):
            found.append(f"{where}.{key} is demanded but not promised")
            continue
        types = promise.get("type")
        if isinstance(types, list) and "null" in types and not field.allow_none:
            found.append(f"{where}.{key} may be null")
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            found += _unpromised(inner.schema, promise.get("items", promise), f"{where}.{key}")
    return found
