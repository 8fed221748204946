"""What cannot be delivered is set aside; all else goes on."""

from __future__ import annotations

import pytest

from local.demo.apis import Apis
from local.demo.waiting import until
from tests.end_to_end.conftest import Played
from tests.end_to_end.ledger import assert_agreement
from tests.end_to_end.undeliverable import INBOXES, Undeliverable


def test_a_day_is_played_and_counted_while_messages_that_nobody_understands_keep_failing(
    services: Apis, day: Played, undeliverable: Undeliverable
) -> None:
    assert_agreement(services)


@pytest.mark.parametrize("inbox", INBOXES)
def test_a_message_that_no_consumer_understands_ends_among_the_dead_letters(
    undeliverable: Undeliverable, inbox: str
) -> None:
    until(
        f"both messages among the dead letters of {inbox}",
        lambda: undeliverable.among_dead_letters(inbox) == undeliverable.bodies,
        seconds=100,  # 2 + 4 + 8 + 16 + 32 s of rest between the tries, and the tries
    )
    until(f"an empty {inbox}", lambda: undeliverable.still_waiting(inbox) == 0)
