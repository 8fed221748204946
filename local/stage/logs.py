"""The functions' logs, read from CloudWatch Logs in the embedded AWS."""

from __future__ import annotations

import re
import time
from typing import Any

from local.stage import aws
from local.stage.place import Place

_POLL_SECONDS = 1.0
# Its durations are whole milliseconds, Lambda's have two decimals.
_FRAME = re.compile(r"START RequestId: |END RequestId: |REPORT RequestId: \S+\tDuration: \d+ ms\t")


def newest(place: Place, service: str, lines: int) -> list[dict[str, Any]]:
    """The last `lines` log events of the service's functions, oldest first."""
    return _events(place, service, 0)[-lines:]


def follow(place: Place, service: str, lines: int) -> None:
    """Print the newest lines and then each new one, until interrupted."""
    seen: set[tuple[str, int, str]] = set()
    shown = newest(place, service, lines)
    since = 0
    while True:
        for event in shown:
            print(line(event), flush=True)
        since = max([since, *(event["timestamp"] for event in shown)])
        seen |= {_key(event) for event in shown}
        time.sleep(_POLL_SECONDS)
        # Several lines share a millisecond, so the last one is asked for again.
        shown = [event for event in _events(place, service, since) if _key(event) not in seen]


def line(event: dict[str, Any]) -> str:
    """`function  message` of a log event."""
    return f"{event['function']}  {event['message'].rstrip()}"


def _events(place: Place, service: str, since: int) -> list[dict[str, Any]]:
    logs = aws.client(place, "logs")
    prefix = f"/aws/lambda/{aws.STAGE}-{service}-"
    found = []
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix):
        for group in page["logGroups"]:
            name = group["logGroupName"]
            events = logs.get_paginator("filter_log_events").paginate(logGroupName=name, startTime=since)
            found += [{**event, "function": name.removeprefix(prefix)} for event in events.search("events[]")]
    return sorted(_once(found), key=lambda event: int(event["timestamp"]))


def _once(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the frame that the embedded AWS writes, too, around each invocation, in a stream of its own."""
    streams = {event["logStreamName"] for event in events if not _FRAME.match(event["message"])}
    return [event for event in events if event["logStreamName"] in streams]


def _key(event: dict[str, Any]) -> tuple[str, int, str]:
    # The emulator's events have no eventId.
    return event["logStreamName"], event["timestamp"], event["message"]
