"""What lies in the table of sources and drops, and back."""

from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any

from analytics.domain.drops.drop import Drop, File, Reason, State
from analytics.domain.drops.ranges import Counts, Place, Range, Survey
from analytics.domain.drops.records import DateFormat
from analytics.domain.drops.source import Columns, DropSource, Expectation, Format, Layout, Watch
from backoffice.clock import parse_time, rfc3339
from backoffice.dynamodb import Item


def source_item(source: DropSource) -> Item:
    expectation = source.expectation
    return {
        "id": source.id,
        "version": source.next_version,
        "layout": _layout_item(source.layout),
        "alert_address": source.alert_address,
        "expectation": expectation
        and {
            "by": expectation.by.isoformat(),
            "time_zone": expectation.time_zone,
            "since": rfc3339(expectation.since),
        },
    }


def source_of(item: Item) -> DropSource:
    expectation = item.get("expectation")
    return DropSource(
        id=item["id"],
        version=int(item["version"]),
        layout=_layout_of(item["layout"]),
        alert_address=item.get("alert_address"),
        expectation=expectation
        and Expectation(
            time.fromisoformat(expectation["by"]), expectation["time_zone"], parse_time(expectation["since"])
        ),
    )


def watch_item(watch: Watch) -> Item:
    return {
        "id": watch.id,
        "version": watch.next_version,
        "last_arrival": watch.last_arrival and rfc3339(watch.last_arrival),
        "missed_on": watch.missed_on and watch.missed_on.isoformat(),
    }


def watch_of(item: Item) -> Watch:
    return Watch(
        id=item["id"],
        version=int(item["version"]),
        last_arrival=_time(item.get("last_arrival")),
        missed_on=date.fromisoformat(item["missed_on"]) if "missed_on" in item else None,
    )


def drop_item(drop: Drop) -> Item:
    return {
        "id": drop.id,
        "version": drop.next_version,
        "source_id": drop.source_id,
        "source_version": drop.source_version,
        "file": asdict(drop.file),
        "received_at": rfc3339(drop.received_at),
        "state": drop.state.value,
        "survey": drop.survey and _survey_item(drop.survey),
        "layout": drop.layout and _layout_item(drop.layout),
        "compressed": drop.compressed,
        "header": list(drop.header),
        "ranges": [_range_item(part) for part in drop.ranges],
        "finished_at": drop.finished_at and rfc3339(drop.finished_at),
        "reason": drop.reason and drop.reason.value,
        "detail": drop.detail,
        "alerted": drop.alerted,
    }


def drop_of(item: Item) -> Drop:
    file = item["file"]
    return Drop(
        id=item["id"],
        version=int(item["version"]),
        source_id=item["source_id"],
        source_version=int(item["source_version"]),
        file=File(file["key"], file["etag"], int(file["size"]), file.get("version_id")),
        received_at=parse_time(item["received_at"]),
        state=State(item["state"]),
        survey=_survey_of(item["survey"]) if "survey" in item else None,
        layout=_layout_of(item["layout"]) if "layout" in item else None,
        compressed=item["compressed"],
        header=tuple(item["header"]),
        ranges=tuple(map(_range_of, item["ranges"])),
        finished_at=_time(item.get("finished_at")),
        reason=Reason(item["reason"]) if "reason" in item else None,
        detail=item.get("detail"),
        alerted=item["alerted"],
    )


def _layout_item(layout: Layout) -> Item:
    return asdict(layout)


def _layout_of(stored: Item) -> Layout:
    return Layout(
        Format(stored["format"]),
        Columns(**stored["columns"]),
        DateFormat(stored["date_format"]),
        stored["delimiter"],
        stored["quoted_line_breaks"],
    )


def _survey_item(survey: Survey) -> Item:
    return {**asdict(survey), "at": list(survey.at), "begins": [list(place) for place in survey.begins]}


def _survey_of(stored: Item) -> Survey:
    size = stored.get("size")
    return Survey(
        size=None if size is None else int(size),
        at=_place_of(stored["at"]),
        begins=tuple(map(_place_of, stored["begins"])),
        read=int(stored["read"]),
        has_quotes=stored["has_quotes"],
    )


def _place_of(stored: list[Any]) -> Place:
    offset, line = map(int, stored)
    return Place(offset, line)


def _range_item(part: Range) -> list[Any]:
    return [part.start, part.end, part.offset, part.line, part.counts.written, part.counts.rejected, part.done]


def _range_of(stored: list[Any]) -> Range:
    *numbers, done = stored
    start, end, offset, line, written, rejected = map(int, numbers)
    return Range(start, end, offset, line, Counts(written, rejected), done)


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)
