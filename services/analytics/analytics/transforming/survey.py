"""A look at a file before anything is written: can it be read at all, and in which ranges.

What can be read in parts, and is large enough, is gone through once without reading rows: each range then begins at a
line and knows its number. A gzip is unpacked to its end, so that none which is cut off leaves half a file behind.
"""

import codecs
import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analytics.domain.drops.drop import File, Range, Reason, Rejected, Surveyed
from analytics.domain.drops.source import Format, Layout
from analytics.transforming.content import Content, Unzipped, is_gzip
from analytics.transforming.portions import LONGEST_RECORD, Place

MOST_RANGES = 64

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


def survey(content: Content, file: File, layout: Layout, range_bytes: int, beat: Callable[[], None]) -> Surveyed:
    """Look at a file.

    Args:
        content: the object as it lies in the bucket.
        range_bytes: how large a range should be, at least.
        beat: is called now and then while this takes its time.

    Raises:
        Rejected: it is empty, no text in UTF-8, compressed in a way that nobody here knows, or without the header that
            its source has.
    """
    head = _head(content)
    compressed = is_gzip(head)
    unpacked = Unzipped(content) if compressed else content
    if compressed:
        head = _head(unpacked)
    text = _text(head)
    start = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    header: tuple[str, ...] = ()
    line = 1
    if layout.format is Format.CSV:
        first, line_break, _ = text.partition("\n")
        header = _header(first, layout, is_whole=bool(line_break) or len(head) < _HEAD)
        start, line = start + len(f"{first}{line_break}".encode()), 2
    if not compressed and file.size <= range_bytes:
        return Surveyed(header, (Range(start, file.size, start, line),), compressed)
    size = None if compressed else max(range_bytes, -(-file.size // MOST_RANGES))
    ranges = _ranges(_walk(unpacked, Place(start, line), beat), Place(start, line), layout, size)
    return Surveyed(header, ranges, compressed)


def _head(content: Content) -> bytes:
    head = b""
    for chunk in content.read(0):
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


@dataclass(frozen=True)
class _Stretch:
    """Bytes from ``offset`` on, and the number of the line that they begin in."""

    offset: int
    line: int
    data: bytes


def _walk(content: Content, begin: Place, beat: Callable[[], None]) -> Iterator[_Stretch]:
    offset, line = begin
    for chunk in content.read(offset):
        yield _Stretch(offset, line, chunk)
        offset += len(chunk)
        line += chunk.count(b"\n")
        beat()


def _ranges(stretches: Iterator[_Stretch], begin: Place, layout: Layout, size: int | None) -> tuple[Range, ...]:
    """Ranges that begin at a line each; one alone where a line break may be part of a record."""
    begins, end = [begin], begin.offset
    has_quotes = False
    for stretch in stretches:
        end = stretch.offset + len(stretch.data)
        has_quotes = has_quotes or b'"' in stretch.data
        if size is not None:
            begins += _begins(stretch, begins[-1].offset + size, size)
    if layout.format is Format.CSV and layout.quoted_line_breaks and has_quotes:
        begins = [begin]
    ends = [place.offset for place in begins[1:]] + [end]
    return tuple(
        Range(place.offset, upto, place.offset, place.line)
        for place, upto in zip(begins, ends, strict=True)
        if place.offset < upto or place is begin
    )


def _begins(stretch: _Stretch, wanted: int, size: int) -> Iterator[Place]:
    """Where ranges begin in a stretch: after the first line break at or behind each place that is wanted."""
    while wanted < stretch.offset + len(stretch.data):
        at = stretch.data.find(b"\n", max(0, wanted - stretch.offset)) + 1
        if at == 0:
            return
        yield Place(stretch.offset + at, stretch.line + stretch.data.count(b"\n", 0, at))
        wanted = stretch.offset + at + size
