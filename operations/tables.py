"""What people read in a terminal; nothing that a message or a trace carries reaches it as a control sequence."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

Members = dict[str, Any]
_NARROWEST = 12


def table(head: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    """Columns as wide as what is in them; numbers to the right. None is shown as a dash."""
    rows = [[_cell(value) for value in line] for line in lines]
    right = [all(_is_number(row[column]) for row in rows) for column in range(len(head))]
    widths = [max(len(row[column]) for row in [list(head), *rows]) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [list(head), *rows]
    )


def seconds(value: float | None) -> str:
    """A duration in the unit that suits it."""
    if value is None:
        return "-"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 60 else f"{value / 60:.1f} min"


def clock(text: str | None) -> str:
    """A time in UTC, to the second, as the date and the time of day."""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S") if text else "-"


def tree(found: Members) -> str:
    """A trace, each line below what called it: what, how long, since when, with what success."""
    lines = [("~ " if row["link"] else "") + _what(row) for row in found["rows"]]
    shown = [
        ("  " * row["depth"] + line, seconds(row["duration"]), f"+{seconds(row['offset'])}", _state(row))
        for row, line in zip(found["rows"], lines, strict=True)
    ]
    return table(("TRACE " + found["id"], "TOOK", "AT", "STATE"), shown)


def exceptions(found: Iterable[Members], indent: str = "") -> str:
    """Each exception with its stack."""
    return "\n".join(
        "\n".join(
            [f"{indent}{printable(one['type'])}: {printable(one['message'])}"]
            + [f"{indent}    {printable(frame)}" for frame in one["stack"]]
        )
        for one in found
    )


def printable(text: str) -> str:
    """The text with every character escaped that is not to be seen: no message moves the cursor."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def block(text: str) -> str:
    """As `printable`, but with its lines and tabs."""
    return "\n".join(printable(line.replace("\t", "    ")) for line in text.splitlines())


def width() -> int:
    """How wide the terminal is. Where there is none, nothing needs to be cut."""
    try:
        return max(os.get_terminal_size().columns, 4 * _NARROWEST)
    except OSError:
        return sys.maxsize


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: max(1, most - 1)]}…"


def _what(row: Members) -> str:
    aws = row["aws"] or {}
    request = (row["http"] or {}).get("request") or {}
    about = [aws.get("operation"), aws.get("table_name"), aws.get("queue_name"), row["annotations"].get("route")]
    about += [request.get("method"), request.get("url")]
    words = [row["name"], *dict.fromkeys(str(word) for word in about if word)]
    return " ".join(words)


def _state(row: Members) -> str:
    status = ((row["http"] or {}).get("response") or {}).get("status")
    words = ["in progress" if row["in_progress"] else row["state"], str(status) if status else ""]
    words += [f"{one['type']}: {one['message']}" for one in row["exceptions"]]
    return cut(" ".join(word for word in words if word), 80)


def _cell(value: Any) -> str:
    return "-" if value is None else printable(str(value))


def _is_number(text: str) -> bool:
    return text == "-" or text.replace(".", "", 1).replace(" ms", "").replace(" s", "").replace(" min", "").isdigit()
