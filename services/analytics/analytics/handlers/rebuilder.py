"""Makes projections anew from the archive."""

import json
import os
from dataclasses import dataclass
from typing import Any

from analytics.archive.reading import Archive, waiting
from analytics.handlers.inbox import inbox
from analytics.rebuilding.work import Rebuilder, Sources
from backoffice import tracing
from backoffice.logs import invocation, logger
from backoffice.messages.envelope import Event
from backoffice.messages.loan import Loan, ask


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the rebuilds' queue, a message at a time.

    A message that fails is given back, and the error raised: the function's errors are what an operator watches.
    """
    with invocation(context):
        for record in event["Records"]:
            _take(_Desk(record, context, os.environ["REBUILDS_QUEUE_URL"]))


@dataclass
class _Desk(Loan):
    def ask(self, projection: str, rebuild_id: str, *, after_seconds: int = 0) -> None:
        """Let somebody go on with a rebuild."""
        ask(self.queue_url, {"projection": projection, "rebuild_id": rebuild_id}, after_seconds=after_seconds)


def _take(desk: _Desk) -> None:
    with tracing.record(desk.trace_header):
        try:
            desk.beat()
            asked = json.loads(desk.body)
            with logger.append_context_keys(rebuild_id=asked["rebuild_id"]):
                Rebuilder(_sources(), desk).work(asked["projection"], asked["rebuild_id"])
        except Exception:
            logger.exception("rebuild interrupted")
            desk.give_back()
            raise


def _sources() -> Sources:
    return Sources(Archive(os.environ["ARCHIVE_BUCKET"], inbox.schemas.keys()), _understood, waiting)


def _understood(event: Event) -> dict[str, Any]:
    """What the inbox would hand its consumer, older versions lifted. Raises UnknownMessage, ValidationError."""
    _, data = inbox.understood(event)
    return data
