"""Mends what the embedded AWS makes of table streams over a restart."""

from __future__ import annotations

import json

from local.stage.place import Place


def forget_positions(place: Place) -> None:
    """Let the readers of table streams begin at the beginning; the embedded AWS must not run.

    ministack 1.5 saves how far each has read, but not the streams: after a restart a reader would be deaf until its
    new stream is as long as the old one was. What the old streams held stands in the outboxes, and the clocks send it.
    """
    saved = place.state / "aws" / "state" / "lambda.json"
    if not saved.is_file():
        return
    document = json.loads(saved.read_text())
    positions = document.get("payload", {}).get("dynamodb_stream_positions") or {}
    if not positions.get("data"):
        return
    positions["data"] = {}
    draft = saved.with_suffix(".tmp")
    draft.write_text(json.dumps(document))
    draft.replace(saved)
