"""What cannot be delivered is set aside; all else goes on."""

from __future__ import annotations

import pytest
from backoffice_testing import envelope

from backoffice.ids import new_id
from local.demo.apis import Apis
from local.demo.waiting import until
from tests.end_to_end.conftest import Played
from tests.end_to_end.ledger import assert_agreement
from tests.end_to_end.undeliverable import FUTURE, INBOXES, UNTOLD, Undeliverable


def test_a_day_is_played_and_counted_while_messages_that_nobody_understands_keep_failing(
    services: Apis, day: Played, undeliverable: Undeliverable
) -> None:
    assert_agreement(services)


@pytest.mark.parametrize("inbox", INBOXES)
def test_a_message_that_no_consumer_understands_ends_among_the_dead_letters(
    undeliverable: Undeliverable, inbox: str
) -> None:
    until(
        f"all messages among the dead letters of {inbox}",
        lambda: undeliverable.among_dead_letters(inbox) == undeliverable.bodies,
        seconds=100,  # 2 + 4 + 8 + 16 + 32 s of rest between the tries, and the tries
    )
    until(f"an empty {inbox}", lambda: undeliverable.still_waiting(inbox) == 0)


def test_an_operator_reads_that_a_version_is_not_understood(undeliverable: Undeliverable, stage: Stage) -> None:
    queue, source = dead_letter_queue(
        operated := operations.Stage("local", stage.place.endpoints_file),
        Stacks(operated),
        f"{INBOXES[1]}-dead-letters",
    )
    (letter,) = [one for one in dead_letters.listed(operated, queue)["items"] if one["body"] == undeliverable.future]
    (cause,) = causes.exceptions(operated, Stacks(operated), source, letter)["exceptions"]
    assert cause["message"] == f"no consumer for TicketSolved v{FUTURE}; understood: v1"


def test_a_message_outside_its_contract_is_set_aside_with_the_reason_and_never_told(
    undeliverable: Undeliverable, stage: Stage
) -> None:
    bad = envelope("FileDropRejected", new_id("drp"), {"reason": "too_funny"})
    undeliverable.put_into_outbox(bad, "local-analytics")
    until("an outbox without it", lambda: not undeliverable.in_outbox(bad, "local-analytics"))
    (letter,) = undeliverable.taken_from(UNTOLD)
    assert json.loads(letter["Body"]) == bad
    assert "data.reason must be one of" in letter["MessageAttributes"]["reason"]["StringValue"]
