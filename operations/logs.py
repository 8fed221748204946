"""The log lines of one trace, out of the groups of the functions that took part in it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from operations.periods import written
from operations.problems import asking
from operations.stacks import FUNCTION, Stacks
from operations.stage import Stage
from operations.waterfall import FUNCTION as FUNCTION_ORIGIN
from operations.waterfall import text

Members = dict[str, Any]
MOST_LINES = 1000
_AT_ONCE = 5  # FilterLogEvents is limited to some calls a second
_GROUP = "/aws/lambda/"
# A record is retried for minutes, and writes into the trace of its request; see docs/architecture.md.
_AFTERWARDS = timedelta(minutes=10)
_TOLD = ("level", "message", "timestamp", "service", "function")


def of_trace(stage: Stage, stacks: Stacks, trace_id: str, found: Members) -> Members:
    """`{"lines": [..], "truncated"}`, earliest first; `found` is the trace as waterfall.trace tells it."""
    at = datetime.fromisoformat(found["at"])
    until = at + timedelta(seconds=found["duration"] or 0) + _AFTERWARDS
    own = {function.id for function in stacks.resources(FUNCTION)}
    taking_part = {text(document, "name") or "" for document in found["documents"] if _is_function(document)}
    functions = sorted((taking_part & own) or own)
    lines = matching(stage, functions, trace_id, (at - timedelta(minutes=1), until))
    return {"lines": lines[:MOST_LINES], "truncated": len(lines) > MOST_LINES}


def matching(stage: Stage, functions: list[str], word: str, between: tuple[datetime, datetime]) -> list[Members]:
    """The lines of the functions that hold `word` (an id), earliest first, up to MOST_LINES + 1 of each function."""
    start, end = (int(time.timestamp() * 1000) for time in between)

    def lines(function: str) -> list[Members]:
        group = f"{_GROUP}{function}"
        asked = {"logGroupName": group, "startTime": start, "endTime": end, "filterPattern": f'"{word}"'}
        with asking(f"for the log lines in {group}"):
            try:
                events = stage.every("logs", "filter_log_events", "events", **asked)
                return [_line(group, event) for event in islice(events, MOST_LINES + 1)]
            except stage.client("logs").exceptions.ResourceNotFoundException:
                return []  # a function that has never run, or whose group was deleted

    with ThreadPoolExecutor(_AT_ONCE) as several:
        found = [line for part in several.map(lines, functions) for line in part]
    return sorted(found, key=lambda line: str(line["at"]))


def _line(group: str, event: Members) -> Members:
    said = event["message"].rstrip("\n")
    fields = _fields(said)
    return {
        "at": written(datetime.fromtimestamp(event["timestamp"] / 1000, UTC)),
        "group": group,
        "function": fields.get("function") or group.removeprefix(_GROUP),
        "service": fields.get("service"),
        "level": fields.get("level"),
        "message": str(fields["message"]) if "message" in fields else said,
        "fields": {name: value for name, value in fields.items() if name not in _TOLD},
    }


def _fields(said: str) -> Members:
    try:
        fields = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _is_function(document: Members) -> bool:
    return text(document, "origin") == FUNCTION_ORIGIN
