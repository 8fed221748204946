"""Why a letter is dead: the exceptions of the tries, as its trace's records tell them, or else the consumer's log."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from operations import logs
from operations.problems import Problem
from operations.queues import Queue
from operations.stacks import FUNCTION, Stacks
from operations.stage import Stage
from operations.untold import reason
from operations.waterfall import fetch, unfold

_FRAME = re.compile(r'^\s*File "(.+)", line (\d+), in (.+)$', re.MULTILINE)

Members = dict[str, Any]
# Retries of a message rest up to 15 minutes each (backoffice.messages.inbox).
_TRIED_FOR = timedelta(hours=2)


def exceptions(stage: Stage, stacks: Stacks, source: Queue | None, letter: Members) -> Members:
    """`{"exceptions": [{"type", "message", "stack"}], "trace_id"}`, each kind of exception once, the last try first.

    A letter that carries no trace was worked on in the trace of its batch, which the log names.
    """
    if untold := reason(letter):
        exception = {"type": "OutsideItsContract", "message": untold, "stack": []}
        return {"exceptions": [exception], "trace_id": letter["trace_id"]}
    if source is None:
        return {"exceptions": [], "trace_id": letter["trace_id"]}
    found = _of_records(stage, source, letter["trace_id"]) if letter["trace_id"] else []
    if found:
        return {"exceptions": _each_once(found), "trace_id": letter["trace_id"]}
    lines = _lines(stage, stacks, source, letter)
    traces = [line["fields"]["trace_id"] for line in lines if line["fields"].get("trace_id")]
    failures = [_exception(line["fields"]) for line in reversed(lines) if "exception" in line["fields"]]
    return {
        "exceptions": _each_once(failures),
        "trace_id": letter["trace_id"] or (traces[-1] if traces else None),
    }


def _of_records(stage: Stage, source: Queue, trace_id: str) -> list[Members]:
    """Those of the segments that say by their annotation `queue` that they worked on a message out of it."""
    try:
        entities = unfold(fetch(stage, trace_id)["documents"])
    except Problem as problem:
        if problem.code == "not_found":
            return []
        raise
    records = [one for one in entities if one.is_segment and one.annotations.get("queue") == source.name]
    latest_first = sorted(records, key=lambda one: one.start, reverse=True)
    return [exception for record in latest_first for exception in record.exceptions]


def _lines(stage: Stage, stacks: Stacks, source: Queue, letter: Members) -> list[Members]:
    if not letter["sent_at"]:
        return []
    consumers = [one.id for one in stacks.resources(FUNCTION) if one.context == source.context]
    sent = datetime.fromisoformat(letter["sent_at"])
    until = min(sent + _TRIED_FOR, datetime.now(UTC) + timedelta(minutes=1))
    return logs.matching(stage, consumers, letter["id"], (sent - timedelta(minutes=1), until))


def _exception(fields: Members) -> Members:
    told = str(fields["exception"]).strip()
    last = told.rpartition("\n")[2]
    return {
        "type": str(fields.get("exception_name") or "Exception"),
        "message": last.partition(": ")[2] or last,
        "stack": [f"{function} ({path.rpartition('/')[2]}:{line})" for path, line, function in _FRAME.findall(told)],
    }


def _each_once(found: list[Members]) -> list[Members]:
    return list({(one["type"], one["message"]): one for one in reversed(found)}.values())[::-1]
