"""Portions: whole records of a file, as many as lie before each half megabyte of its content.

Where portions end follows from the content alone, not from where reading began. So a step that is repeated after a
crash reads, writes and counts the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from analytics.domain.drops.ranges import Place

STEP = 512 * 1024
LONGEST_RECORD = 64 * 1024
MOST_LINES_OF_A_RECORD = 64
TOO_LONG = "\x00"
"""Stands for a record longer than any that is read."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Records one after another.

    Attributes:
        records: their text, with their line break.
        lines: the number of the line that each begins in.
        following: where the record after the last one begins.
        is_utf8: whether all of it is; what is not has been decoded to lone surrogates.
        is_last: whether nothing follows.
    """

    records: list[str]
    lines: Sequence[int]
    following: Place
    is_utf8: bool
    is_last: bool


def portions(chunks: Iterable[bytes], begin: Place, end: int, *, quoted_line_breaks: bool) -> Iterator[Portion]:
    """Cut content into portions, one at least.

    Args:
        chunks: the content from ``begin`` on, up to ``end``, where its last record ends.
        quoted_line_breaks: whether a line break between quotes belongs to the record.
    """
    if begin.offset >= end:
        yield Portion([], [], begin, is_utf8=True, is_last=True)
        return
    cutter = _Cutter(begin, end, quoted_line_breaks)
    for piece in _pieces(chunks, begin.offset):
        portion = cutter.take(piece)
        if portion:
            yield portion


def _pieces(chunks: Iterable[bytes], offset: int) -> Iterator[bytes]:
    """The same bytes, cut anew at each multiple of STEP of the content's offset."""
    waiting, room = b"", STEP - offset % STEP
    for chunk in chunks:
        at = 0
        while len(chunk) - at >= room - len(waiting):
            upto = at + room - len(waiting)
            yield waiting + chunk[at:upto]
            waiting, room, at = b"", STEP, upto
        waiting += chunk[at:]
    if waiting:
        yield waiting


class _Cutter:
    """Collects pieces until they hold whole records, and keeps the beginning of the one that is cut off."""

    def __init__(self, begin: Place, end: int, quoted_line_breaks: bool) -> None:
        self._at, self._end = begin, end
        self._quoted_line_breaks = quoted_line_breaks
        self._carried = b""
        self._dropped = 0  # bytes of a line that has got too long already

    def take(self, piece: bytes) -> Portion | None:
        """The records that a piece completes; None if it completes none."""
        data = self._carried + piece
        if self._at.offset + self._dropped + len(data) >= self._end:
            return self._cut(data, len(data), is_last=True)
        cut = data.rfind(b"\n") + 1
        if cut == 0:
            self._carry(data)
            return None
        return self._cut(data, cut, is_last=False)

    def _carry(self, data: bytes) -> None:
        if self._dropped or len(data) > LONGEST_RECORD:
            self._dropped += len(data)
            data = b""
        self._carried = data

    def _cut(self, data: bytes, cut: int, *, is_last: bool) -> Portion:
        text, is_utf8 = _decoded(data[:cut])
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        if self._dropped:
            lines[0] = TOO_LONG
        if len(max(lines, key=len)) > LONGEST_RECORD:
            lines = [TOO_LONG if len(one) > LONGEST_RECORD else one for one in lines]
        first, taken = self._at.line, len(lines)
        numbers: Sequence[int] = range(first, first + taken)
        left = ""
        if self._quoted_line_breaks and '"' in text:
            lines, starts, open_lines = _joined(lines, is_last=is_last)
            numbers = [first + start for start in starts]
            taken -= len(open_lines)
            left = "".join(f"{one}\n" for one in open_lines)
        kept = len(left.encode(errors="surrogateescape"))
        self._carried = data[cut - kept :]
        self._at = Place(self._at.offset + self._dropped + cut - kept, first + taken)
        self._dropped = 0
        return Portion(lines, numbers, self._at, is_utf8, is_last)


def _decoded(data: bytes) -> tuple[str, bool]:
    try:
        return data.decode(), True
    except UnicodeDecodeError:
        return data.decode(errors="surrogateescape"), False


def _joined(lines: list[str], *, is_last: bool) -> tuple[list[str], list[int], list[str]]:
    """Join the lines of each record whose quotes are not closed at the line's end.

    A quote that is not closed within a record's bounds is a mistake of its own line alone.

    Returns the records, the index of the line that each begins at, and the lines of one that may go on.
    """
    records: list[str] = []
    starts: list[int] = []
    at, count = 0, len(lines)
    while at < count:
        line = lines[at]
        following = at + 1
        if line.count('"') & 1:
            end = _closing(lines, at)
            if end == count and not is_last and _may_go_on(lines, at):
                return records, starts, lines[at:]
            if end < count:
                following = end + 1
                line = "\n".join(lines[at:following])
        records.append(line)
        starts.append(at)
        at = following
    return records, starts, []


def _closing(lines: list[str], at: int) -> int:
    """The index of the line that closes the quote left open in line ``at``; the number of lines if none does."""
    length = len(lines[at])
    for end in range(at + 1, min(at + MOST_LINES_OF_A_RECORD, len(lines))):
        length += len(lines[end]) + 1
        if length > LONGEST_RECORD or lines[end] is TOO_LONG:
            break
        if lines[end].count('"') & 1:
            return end
    return len(lines)


def _may_go_on(lines: list[str], at: int) -> bool:
    rest = lines[at:]
    return len(rest) < MOST_LINES_OF_A_RECORD and sum(map(len, rest)) <= LONGEST_RECORD and TOO_LONG not in rest
