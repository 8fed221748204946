"""Five consumers count into one bucket of the embedded AWS at once, where DynamoDB's rule for transactions holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.hot_bucket import BATCH, Fight, fight
from benchmarks.tables import spare
from tests.stage import Stage

CONSUMERS, BATCHES = 5, 12


@pytest.fixture(scope="module")
def client(stage: Stage) -> Any:
    return stage.client("dynamodb")


@pytest.fixture(scope="module")
def sharded(client: Any) -> Iterator[Fight]:
    with spare(client, "local-analytics") as table:
        yield fight(client, table, CONSUMERS, BATCHES)


def test_each_event_counts_once_whoever_meets_whom(sharded: Fight) -> None:
    assert sharded.contention.conflicts, "nobody has met anybody: the test proves nothing"
    assert sharded.counted == CONSUMERS * BATCHES * BATCH


def test_consumers_get_out_of_each_others_way(client: Any, sharded: Fight) -> None:
    with spare(client, "local-analytics") as table:
        unsharded = fight(client, table, CONSUMERS, BATCHES, shards=1)
    assert unsharded.counted == CONSUMERS * BATCHES * BATCH
    assert sharded.conflicts_a_batch < unsharded.conflicts_a_batch / 2
