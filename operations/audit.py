"""Who destroyed what, when: a JSON line for each dead letter that was moved or discarded, or could not be.

On the local stage it is appended to `operations-audit.log` in the stage's folder. On AWS it goes to stderr: where it is
kept is up to who runs the program. A line holds ids and no content.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from operations.local_stage import AUDIT_LOG
from operations.periods import written
from operations.problems import asking
from operations.stage import Stage


@dataclass(frozen=True)
class Audit:
    """The log of one caller on one stage; `file` is None for stderr."""

    stage: str
    who: str
    file: Path | None

    @classmethod
    def of(cls, stage: Stage) -> Audit:
        """Raises Problem where AWS does not say who the caller is: nobody destroys anything without a name."""
        with asking("who you are"):
            who = str(stage.client("sts").get_caller_identity()["Arn"])
        return cls(stage.name, who, stage.folder / AUDIT_LOG if stage.folder else None)

    def tell(self, action: str, queue: str, message_id: str, failure: str | None = None) -> None:
        """Write a line; `failure` is the code of the Problem that came in between."""
        told = {
            "at": written(datetime.now(UTC)),
            "who": self.who,
            "stage": self.stage,
            "action": action,
            "queue": queue,
            "message_id": message_id,
            "outcome": failure or "done",
        }
        line = f"{json.dumps(told)}\n".encode()
        if self.file is None:
            sys.stderr.buffer.write(line)
            sys.stderr.flush()
            return
        log = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(log, line)  # in one piece, so that two programs' lines never mix
        finally:
            os.close(log)
