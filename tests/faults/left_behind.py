"""Events that wait in the outbox although the stream that would have carried them is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local.demo.apis import apis
from local.demo.cast import Cast
from tests.faults.mappings import held_back
from tests.stage import Stage

RELAY = "local-customer-support-relay"
CLOCK = "local-customer-support-clock"
TABLE = "local-customer-support"
_SHARDS = 4


@dataclass(frozen=True)
class LeftBehind:
    """The tickets that were opened, the events that told of them, and the emulator's process before and after."""

    tickets: list[dict[str, Any]]
    event_ids: set[str]
    pid_before: int | None
    pid_after: int | None


def leave_behind(stage: Stage, tickets: int = 3) -> LeftBehind:
    """Open tickets while nothing carries their events, and restart the embedded AWS, which forgets its streams."""
    services = apis(stage.place)
    with held_back(stage, RELAY):
        customer = services.support.post("/customers", Cast(21).customer()).body
        opened = [
            services.support.post(
                "/tickets", {"customer_id": customer["id"], "subject": "Before the restart", "body": f"{number}"}
            ).body
            for number in range(tickets)
        ]
        event_ids, pid = in_outbox(stage), stage.emulator_pid
        stage.stop()
        stage.up()
    return LeftBehind(opened, event_ids, pid, stage.emulator_pid)


def in_outbox(stage: Stage) -> set[str]:
    """The ids of the events that customer support has not published yet."""
    pages = [
        stage.client("dynamodb").query(
            TableName=TABLE,
            KeyConditionExpression="pk = :shard",
            ExpressionAttributeValues={":shard": {"S": f"OUTBOX#{shard}"}},
        )
        for shard in range(_SHARDS)
    ]
    return {item["sk"]["S"] for page in pages for item in page["Items"]}
