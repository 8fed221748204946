"""One segment document: is it valid, what identifies it, and which of two with the same id is kept.

Fields, limits and characters:
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

MAX_BYTES = 64 * 1024
MAX_DEPTH = 128
LAST_SECOND = 253_402_300_799  # of the year 9999: a time beyond it (milliseconds, say) no client can represent

_TRACE_ID = re.compile(r"1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}").fullmatch
_ENTITY_ID = re.compile(r"[0-9a-fA-F]{16}").fullmatch
_NAME = re.compile(r"[\w\s.:/%&#=+\\\-@]{1,200}").fullmatch


class Rejected(Exception):
    """A document that is not stored.

    `code` is the ErrorCode of an UnprocessedTraceSegment (ParseError, Missing<Field>, Invalid<Field>), `entity_id` the
    document's id where it could be read, `too_large` true when the size was the only thing looked at.
    """

    def __init__(self, code: str, entity_id: str | None = None, *, too_large: bool = False) -> None:
        super().__init__(f"Invalid segment. ErrorCode: {code}")
        self.code = code
        self.entity_id = entity_id
        self.too_large = too_large


class Document(NamedTuple):
    """What the store needs of a valid document. Times are epoch seconds; `ended` is 0.0 while in progress."""

    trace_id: str
    id: str
    complete: bool
    started: float
    ended: float
    body: str


def parse(raw: bytes) -> Document:
    """The document in `raw` (UTF-8 JSON text of one segment or subsegment, at most 64 KB), or Rejected."""
    if len(raw) > MAX_BYTES:
        raise Rejected("SegmentTooLarge", too_large=True)
    try:
        body = raw.decode()
        fields = loads(body)
    except (ValueError, RecursionError):
        raise Rejected("ParseError") from None
    if not isinstance(fields, dict) or _deeper_than(fields, body, MAX_DEPTH):
        raise Rejected("ParseError")
    return _checked(fields, body)


def loads(text: str | bytes) -> Any:
    """JSON by the standard: unlike `json.loads`, NaN, Infinity and what overflows to it (1e999) are a ValueError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # half an emoji ("\\ud83d", of a text cut off by its sender) is no error of ours
        return json.loads(text, parse_constant=_finite, parse_float=_finite)


def rank(fields: Mapping[str, Any]) -> tuple[bool, float]:
    """The order of two documents with one id, greatest is kept: complete before in progress, then the later end."""
    ended = fields.get("end_time")
    if ended is None or fields.get("in_progress") is True:
        return False, 0.0
    return True, float(ended)


def _checked(fields: dict[str, Any], body: str) -> Document:
    entity_id = fields.get("id")
    known_id = entity_id if isinstance(entity_id, str) and _ENTITY_ID(entity_id) else None
    try:
        _check_header(fields)
        _check_entity(fields)
        complete, ended = rank(fields)
        if not complete and fields.get("in_progress") is not True:
            raise Rejected("MissingEndTime")
        _check_embedded(fields)
    except Rejected as rejected:
        raise Rejected(rejected.code, known_id) from None
    return Document(fields["trace_id"], fields["id"], complete, float(fields["start_time"]), ended, body)


def _check_header(fields: dict[str, Any]) -> None:
    """What only a document has, not an embedded subsegment."""
    _matches(fields, "trace_id", "TraceId", _TRACE_ID)
    if fields.get("type") == "subsegment" or fields.get("parent_id") is not None:
        _matches(fields, "parent_id", "ParentId", _ENTITY_ID)


def _check_entity(fields: dict[str, Any]) -> None:
    """What every segment and subsegment must have."""
    _matches(fields, "id", "Id", _ENTITY_ID)
    _matches(fields, "name", "Name", _NAME)
    _is_time(fields, "start_time", "StartTime")
    if fields.get("end_time") is not None:
        _is_time(fields, "end_time", "EndTime")


def _check_embedded(fields: dict[str, Any]) -> None:
    waiting = [fields]
    while waiting:
        embedded = waiting.pop().get("subsegments")
        if embedded is None:
            continue
        if not isinstance(embedded, list) or not all(isinstance(entity, dict) for entity in embedded):
            raise Rejected("InvalidSubsegments")
        for entity in embedded:
            _check_entity(entity)
        waiting += embedded


def _matches(fields: dict[str, Any], field: str, title: str, matches: Any) -> None:
    value = fields.get(field)
    if value is None:
        raise Rejected(f"Missing{title}")
    if not isinstance(value, str) or not matches(value):
        raise Rejected(f"Invalid{title}")


def _is_time(fields: dict[str, Any], field: str, title: str) -> None:
    value = fields.get(field)
    if value is None:
        raise Rejected(f"Missing{title}")
    if type(value) not in (int, float) or not 0 <= value <= LAST_SECOND:  # True is an int, too
        raise Rejected(f"Invalid{title}")


def _deeper_than(value: Any, body: str, limit: int) -> bool:
    """Whether objects and lists nest deeper than `limit`: a reader of such a document would run out of stack."""
    if body.count("{") + body.count("[") <= limit:
        return False
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > limit:
            return True
        containers = [entry.values() if isinstance(entry, dict) else entry for entry in level]
        level = [child for entries in containers for child in entries if isinstance(child, dict | list)]
    return False


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a JSON number")
    return value
