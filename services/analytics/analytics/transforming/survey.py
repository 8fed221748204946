"""Looks through a file before anything is written: in which ranges can it be read.

What can be read in parts, and is large enough, is gone through once without reading rows: each range then begins at a
line and knows its number. A gzip is unpacked to its end, so that none which is cut off leaves half a file behind.
"""

from collections.abc import Iterator

from analytics.domain.drops.drop import Drop, Reason, Rejected
from analytics.domain.drops.ranges import Range, Survey, Surveyed
from analytics.domain.drops.source import Format, Layout
from analytics.transforming.content import S3Object, Unzipped
from analytics.transforming.head import Head

MOST_UNPACKED = 16 * 1024**3
"""What a gzip may hold. It is unpacked anew up to where its rows stand in each run, which must leave time for them."""


def standing(drop: Drop, head: Head, range_bytes: int) -> Survey:
    """Where to go on with looking through a drop's file: where that stands, if it can be entered there."""
    if head.compressed:
        return Survey.of(head.rows, None)
    if drop.survey and drop.survey.begins[0] == head.rows:
        return drop.survey
    return Survey.in_parts(head.rows, drop.file.size, range_bytes)


def look_through(content: S3Object, head: Head, survey: Survey) -> Iterator[Survey]:
    """The survey after each piece of a file, from where it stands until the end.

    Raises Rejected for a gzip that is cut off, damaged, or holds too much.
    """
    unpacked = Unzipped(content) if head.compressed else content
    for piece in unpacked.read(survey.at.offset):
        survey = survey.after(piece, content.position)
        if head.compressed and survey.at.offset > MOST_UNPACKED:
            raise Rejected(
                Reason.UNKNOWN_FORMAT,
                f"the gzip holds more than {MOST_UNPACKED // 1024**3} GiB, and none can be read in parts: "
                "send it unpacked, or as several files",
            )
        yield survey


def surveyed(head: Head, survey: Survey, layout: Layout) -> Surveyed:
    """What has come of it, once all has been looked at."""
    joined = layout.format is Format.CSV and layout.quoted_line_breaks and survey.has_quotes
    return Surveyed(head.header, survey.ranges(lines_are_records=not joined), head.compressed)


def unseen(head: Head, size: int) -> Surveyed:
    """What there is to read of a file that need not be looked through: one range."""
    start, line = head.rows
    return Surveyed(head.header, (Range(start, size, start, line),), head.compressed)
