"""DynamoDB's rule for transactions that meet, in front of an embedded AWS that runs one after the other.

A transaction that names an item of another one that is under way is cancelled with TransactionConflict for that item.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

TAKES = 0.01
"""Seconds for which a transaction holds its items, as it does on AWS, where several nodes agree about it."""

_CALL = "dynamodb.TransactWriteItems"
_Key = tuple[str, str]


class Contention:
    """What happened to the transactions of a client's threads: how many were asked for, and which were cancelled."""

    def __init__(self) -> None:
        self.calls = 0
        self.conflicts: list[tuple[str, list[_Key]]] = []
        """Of each that was cancelled, the name of its thread and the keys of the items that others held."""
        self._held: set[_Key] = set()
        self._lock = threading.Lock()
        self._own = threading.local()

    def _begin(self, params: dict[str, Any], **_: Any) -> tuple[SimpleNamespace, dict[str, Any]] | None:
        keys = [_key(write) for write in json.loads(params["body"])["TransactItems"]]
        with self._lock:
            self.calls += 1
            met = [key for key in keys if key in self._held]
            self._own.keys = [] if met else keys
            if not met:
                self._held.update(keys)
                return None
            self.conflicts.append((threading.current_thread().name, met))
        reasons = [{"Code": "TransactionConflict" if key in met else "None"} for key in keys]
        error = {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"}
        return SimpleNamespace(status_code=400), {"Error": error, "CancellationReasons": reasons}

    def _end(self, **_: Any) -> None:
        if self._own.keys:
            time.sleep(TAKES)
            with self._lock:
                self._held.difference_update(self._own.keys)


@contextmanager
def contended(client: Any) -> Iterator[Contention]:
    """Hold the rule among the threads that use this client, until the block ends."""
    contention = Contention()
    client.meta.events.register(f"before-call.{_CALL}", contention._begin)
    client.meta.events.register(f"after-call.{_CALL}", contention._end)
    try:
        yield contention
    finally:
        client.meta.events.unregister(f"before-call.{_CALL}", contention._begin)
        client.meta.events.unregister(f"after-call.{_CALL}", contention._end)


def _key(write: dict[str, Any]) -> _Key:
    (action,) = write.values()
    key = action.get("Key") or action["Item"]
    return key["pk"]["S"], key["sk"]["S"]
