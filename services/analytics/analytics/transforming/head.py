"""The first look at a file: can it be read at all, and where do its rows begin."""

import codecs
import csv
import json
from dataclasses import dataclass

from analytics.domain.drops.drop import Reason, Rejected
from analytics.domain.drops.ranges import Place
from analytics.domain.drops.source import Format, Layout
from analytics.transforming.content import Content, Unzipped, is_gzip
from analytics.transforming.portions import LONGEST_RECORD

_HEAD = LONGEST_RECORD + 1
_OTHER_FORMATS = {
    b"PK\x03\x04": "a ZIP archive, or a spreadsheet",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an Office document",
    b"PAR1": "a Parquet file",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
}


@dataclass(frozen=True, slots=True)
class Head:
    """What a file begins with: the names in a CSV's header, where its rows begin, whether it is a gzip."""

    header: tuple[str, ...]
    rows: Place
    compressed: bool


def look_at(content: Content, layout: Layout) -> Head:
    """Look at the first line.

    Args:
        content: the object as it lies in the bucket.

    Raises:
        Rejected: it is empty, no text in UTF-8, compressed in a way that nobody here knows, or without the header that
            its source has.
    """
    head = _first_bytes(content)
    compressed = is_gzip(head)
    if compressed:
        head = _first_bytes(Unzipped(content))
    text = _text(head)
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    if layout.format is Format.JSON_LINES:
        return Head((), Place(start, 1), compressed)
    first, line_break, _ = text.partition("\n")
    header = _header(first, layout, is_whole=bool(line_break) or len(head) < _HEAD)
    return Head(header, Place(start + len(f"{first}{line_break}".encode()), 2), compressed)


def _first_bytes(content: Content) -> bytes:
    head = b""
    for chunk in content.read(0, _HEAD):
        head += chunk[: _HEAD - len(head)]
        if len(head) == _HEAD:
            break
    return head


def _text(head: bytes) -> str:
    for mark, what in _OTHER_FORMATS.items():
        if head.startswith(mark):
            raise Rejected(Reason.UNKNOWN_FORMAT, f"the file is {what}, neither CSV nor JSON lines, plain or by gzip")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Rejected(Reason.NOT_UTF8, "the file is UTF-16, not UTF-8")
    if b"\0" in head:
        raise Rejected(Reason.NOT_UTF8, "the file is binary, not text in UTF-8")
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise Rejected(Reason.EMPTY, "the file is empty")
    first = head.partition(b"\n")[0]
    try:
        first.decode()
    except UnicodeDecodeError as error:
        if error.start < len(first) - 4 or len(head) < _HEAD:
            raise Rejected(Reason.NOT_UTF8, "the file's first line is not UTF-8") from None
    return head.decode("utf-8-sig", errors="surrogateescape")


def _header(first: str, layout: Layout, *, is_whole: bool) -> tuple[str, ...]:
    if not is_whole:
        raise Rejected(Reason.BAD_HEADER, f"the first line is longer than {LONGEST_RECORD} bytes; there is no header")
    try:
        names = tuple(name.strip() for name in next(csv.reader([first], delimiter=layout.delimiter, strict=True), []))
    except csv.Error:
        raise Rejected(Reason.BAD_HEADER, "the header is no line of CSV") from None
    wanted = (layout.columns.user_id, layout.columns.date, layout.columns.event_type)
    missing = [name for name in wanted if name not in names]
    twice = [name for name in wanted if names.count(name) > 1]
    if missing:
        raise Rejected(Reason.BAD_HEADER, f"the header lacks the columns {json.dumps(missing, ensure_ascii=False)}")
    if twice:
        raise Rejected(Reason.BAD_HEADER, f"the header has these twice: {json.dumps(twice, ensure_ascii=False)}")
    return names
