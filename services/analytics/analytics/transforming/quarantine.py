"""Rows that were rejected, as they came: one object for each step, beside the files that they come from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.domain.drops.drop import Drop
from analytics.transforming.portions import TOO_LONG
from backoffice.dynamodb import client

QUARANTINE = "quarantine/"


@dataclass(frozen=True)
class BadRecord:
    """A row with the number of its first line, why it was rejected, and its text."""

    line: int
    reason: str
    text: str


def keep(bucket: str, drop: Drop, offset: int, bad: Sequence[BadRecord]) -> None:
    """Write the rejected rows of the step that began at ``offset``; the same step again overwrites them."""
    lines = [
        json.dumps({"line": one.line, "reason": one.reason, "text": None if one.text is TOO_LONG else one.text})
        for one in bad
    ]
    client("s3").put_object(
        Bucket=bucket,
        Key=f"{prefix_of(drop)}{offset:015}.jsonl",
        Body="\n".join([*lines, ""]).encode(),
        ContentType="application/x-ndjson",
    )


def prefix_of(drop: Drop) -> str:
    """Where in the bucket a drop's rejected rows lie."""
    return f"{QUARANTINE}{drop.source_id}/{drop.id}/"
