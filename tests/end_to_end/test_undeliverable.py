"""What cannot be delivered, or not even be told, is set aside; all else goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from backoffice_testing import envelope

from backoffice.ids import new_id
from local.demo.apis import Apis
from local.demo.waiting import until
from operations import causes, dead_letters, moves
from operations.queues import dead_letter_queue
from operations.stacks import Stacks
from operations.stage import Stage as OperatedStage
from tests.end_to_end.conftest import Played
from tests.end_to_end.ledger import assert_agreement
from tests.end_to_end.undeliverable import FUTURE, INBOXES, UNTOLD, Undeliverable
from tests.stage import Stage


class Operator:
    """What an operator reads of dead letters, and does with them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = OperatedStage("local", stage.place.endpoints_file)
        self._stacks = Stacks(self._stage)

    def letters(self, name: str) -> list[dict[str, Any]]:
        """The letters of a queue, each with the exceptions that killed it."""
        queue, source = dead_letter_queue(self._stage, self._stacks, name)
        found = dead_letters.listed(self._stage, queue)["items"]
        return [one | causes.exceptions(self._stage, self._stacks, source, one) for one in found]

    def order(self, action: str, name: str, letter: dict[str, Any]) -> None:
        """Redrive or discard a letter."""
        queue, source = dead_letter_queue(self._stage, self._stacks, name)
        order = moves.Order(action, (letter["id"],))
        if action == "redrive":
            outcome = moves.redrive(self._stage, queue, source, order)
        else:
            outcome = moves.discard(self._stage, queue, order)
        assert outcome.done == [letter["id"]]


@pytest.fixture(scope="module")
def operator(stage: Stage) -> Operator:
    return Operator(stage)


def test_a_day_is_played_and_counted_while_messages_that_nobody_understands_keep_failing(
    services: Apis, day: Played, undeliverable: Undeliverable
) -> None:
    assert_agreement(services)


def test_a_message_outside_its_contract_is_set_aside_with_the_reason_and_never_told(
    undeliverable: Undeliverable, operator: Operator
) -> None:
    bad = envelope("FileDropRejected", new_id("drp"), {"reason": "too_funny"})
    undeliverable.put_into_outbox(bad, "local-analytics")
    until("an outbox without it", lambda: not undeliverable.in_outbox(bad, "local-analytics"))
    (letter,) = operator.letters(UNTOLD)
    assert json.loads(letter["body"]) == bad
    (cause,) = letter["exceptions"]
    assert "data.reason must be one of" in cause["message"]

    operator.order("redrive", UNTOLD, letter)
    (again,) = operator.letters(UNTOLD)
    assert (again["body"], again["exceptions"]) == (letter["body"], letter["exceptions"])
    operator.order("discard", UNTOLD, again)
    assert operator.letters(UNTOLD) == []


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


def test_an_operator_reads_which_version_was_not_understood(undeliverable: Undeliverable, operator: Operator) -> None:
    queue = f"{INBOXES[1]}-dead-letters"

    def of_the_future() -> list[dict[str, Any]]:
        return [one for one in operator.letters(queue) if one["body"] == undeliverable.future]

    (letter,) = until("the letter, which whoever looked at it had hidden", of_the_future)
    (cause,) = letter["exceptions"]
    assert cause["message"] == f"no consumer for TicketSolved v{FUTURE}; understood: v1"
