"""What the services read of each other's messages is what the contracts promise."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from backoffice_testing import contracts as kit
from backoffice_testing import envelope
from hypothesis import HealthCheck, given, settings

from backoffice.messages.envelope import Event
from compatibility import contracts, record, reliance, reliance_file
from compatibility.contracts import Contract, Message
from compatibility.verdict import verdict
from tests.contract.contexts import ADDRESSED, CONSUMED, CONTEXTS, EMITTED, ROOT, TO_ITSELF, inbox, subscribed
from tests.contract.generated import instances

READ = [(context, Message(*read)) for context in CONTEXTS for read in sorted(inbox(context).reads)]
each_read = pytest.mark.parametrize(
    ("context", "message"), READ, ids=[f"{context}-{message}" for context, message in READ]
)
each_context = pytest.mark.parametrize("context", CONTEXTS)


@each_context
def test_a_context_consumes_the_events_that_are_expected_of_it(context: str) -> None:
    assert inbox(context).schemas.keys() == CONSUMED[context]


@each_context
def test_a_context_subscribes_to_what_it_consumes_and_to_nothing_else(context: str) -> None:
    assert subscribed(context) == CONSUMED[context] - ADDRESSED


@each_context
def test_a_consumed_event_is_emitted_by_another_context_unless_it_goes_on_by_itself(context: str) -> None:
    assert CONSUMED[context] & TO_ITSELF <= EMITTED[context]
    for type in CONSUMED[context] - TO_ITSELF:
        assert [emitter for emitter in CONTEXTS if type in EMITTED[emitter] and emitter != context]


@each_context
def test_a_context_declares_what_its_inbox_relies_on(context: str) -> None:
    declared = (ROOT / "services" / context / reliance_file.NAME).read_text()
    assert declared == reliance_file.written(reliance.of_service(ROOT / "services" / context)), "run `make consumes`"


@each_context
def test_a_context_understands_whatever_the_others_contracts_allow_and_they_what_its_own_do(context: str) -> None:
    everybody = [record.of_clone(one) for one in CONTEXTS]
    answer = verdict(next(one for one in everybody if one.service == context), everybody)
    assert [str(objection) for objection in (*answer.objections, *answer.known)] == []


@each_read
def test_a_consumer_reads_every_example_and_survives_new_fields(context: str, message: Message) -> None:
    for example in kit.examples(*message):
        understood(context, message, example)
        understood(context, message, {**example, "told_from_next_year_on": {"anything": 1}})


@each_read
def test_a_consumer_takes_whatever_the_contract_allows_and_more(context: str, message: Message) -> None:
    @settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(instances(contract(message).schema))
    def takes(data: dict[str, Any]) -> None:
        understood(context, message, data)

    takes()


def understood(context: str, message: Message, data: dict[str, Any]) -> None:
    """Raises what the inbox of a context would fail with, before its consumer is called."""
    sent = envelope(message.name, "any_1", data, schema_version=message.version)
    _, read = inbox(context).understood(Event(**{**sent, "occurred_at": None, "recorded_at": None}))
    assert read


@cache
def contract(message: Message) -> Contract:
    return next(one for one in contracts.read() if one.message == message)
