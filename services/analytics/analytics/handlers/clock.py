"""What time itself causes: what the stream or a crash has left is sent, and files that stay away are told of."""

import os
from datetime import timedelta
from typing import Any

from analytics.domain.drops.alerts import MissingFile
from analytics.domain.drops.source import DropSource, Watch
from analytics.store.drops import DropStore
from analytics.store.rebuilds import RebuildStore
from analytics.transforming import alerting
from backoffice.clock import now
from backoffice.errors import StaleVersion
from backoffice.logs import invocation, logger
from backoffice.messages.loan import ask
from backoffice.messages.relay import sweep

# Whoever raises an alert sends it within a second; what is older was left behind by a crash.
_OVERDUE = timedelta(minutes=1)


def handler(event: dict[str, Any], context: Any) -> None:
    """Lambda handler for the schedule. Raises what went wrong first, once the rest has been done."""
    store = DropStore()
    with invocation(context):
        try:
            _tell_of_missing_files(store)
            for pending in store.pending_alerts(before=now() - _OVERDUE):
                alerting.send(store, pending.alert, pending.address)
            _go_on_with_rebuilds()
        finally:
            sweep(event, context)


def _go_on_with_rebuilds() -> None:
    """Whoever asks for a rebuild also puts it into the queue, unless a crash comes in between."""
    for rebuild in RebuildStore().unattended(_OVERDUE):
        ask(os.environ["REBUILDS_QUEUE_URL"], {"projection": rebuild.projection, "rebuild_id": rebuild.id})


def _tell_of_missing_files(store: DropStore) -> None:
    watches = store.watches()
    for source in store.sources():
        _tell_of_missing_file(store, source, watches.get(source.id) or Watch(id=source.id))


def _tell_of_missing_file(store: DropStore, source: DropSource, watch: Watch) -> None:
    at = now()
    day = watch.misses(source.expectation, at) if source.expectation else None
    if day is None:
        return
    missing = MissingFile.of(source.id, day, at)
    try:
        store.save_watch(watch, missing, source.alert_address)
    except StaleVersion:
        logger.info("a file has just come", extra={"source_id": source.id})
        return
    alerting.send(store, missing.alert, source.alert_address)
