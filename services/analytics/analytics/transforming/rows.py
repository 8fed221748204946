"""From the text of records to what they say, or to the reason why they say nothing."""

import csv
import json
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

from analytics.domain.drops.records import BadRow, Record, reader_of
from analytics.domain.drops.source import Format, Layout
from analytics.transforming.portions import LONGEST_RECORD, TOO_LONG, Portion

Row = tuple[int, Record | BadRow]
"""The place of a record in its portion, and what it says or what is wrong with it."""

ReadRows = Callable[[Portion], Iterator[Row]]

_NOT_UTF8 = BadRow("the line is not UTF-8")
_UNCLOSED = BadRow("the line is no CSV: a quote is not closed, or stands where none may be")
_TOO_LONG = BadRow(f"the line is longer than {LONGEST_RECORD} bytes")


def rows_of(layout: Layout, header: tuple[str, ...]) -> ReadRows:
    """What reads the rows of a source's portions. Empty lines are no rows.

    Args:
        header: the names of a CSV's columns.
    """
    record_of = reader_of(layout.date_format)
    wanted = (layout.columns.user_id, layout.columns.date, layout.columns.event_type)
    if layout.format is Format.JSON_LINES:
        return lambda portion: _json_rows(portion, _of_members(wanted, record_of))
    read = _of_fields([header.index(name) for name in wanted], len(header), record_of)
    return lambda portion: _csv_rows(portion, layout.delimiter, read)


def _csv_rows(portion: Portion, delimiter: str, read: Callable[[list[str]], Record]) -> Iterator[Row]:
    records = portion.records
    for at, fields in _fields(records, delimiter):
        if records[at] is TOO_LONG:
            yield at, _TOO_LONG
        elif not portion.is_utf8 and not _is_utf8(records[at]):
            yield at, _NOT_UTF8
        elif fields is None:
            yield at, _UNCLOSED
        elif fields:
            try:
                yield at, read(fields)
            except BadRow as bad:
                yield at, bad


def _fields(records: list[str], delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """Each record with its fields; None for one that is no CSV.

    csv's reader goes on to the next record where a quote is left open. Where it did, each is read by itself.
    """
    reader = csv.reader(records, delimiter=delimiter, strict=True)
    at = 0
    while at < len(records):
        try:
            fields: list[str] | None = next(reader)
        except csv.Error:
            fields = None
        upto = reader.line_num
        if fields is not None and upto == at + 1:
            yield at, fields
        else:
            for alone in range(at, upto):
                yield alone, _alone(records[alone], delimiter)
        at = upto


def _alone(record: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([record], delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _of_fields(places: list[int], width: int, record_of: Callable[..., Record]) -> Callable[[list[str]], Record]:
    pick = itemgetter(*places)

    def read(fields: list[str]) -> Record:
        if len(fields) != width:
            raise BadRow(f"the row has {len(fields)} fields, the header {width}")
        return record_of(*pick(fields))

    return read


def _json_rows(portion: Portion, read: Callable[[Any], Record]) -> Iterator[Row]:
    for at, text in enumerate(portion.records):
        if text is TOO_LONG:
            yield at, _TOO_LONG
        elif not portion.is_utf8 and not _is_utf8(text):
            yield at, _NOT_UTF8
        elif text and not text.isspace():
            try:
                yield at, read(json.loads(text))
            except BadRow as bad:
                yield at, bad
            except (ValueError, RecursionError):
                yield at, BadRow("the line is not JSON")


def _of_members(wanted: tuple[str, str, str], record_of: Callable[..., Record]) -> Callable[[Any], Record]:
    def text(row: dict[str, Any], name: str) -> str:
        value = row.get(name)
        if isinstance(value, str):
            return value
        if type(value) is int:
            return str(value)
        raise BadRow(f"{name} is {'missing' if value is None else 'no string'}")

    def read(row: Any) -> Record:
        if not isinstance(row, dict):
            raise BadRow("the line is no JSON object")
        return record_of(*(text(row, name) for name in wanted))

    return read


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
