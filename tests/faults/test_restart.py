"""The embedded AWS is restarted with events in the outbox: nothing is lost."""

from __future__ import annotations

import json

from local.demo.apis import Apis
from local.demo.waiting import until
from tests.end_to_end.ledger import assert_agreement
from tests.faults.left_behind import CLOCK, LeftBehind, in_outbox
from tests.stage import Stage

# An event is overdue after a minute, and the clock ticks every minute.
PATIENCE = 150.0


def test_what_was_written_before_the_restart_is_there_after_it(services: Apis, left_behind: LeftBehind) -> None:
    assert left_behind.pid_before not in (None, left_behind.pid_after)
    for ticket in left_behind.tickets:
        assert services.support.get(f"/tickets/{ticket['id']}").body == ticket


def test_the_clock_publishes_what_the_lost_stream_left_in_the_outbox(
    stage: Stage, services: Apis, left_behind: LeftBehind
) -> None:
    assert len(left_behind.event_ids) == 1 + len(left_behind.tickets)
    until("an outbox without them", lambda: not left_behind.event_ids & in_outbox(stage), PATIENCE)
    until("the clock's log of them", lambda: left_behind.event_ids <= _published_by_the_clock(stage))
    customer_id = left_behind.tickets[0]["customer_id"]
    until("the account", lambda: services.invoicing.send("GET", f"/accounts/{customer_id}").status == 200)
    assert_agreement(services)


def _published_by_the_clock(stage: Stage) -> set[str]:
    pages = stage.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{CLOCK}")
    lines = [event["message"] for event in pages.search("events[]") if event and "event published" in event["message"]]
    return {json.loads(line)["event_id"] for line in lines}
