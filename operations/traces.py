"""Traces: found by a filter expression, some at a time, latest first."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from operations.periods import Period, written
from operations.problems import Problem, asking, bad_request
from operations.stage import Stage

Members = dict[str, Any]
_ENOUGH, _MOST_CALLS = 20, 10


def find(stage: Stage, period: Period, expression: str = "", cursor: str | None = None) -> Members:
    """`{"items": [..], "next_cursor", "processed"}`: some of the traces that began in `period` and match.

    X-Ray looks at so many traces a call, not for so many matches; it is called until there is something to show, but no
    more than _MOST_CALLS times: a list may be short, or empty, and yet have a next one.
    Raises Problem where X-Ray cannot read the expression.
    """
    items: list[Members] = []
    processed = 0
    for _ in range(_MOST_CALLS):
        answer, cursor = _page(stage, period, expression, cursor)
        items += map(_row, answer.get("TraceSummaries", []))
        processed += answer.get("TracesProcessedCount", 0)
        if cursor is None or len(items) >= _ENOUGH:
            break
    items.sort(key=lambda row: str(row["at"]), reverse=True)
    return {"items": items, "next_cursor": cursor, "processed": processed}


def window_of(cursor: str) -> Period:
    """The period that a cursor belongs to, which stands still while "the last 15 minutes" move on."""
    try:
        start, end = _loads(cursor)[2:4]
        return Period(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))
    except (TypeError, ValueError, OverflowError, OSError):
        raise _wrong_cursor() from None


def begun(trace_id: str) -> datetime:
    """When a trace began, which its id says (`1-<8 hex: epoch seconds>-<24 hex>`).

    Raises Problem for what is no trace's id.
    """
    version, _, rest = trace_id.partition("-")
    time, _, number = rest.partition("-")
    if version != "1" or len(time) != 8 or len(number) != 24 or not _is_hex(time + number):
        raise bad_request(f"`{trace_id[:50]}` is no trace's id.", "Ids look like 1-5759e988-bd862e3fe1be46a994272793.")
    return datetime.fromtimestamp(int(time, 16), UTC)


def _page(stage: Stage, period: Period, expression: str, cursor: str | None) -> tuple[Members, str | None]:
    """An answer of X-Ray's, and the cursor of the one after it: in the same window, or the first of the one before."""
    windows = list(period.windows())
    place, token = _read(cursor, period, expression) if cursor else (0, None)
    if not 0 <= place < len(windows):
        raise _wrong_cursor()
    asked: Members = {"StartTime": windows[place].start, "EndTime": windows[place].end}
    asked |= {"FilterExpression": expression} if expression.strip() else {}
    asked |= {"NextToken": token} if token else {}
    with asking("for traces"):
        answer: Members = stage.client("xray").get_trace_summaries(**asked)
    if following := answer.get("NextToken"):
        return answer, _cursor(place, following, period, expression)
    return answer, _cursor(place + 1, None, period, expression) if place + 1 < len(windows) else None


def _row(summary: Members) -> Members:
    http = summary.get("Http", {})
    # X-Ray on AWS tells no start, but the id does, to the second.
    at = summary.get("StartTime")
    entry = summary.get("EntryPoint") or {}
    return {
        "id": summary["Id"],
        "at": written(at if isinstance(at, datetime) else begun(summary["Id"])),
        "duration": summary.get("Duration"),
        "response_time": summary.get("ResponseTime"),
        "method": http.get("HttpMethod"),
        "url": http.get("HttpURL"),
        "status": http.get("HttpStatus"),
        "fault": summary.get("HasFault", False),
        "error": summary.get("HasError", False),
        "throttle": summary.get("HasThrottle", False),
        "partial": summary.get("IsPartial", False),
        "entry": entry.get("Name"),
        "annotations": {
            key: [value for found in values for value in found.get("AnnotationValue", {}).values()]
            for key, values in summary.get("Annotations", {}).items()
        },
        "users": [user["UserName"] for user in summary.get("Users", []) if user.get("UserName")],
    }


def _cursor(place: int, token: str | None, period: Period, expression: str) -> str:
    content = [place, token, period.start.timestamp(), period.end.timestamp(), expression]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _read(cursor: str, period: Period, expression: str) -> tuple[int, str | None]:
    """Where the page before ended. A cursor holds for the query that it came from."""
    content = _loads(cursor)
    try:
        place, token, start, end, asked = content
    except (TypeError, ValueError):
        raise _wrong_cursor() from None
    same = [start, end, asked] == [period.start.timestamp(), period.end.timestamp(), expression]
    if not (same and isinstance(place, int) and isinstance(token, str | None)):
        raise _wrong_cursor()
    return place, token


def _loads(cursor: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error, RecursionError):
        raise _wrong_cursor() from None


def _wrong_cursor() -> Problem:
    return bad_request("The cursor belongs to another query.", "Begin again without it.")


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdef" for character in text)
