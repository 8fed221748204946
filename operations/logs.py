"""The log lines of one trace, out of the groups of the functions that took part in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from operations.periods import written
from operations.problems import asking
from operations.stacks import FUNCTION, Stacks
from operations.stage import Stage
from operations.waterfall import FUNCTION as FUNCTION_ORIGIN
from operations.waterfall import text

Members = dict[str, Any]
MOST_LINES = 1000
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
    """The lines of the functions that hold `word` (an id), earliest first; little more than MOST_LINES of them."""
    start, end = (int(time.timestamp() * 1000) for time in between)
    lines: list[Members] = []
    for function in functions:
        group = f"{_GROUP}{function}"
        with asking(f"for the log lines in {group}"):
            asked = {"logGroupName": group, "startTime": start, "endTime": end, "filterPattern": f'"{word}"'}
            try:
                for event in stage.every("logs", "filter_log_events", "events", **asked):
                    lines.append(_line(group, event))
                    if len(lines) > MOST_LINES:
                        break
            except stage.client("logs").exceptions.ResourceNotFoundException:
                continue  # a function that has never run, or whose group was deleted
    return sorted(lines, key=lambda line: str(line["at"]))


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
