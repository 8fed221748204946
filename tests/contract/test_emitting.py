"""What the services' own code emits keeps the contracts."""

from __future__ import annotations

import pytest
from backoffice_testing import contracts

from tests.contract import seen
from tests.contract.contexts import CONTEXTS, EMITTED, told
from tests.contract.working_day import Emitted


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_context_emits_each_event_that_is_expected_of_it_and_no_other(context: str, emitted: Emitted) -> None:
    assert {envelope["type"] for envelope in emitted[context]} == EMITTED[context]


@pytest.mark.parametrize("context", CONTEXTS)
def test_events_keep_the_contract_that_lies_in_their_own_contexts_folder(context: str, emitted: Emitted) -> None:
    for envelope in emitted[context]:
        contracts.check(envelope)
        assert contracts.path_of(envelope["type"], envelope["schema_version"]).parent.name == context


@pytest.mark.parametrize("context", CONTEXTS)
def test_events_have_ids_of_their_own_and_tell_what_caused_them(context: str, emitted: Emitted) -> None:
    ids = [envelope["event_id"] for envelope in emitted[context]]
    assert len(set(ids)) == len(ids)

    heard = {envelope["event_id"]: envelope for events in emitted.values() for envelope in events}
    for envelope in emitted[context]:
        cause = heard.get(envelope["causation_id"])
        if cause:
            assert envelope["correlation_id"] == cause["correlation_id"]


def test_billed_time_is_caused_by_the_solved_ticket(emitted: Emitted) -> None:
    tickets = [envelope for envelope in emitted["customer-support"] if envelope["type"] == "TicketSolved"]
    (solved,) = [envelope for envelope in tickets if envelope["data"]["time_entries"]]
    billed = [envelope for envelope in emitted["invoicing"] if envelope["type"] == "TimeEntryBilled"]
    told = {entry["time_entry_id"] for entry in solved["data"]["time_entries"]}
    assert {envelope["data"]["time_entry_id"] for envelope in billed} == told
    assert {envelope["causation_id"] for envelope in billed} == {solved["event_id"]}
    assert len(told) == 2


TOLD = [(context, type) for context in CONTEXTS for type in sorted(EMITTED[context])]


@pytest.mark.parametrize(("context", "type"), TOLD)
def test_each_field_of_a_contract_and_each_value_that_it_names_is_seen(
    context: str, type: str, emitted: Emitted, seldom_emitted: Emitted
) -> None:
    contract = told(context)[type]
    messages = [one for one in (*emitted[context], *seldom_emitted[context]) if one["type"] == type]
    unseen = seen.promised(contract.schema).difference(*(seen.told(one["data"]) for one in messages))
    assert sorted(unseen) == [], f"no test makes {context} tell this of {contract.message}"
