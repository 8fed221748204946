"""Ranges: the parts of a file that are worked through by themselves, and the survey that finds where they may begin."""

from dataclasses import dataclass, replace
from typing import NamedTuple

MOST_RANGES = 64


class Place(NamedTuple):
    """A place in a file's content: the offset, and the number of the line that it lies in."""

    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What has become of rows: each one that was read was either written or rejected."""

    written: int = 0
    rejected: int = 0

    @property
    def read(self) -> int:
        return self.written + self.rejected

    def __add__(self, more: "Counts") -> "Counts":
        return Counts(self.written + more.written, self.rejected + more.rejected)


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes of a file (of its content, if it is compressed) from ``start`` until before ``end``, and how far they are
    worked through.

    ``offset`` is where the next row begins, ``line`` the number of its first line.
    """

    start: int
    end: int
    offset: int
    line: int
    counts: Counts = Counts()
    done: bool = False

    def advanced(self, offset: int, line: int, *, counts: Counts, done: bool) -> "Range":
        """The range after a step that has brought it to a line at ``offset``."""
        return replace(self, offset=offset, line=line, counts=self.counts + counts, done=done)


@dataclass(frozen=True, slots=True)
class Survey:
    """How far a file has been looked through, and what that has shown. Whoever goes on with it needs nothing else.

    What it comes to follows from the content alone, whatever pieces that is looked at in.

    Attributes:
        size: how long a range is, at least; None where there shall be one alone.
        at: where the look goes on.
        begins: where ranges begin, as far as that is known. The first is where the rows do.
        read: how much of the file that took, as it lies there: compressed, if it is.
        has_quotes: whether a quote has been seen.
    """

    size: int | None
    at: Place
    begins: tuple[Place, ...]
    read: int = 0
    has_quotes: bool = False

    @classmethod
    def of(cls, begin: Place, size: int | None) -> "Survey":
        """The survey of a file whose rows begin there, of which nothing has been looked at yet."""
        return cls(size, begin, (begin,))

    @classmethod
    def in_parts(cls, begin: Place, file_size: int, range_bytes: int) -> "Survey":
        """The same for a file that is worked through in ranges, of ``range_bytes`` if they are not too many then."""
        return cls.of(begin, max(range_bytes, -(-file_size // MOST_RANGES)))

    def after(self, data: bytes, read: int) -> "Survey":
        """The survey once the bytes that follow have been looked at."""
        offset, line = self.at
        return replace(
            self,
            at=Place(offset + len(data), line + data.count(b"\n")),
            begins=self.begins + self._begins_in(data),
            read=read,
            has_quotes=self.has_quotes or b'"' in data,
        )

    def ranges(self, *, lines_are_records: bool) -> tuple[Range, ...]:
        """The ranges of a file that has been looked through: one alone where a line break may be part of a record."""
        begins = self.begins if lines_are_records else self.begins[:1]
        ends = [place.offset for place in begins[1:]] + [self.at.offset]
        return tuple(
            Range(place.offset, end, place.offset, place.line)
            for place, end in zip(begins, ends, strict=True)
            if place.offset < end or place is begins[0]
        )

    def _begins_in(self, data: bytes) -> tuple[Place, ...]:
        """Behind the first line break at or after each place that is as far from the last begin as a range is long."""
        if self.size is None:
            return ()
        found: list[Place] = []
        offset, line = self.at
        wanted = self.begins[-1].offset + self.size
        while wanted < offset + len(data):
            at = data.find(b"\n", max(0, wanted - offset)) + 1
            if at == 0:
                break
            found.append(Place(offset + at, line + data.count(b"\n", 0, at)))
            wanted = found[-1].offset + self.size
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a look at a file has shown: the names in a CSV's header, what there is to read, whether it is a gzip."""

    header: tuple[str, ...]
    ranges: tuple[Range, ...]
    compressed: bool
